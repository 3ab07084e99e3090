/** What the areas of the control interface stand on, and how they find queues. */

import { SqsError } from '../errors.ts';
import type { Env } from '../queues/env.ts';
import type { Inspection } from '../storage/inspection.ts';
import type { Queue, QueueKey } from '../storage/store.ts';
import type { Clock, Millis } from '../time/clock.ts';
import { ControlError } from './control-error.ts';

export interface ControlContext {
  env: Env;
  inspection: Inspection;
  /** Account and region of queues that are named without. */
  defaults: { account: string; region: string };
  /** The time of people and of the machine, in which nobody can be made to wait for ever. */
  realTime: Clock;
}

/** A queue by its name, or by name and place where it is not in the account and region that Squab has by default. */
export type QueueName = string | { name: string; account?: string | undefined; region?: string | undefined };

/** Throws ControlError when there is no such queue. */
export async function queueNamed({ env, defaults }: ControlContext, queue: QueueName): Promise<Queue> {
  const key = keyOf(queue, defaults);
  const found = await env.store.findQueue(key);
  if (!found) throw noSuchQueue(key);
  return found;
}

export function keyOf(queue: QueueName, defaults: ControlContext['defaults']): QueueKey {
  const place: Exclude<QueueName, string> = typeof queue === 'string' ? { name: queue } : queue;
  const { name, account = defaults.account, region = defaults.region } = place;
  return { name, account, region };
}

export function noSuchQueue({ name, account, region }: QueueKey): ControlError {
  return new ControlError(
    404,
    `There is no queue ${name} in account ${account}, region ${region}. GET /_squab/queues lists those that there are.`,
  );
}

/** A refusal of SQS in the control interface's words; other errors as they are. */
export function refused(error: unknown, { name }: Queue): unknown {
  if (!(error instanceof SqsError)) return error;
  return new ControlError(409, `The queue ${name} refuses it: ${error.message} (${error.code})`);
}

export const isoOf = (time: Millis): string => new Date(time).toISOString();
