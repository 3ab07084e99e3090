/**
 * Receives messages, with short and long polls.
 * Source: API reference, ReceiveMessage; developer guide, "Amazon SQS short and long polling", "Visibility timeout".
 */

import { invalidValue, queueDoesNotExist, SqsError } from '../errors.ts';
import type { Choice, Delivery, Message, Queue, ReceiveRequest } from '../storage/store.ts';
import type { Millis } from '../time/clock.ts';
import { numberOf } from './attributes.ts';
import type { Env } from './env.ts';
import { duplicateDelivery, faultyChoice } from './faults/delivery-faults.ts';
import { deliveryEffects, type Faults } from './faults/faults.ts';
import { checkId } from './fifo.ts';
import { ATTEMPT_SECONDS, RECEIVE_MESSAGES_MAX, VISIBILITY_SECONDS_MAX, WAIT_SECONDS_MAX } from './limits.ts';
import { deliveryLimit, jsonLimit } from './printed-size.ts';
import { redriveOf } from './redrive/redrive.ts';

/** Looks for messages once. */
export type Look = () => Promise<Finished>;

/** Values that override those of a request, and may exceed SQS's limits. */
export interface ReceiveOverrides {
  max?: number;
  waitSeconds?: number;
  /** How many bytes the messages may take as JSON. The first one may be longer. */
  bytes?: number;
  /** Carries out each look, or resolves to no messages instead. */
  guard?: (look: Look) => ReturnType<Look>;
}

export interface ReceiveInput {
  /** The maximum number of messages, 1 to 10. Default: 1. */
  max?: number | undefined;
  /** Default: the queue's VisibilityTimeout. */
  visibilitySeconds?: number | undefined;
  /** Default: the queue's ReceiveMessageWaitTimeSeconds. */
  waitSeconds?: number | undefined;
  /** Allows the client to repeat a receive whose response was lost. FIFO queues only; standard queues ignore it. */
  attemptId?: string | undefined;
  overrides?: ReceiveOverrides | undefined;
}

export interface Received {
  message: Message;
  receiptHandle: string;
}

/**
 * Receives up to `max` messages, or fewer if they would make the response too long. If there are none, and the
 * request or the queue sets a waiting time, it waits for the first one. Resolves to an empty list when that time has
 * passed, or when the signal is aborted because the client has gone; `signal` is called only if the receive has to
 * wait. `receiver` returns the name of the receiver in events; it is called only if there is a listener. Throws
 * `InvalidParameterValue`, `OverLimit` (short polls only), `QueueDoesNotExist`.
 */
export async function receive(
  env: Env,
  queue: Queue,
  given: ReceiveInput,
  signal: () => AbortSignal,
  receiver?: () => string,
): Promise<Received[]> {
  checkInput(given);
  const input = given.overrides ? { ...given, ...given.overrides } : given;
  if (queue.fifo) checkId('ReceiveRequestAttemptId', input.attemptId);
  const waitSeconds = input.waitSeconds ?? numberOf(queue, 'ReceiveMessageWaitTimeSeconds');
  const start = env.clock.now();
  const first = await look(env, queue, input, { now: start, isShortPoll: waitSeconds === 0, receiver });
  // A FIFO queue never fails with OverLimit: its receives return nothing instead.
  if (first === 'over-limit' && waitSeconds === 0 && !queue.fifo) {
    throw new SqsError(
      'OverLimit',
      'Too many messages have been received without being deleted.  ' +
        'Please delete your received messages or let them timeout before receiving more.',
    );
  }
  if (waitSeconds === 0 || found(first)) {
    if (!found(first)) env.onEmptyReceive?.(queue);
    return withHandles(env, queue, first);
  }
  const clientSignal = signal();
  const later = await env.waiters.poll({
    queueId: queue.id,
    deadline: start + Math.round(waitSeconds * 1000),
    signal: clientSignal,
    look: async () => {
      // While the receive waited, the queue may have been changed or deleted. Then it fails as the next one would: the
      // documentation leaves that open (see decisions.md).
      const current = await env.store.findQueue(queue);
      if (current?.id !== queue.id) throw queueDoesNotExist();
      const now = env.clock.now();
      const delivery = await look(env, current, input, { now, isShortPoll: false, signal: clientSignal, receiver });
      return found(delivery) ? withHandles(env, queue, delivery) : undefined;
    },
  });
  if (!later && !clientSignal.aborted) env.onEmptyReceive?.(queue);
  return later ?? [];
}

interface LookOptions {
  now: Millis;
  /** Whether the receive returns even if this look finds nothing. */
  isShortPoll: boolean;
  signal?: AbortSignal;
  receiver: ReceiveRequest['receiver'];
}

/** Looks for messages once, and applies the delivery faults of the fault rules. */
function look(env: Env, queue: Queue, input: ReceiveInput & ReceiveOverrides, options: LookOptions): Promise<Finished> {
  const { faults } = env;
  const once = () =>
    faults?.armed(deliveryEffects)
      ? lookWithFaults(faults, env, queue, input, options)
      : take(env, queue, input, undefined, options);
  return input.guard ? input.guard(once) : once();
}

async function lookWithFaults(
  faults: Faults,
  env: Env,
  queue: Queue,
  input: ReceiveInput,
  options: LookOptions,
): Promise<Finished> {
  const { now, isShortPoll } = options;
  const choice = faultyChoice(faults, queue, { max: input.max ?? 1, isShortPoll });
  const delivery = await take(env, queue, input, choice, options);
  if (delivery !== 'over-limit') await duplicateDelivery(faults, env, queue, delivery, now);
  return delivery;
}

async function take(
  env: Env,
  queue: Queue,
  input: ReceiveInput & Pick<ReceiveOverrides, 'bytes'>,
  choice: Choice | undefined,
  { now, signal, receiver }: LookOptions,
): Promise<Finished> {
  const redrive = queue.attributes.has('RedrivePolicy') ? await redriveOf(env, queue) : undefined;
  const { bytes } = input;
  const request = {
    max: input.max ?? 1,
    choice,
    visibilityMs: (input.visibilitySeconds ?? numberOf(queue, 'VisibilityTimeout')) * 1000,
    inFlightLimit: env.inFlightLimit,
    ...(redrive && { redrive }),
    ...(queue.fifo && input.attemptId && { attempt: { id: input.attemptId, windowMs: ATTEMPT_SECONDS * 1000 } }),
    sizeLimit: bytes === undefined ? deliveryLimit(env) : jsonLimit(bytes),
    ...(signal && { signal }),
    receiver,
  };
  for (;;) {
    const delivery = await env.store.receive(queue.id, request, now);
    if (delivery === undefined) throw queueDoesNotExist();
    if (delivery !== 'unfinished') return delivery;
  }
}

type Finished = Exclude<Delivery, 'unfinished'>;

function found(delivery: Finished): boolean {
  return delivery !== 'over-limit' && delivery.length > 0;
}

function withHandles({ receiptHandles }: Env, queue: Queue, delivery: Finished): Received[] {
  if (delivery === 'over-limit') return [];
  const { id: queueId } = queue;
  return delivery.map((message) => {
    const { receipt } = message;
    return { message, receiptHandle: receiptHandles.print({ queueId, receipt }) };
  });
}

function checkInput({ max, waitSeconds, visibilitySeconds }: ReceiveInput): void {
  if (max !== undefined && !(max >= 1 && max <= RECEIVE_MESSAGES_MAX)) {
    throw invalidValue(max, 'MaxNumberOfMessages', `Must be between 1 and ${RECEIVE_MESSAGES_MAX}, if provided.`);
  }
  if (waitSeconds !== undefined && !(waitSeconds >= 0 && waitSeconds <= WAIT_SECONDS_MAX)) {
    throw invalidValue(waitSeconds, 'WaitTimeSeconds', `Must be >= 0 and <= ${WAIT_SECONDS_MAX}, if provided.`);
  }
  if (visibilitySeconds !== undefined && !(visibilitySeconds >= 0 && visibilitySeconds <= VISIBILITY_SECONDS_MAX)) {
    throw invalidValue(
      visibilitySeconds,
      'VisibilityTimeout',
      `Must be >= 0 and <= ${VISIBILITY_SECONDS_MAX}, if provided.`,
    );
  }
}
