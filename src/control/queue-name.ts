/** How programs and requests to the control interface name a queue: by its name, its URL or its ARN. */

import { type QueueUrlParts, queueUrlParts } from '../api/names.ts';
import { parseArn } from '../queues/arn.ts';
import type { QueueKey } from '../storage/store.ts';
import { ControlError } from './control-error.ts';

/**
 * A queue's name, URL or ARN. `account` and `region` default to those in the URL or ARN, or else to Squab's.
 */
export type QueueName = string | { name: string; account?: string | undefined; region?: string | undefined };

/**
 * @internal Returns the queue's name with its account and region, which default to Squab's. Throws ControlError (400) for
 * an invalid ARN.
 */
export function keyOf(queue: QueueName, defaults: { account: string; region: string }): QueueKey {
  const given: Exclude<QueueName, string> = typeof queue === 'string' ? { name: queue } : queue;
  const { name, account = given.account, region = given.region } = partsOf(given.name);
  return { name, account: account ?? defaults.account, region: region ?? defaults.region };
}

/**
 * @internal Returns a filter by queue with the queue's name in place of its URL or ARN, whose account and region it adds. Throws
 * ControlError (400) for an invalid ARN.
 */
export function byQueueName<T extends { queue?: string | undefined; account?: string | undefined }>(
  filter: T & { region?: string | undefined },
): typeof filter {
  if (filter.queue === undefined) return filter;
  const { name, account = filter.account, region = filter.region } = partsOf(filter.queue);
  return { ...filter, queue: name, ...(account !== undefined && { account }), ...(region !== undefined && { region }) };
}

/** Parses a queue's name, URL or ARN. Throws ControlError (400) for an ARN that is not a queue's. */
function partsOf(text: string): QueueUrlParts {
  if (!text.startsWith('arn:')) return queueUrlParts(text) ?? { name: text };
  const arn = parseArn(text);
  if (arn?.service === 'sqs') return arn;
  const example = 'arn:aws:sqs:us-east-1:000000000000:orders';
  throw new ControlError(400, `${JSON.stringify(text)} is not the ARN of a queue. Write it as ${example}.`);
}
