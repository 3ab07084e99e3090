/** The context that all areas of the control interface share, and functions that find a queue by name, URL or ARN. */

import { SqsError } from '../errors.ts';
import type { Inspection } from '../storage/inspection.ts';
import type { Observation } from '../storage/observation.ts';
import type { Queue, QueueKey } from '../storage/store.ts';
import type { Clock, Millis } from '../time/clock.ts';
import type { TopicsEnv } from '../topics/env.ts';
import { ControlError } from './control-error.ts';
import { keyOf, type QueueName } from './queue-name.ts';

export interface ControlContext {
  env: TopicsEnv;
  inspection: Inspection;
  observation: Observation;
  /** The account and region of a queue that is given by name only. */
  defaults: { account: string; region: string };
  /** Real time. It passes even while the clock of SQS is frozen, so a timeout measured by it always ends. */
  realTime: Clock;
}

/** Returns a queue. Throws ControlError: 400 for an invalid ARN, 404 if the queue does not exist. */
export async function queueNamed({ env, defaults }: ControlContext, queue: QueueName): Promise<Queue> {
  const key = keyOf(queue, defaults);
  const found = await env.store.findQueue(key);
  if (!found) throw noSuchQueue(key);
  return found;
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
