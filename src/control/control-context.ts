/** The context that all areas of the control interface share, and functions that find a queue by name, URL or ARN. */

import { type QueueUrlParts, queueUrlParts } from '../api/names.ts';
import { SqsError } from '../errors.ts';
import { parseArn } from '../queues/arn.ts';
import type { Env } from '../queues/env.ts';
import type { Inspection } from '../storage/inspection.ts';
import type { Queue, QueueKey } from '../storage/store.ts';
import type { Clock, Millis } from '../time/clock.ts';
import { ControlError } from './control-error.ts';

export interface ControlContext {
  env: Env;
  inspection: Inspection;
  /** The account and region of a queue that is given by name only. */
  defaults: { account: string; region: string };
  /** Real time. It passes even while the clock of SQS is frozen, so a timeout measured by it always ends. */
  realTime: Clock;
}

/**
 * A queue's name, URL or ARN. `account` and `region` are Squab's defaults if neither they nor the URL or ARN say otherwise.
 */
export type QueueName = string | { name: string; account?: string | undefined; region?: string | undefined };

/** Returns a queue. Throws ControlError: 400 for an invalid ARN, 404 if the queue does not exist. */
export async function queueNamed({ env, defaults }: ControlContext, queue: QueueName): Promise<Queue> {
  const key = keyOf(queue, defaults);
  const found = await env.store.findQueue(key);
  if (!found) throw noSuchQueue(key);
  return found;
}

/** Returns the queue's name with its account and region, which default to Squab's. Throws ControlError (400). */
function keyOf(queue: QueueName, defaults: ControlContext['defaults']): QueueKey {
  const given: Exclude<QueueName, string> = typeof queue === 'string' ? { name: queue } : queue;
  const { name, account = given.account, region = given.region } = partsOf(given.name);
  return { name, account: account ?? defaults.account, region: region ?? defaults.region };
}

/**
 * Returns a filter by queue with the queue's name in place of its URL or ARN, whose account and region it adds. Throws
 * ControlError (400) for an invalid ARN.
 */
export function byQueueName<T extends { queue?: string | undefined; account?: string | undefined }>(
  filter: T & { region?: string | undefined },
): typeof filter {
  if (filter.queue === undefined) return filter;
  const { name, account = filter.account, region = filter.region } = partsOf(filter.queue);
  return { ...filter, queue: name, ...(account !== undefined && { account }), ...(region !== undefined && { region }) };
}

/** Returns what a queue's name, URL or ARN says. Throws ControlError (400) for the ARN of something else. */
function partsOf(text: string): QueueUrlParts {
  if (!text.startsWith('arn:')) return queueUrlParts(text) ?? { name: text };
  const arn = parseArn(text);
  if (arn?.service === 'sqs') return arn;
  const example = 'arn:aws:sqs:us-east-1:000000000000:orders';
  throw new ControlError(400, `${JSON.stringify(text)} is not the ARN of a queue. Write it as ${example}.`);
}

export function noSuchQueue({ name, account, region }: QueueKey): ControlError {
  return new ControlError(
    404,
    `Queue ${name} does not exist in account ${account}, region ${region}. GET /_squab/queues lists all queues.`,
  );
}

/** Turns an SqsError into a ControlError (409) that names the queue; returns any other error unchanged. */
export function refused(error: unknown, { name }: Queue): unknown {
  if (!(error instanceof SqsError)) return error;
  return new ControlError(409, `Queue ${name} rejected the message: ${error.message} (${error.code})`);
}

/** Formats an instant as ISO 8601, in UTC. */
export const isoOf = (time: Millis): string => new Date(time).toISOString();
