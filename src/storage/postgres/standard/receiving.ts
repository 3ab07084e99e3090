/** What all receives from standard queues have in common. */

import type { Millis } from '../../../time/clock.ts';
import { RECEIVED_AT_ONCE_BYTES } from '../../portions.ts';
import type { Delivery, Message, ReceiveRequest } from '../../store.ts';
import type { Effects } from '../effects.ts';
import type { NotStandard } from '../message-verbs.ts';
import type { QueueState } from '../queue-table.ts';

/** A verb that moves messages also stops after this many bytes of bodies and attributes. */
export const MOVED_AT_ONCE_BYTES = 1_000_000;

/** A receive that waits for a connection. */
export interface AskedReceive {
  state: QueueState;
  request: ReceiveRequest;
  now: Millis;
  /** The dead-letter queue, if it exists. */
  target: QueueState | undefined;
}

/**
 * `too-long`: the messages may exceed the limit of size. `serial-target`: messages must move to a dead-letter queue that
 * is serial. `expired-in-the-way`: expired messages take up the room of others. In all three cases nothing was received.
 */
export type ReceiveAnswer = Delivery | NotStandard | 'too-long' | 'serial-target' | 'expired-in-the-way';

/** Returns how many bytes the bodies and attributes of a receive may have without exceeding its limit of size. */
export function byteBudget({ sizeLimit, max }: ReceiveRequest): number {
  if (!sizeLimit) return RECEIVED_AT_ONCE_BYTES;
  // A message has two texts: its body and its attributes.
  const fitting = sizeLimit.fitting?.(2 * max) ?? 0;
  return Math.max(0, Math.min(RECEIVED_AT_ONCE_BYTES, Math.floor(fitting)));
}

/** Records the events of a receive, and announces when the messages become visible again. */
export function recordReceived(effects: Effects, { state, request, now }: AskedReceive, messages: Message[]): void {
  effects.recordReceived(state.queue, request, messages, now);
  if (messages.length > 0 && request.visibilityMs > 0) effects.announce(state.queue.id, now + request.visibilityMs);
}

/** Records that messages have moved to the dead-letter queue with their keys. `oldest`: when the oldest was sent. */
export function recordMoved(
  effects: Effects,
  { state, target, now }: AskedReceive,
  keys: readonly number[],
  oldest: Millis,
): void {
  const { queue } = target!;
  for (const key of keys) {
    effects.announce(queue.id, now);
    effects.record?.({ kind: 'dead-lettered', queue: state.queue, key, to: { queue, key } });
  }
  effects.expires(oldest + queue.retentionMs);
}
