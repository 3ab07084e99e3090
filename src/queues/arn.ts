/** ARNs: `arn:{partition}:sqs:{region}:{account}:{name}`, which is how queues are named in policies. */

import type { QueueKey } from '../storage/store.ts';

export function queueArn({ region, account, name }: QueueKey): string {
  return `arn:${partition(region)}:sqs:${region}:${account}:${name}`;
}

/** How policies name an account as a whole. */
export function accountArn(account: string, region: string): string {
  return `arn:${partition(region)}:iam::${account}:root`;
}

export interface Arn extends QueueKey {
  service: string;
}

/** The parts of a text that has the form of a queue's ARN; undefined when it has not. */
export function parseArn(text: string): Arn | undefined {
  const match = /^arn:aws[a-z-]*:([^:]+):([^:]*):([^:]*):([^:]+)$/.exec(text);
  if (!match) return undefined;
  const [, service, region, account, name] = match as unknown as [string, string, string, string, string];
  return { service, region, account, name };
}

function partition(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  if (region.startsWith('us-gov-')) return 'aws-us-gov';
  return 'aws';
}
