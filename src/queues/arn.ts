/**
 * ARNs (`arn:{partition}:sqs:{region}:{account}:{name}`): the names by which policies refer to queues.
 * Source: AWS General Reference, "Amazon Resource Names (ARNs)".
 */

import type { QueueKey } from '../storage/store.ts';

/** Returns the ARN of a queue, whether or not the queue exists. */
export function queueArn(key: QueueKey): string {
  return arnOf('sqs', key);
}

/** Returns the ARN of what a service has under this name. */
export function arnOf(service: string, { region, account, name }: QueueKey): string {
  return `arn:${partition(region)}:${service}:${region}:${account}:${name}`;
}

/** Returns the ARN by which policies refer to a whole account: that of its root user. */
export function accountArn(account: string, region: string): string {
  return `arn:${partition(region)}:iam::${account}:root`;
}

export interface Arn extends QueueKey {
  service: string;
}

/**
 * Splits a text of the form of a queue's ARN into its parts; returns undefined for any other text. The service may be
 * any, not only `sqs`.
 */
export function parseArn(text: string): Arn | undefined {
  const match = /^arn:aws[a-z-]*:([^:]+):([^:]*):([^:]*):([^:]+)$/.exec(text);
  if (!match) return undefined;
  const [, service, region, account, name] = match as unknown as [string, string, string, string, string];
  return { service, region, account, name };
}

/** Returns the partition of AWS to which a region belongs. */
export function partition(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  if (region.startsWith('us-gov-')) return 'aws-us-gov';
  return 'aws';
}
