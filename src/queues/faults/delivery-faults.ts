/**
 * Delivery faults, all of which AWS's guarantees allow: a standard queue may deliver a message more than once, or out
 * of order; a receive may return fewer messages than are available, and a short poll none at all.
 * Source: developer guide, "Amazon SQS standard queues" (at-least-once delivery, best-effort ordering) and "Amazon
 * SQS short and long polling".
 */

import type { Message, NewMessage, Queue } from '../../storage/store.ts';
import type { Millis } from '../../time/clock.ts';
import type { Env } from '../env.ts';
import { type Chance, shuffled } from './chance.ts';
import type { Faults } from './faults.ts';

/** An out-of-order receive picks its messages from the first 50 that are available. */
const REORDER_WINDOW = 50;

/** How delivery faults change a receive. */
export interface DeliveryPlan {
  /** The maximum number of messages. */
  max: number;
  /** The positions, from 0, of the messages to take; see `ReceiveRequest`. */
  places?: readonly number[];
}

/**
 * Decides how delivery faults change a receive of up to `max` messages; `empty` means that it returns none. A rule
 * counts a receive as matched only if its effect would make a difference. A long poll never returns empty while
 * messages are available.
 */
export async function planDelivery(
  faults: Faults,
  { store }: Env,
  queue: Queue,
  { max, isShortPoll }: { max: number; isShortPoll: boolean },
  now: Millis,
): Promise<DeliveryPlan | 'empty'> {
  const visible = (await store.counts(queue.id, now))?.visible ?? 0;
  const plan: DeliveryPlan = { max };
  const possible = new Set<'empty-receive' | 'partial-receive' | 'reorder'>();
  if (visible > 0 && isShortPoll) possible.add('empty-receive');
  if (visible > 1 && max > 1) possible.add('partial-receive');
  if (visible > 1 && !queue.fifo) possible.add('reorder');
  for (const { effect, chance } of faults.trigger(possible, targetOf(queue))) {
    if (effect.type === 'empty-receive') return 'empty';
    if (effect.type === 'reorder') plan.places = unordered(Math.min(visible, REORDER_WINDOW), chance);
    else plan.max = Math.min(max, effect.count ?? 1 + Math.floor(chance() * (Math.min(max, visible) - 1)));
  }
  return plan;
}

const duplicates = new Set<'duplicate'>(['duplicate']);

/**
 * If a `duplicate` rule is triggered, sends a copy of each received message, with the same message ID. So it is
 * delivered a second time, even if the original is deleted in the meantime. A copy has its own receive count, its
 * retention period starts now, and it is not duplicated again.
 */
export async function duplicateDelivery(
  faults: Faults,
  { store }: Env,
  queue: Queue,
  messages: readonly Message[],
  now: Millis,
): Promise<void> {
  const originals = messages.filter(({ receipt }) => !faults.copies.has(receipt.key));
  if (queue.fifo || originals.length === 0 || faults.trigger(duplicates, targetOf(queue)).length === 0) return;
  const sent = await store.send(queue.id, originals.map(copyOf), now);
  for (const { key } of sent ?? []) faults.copies.add(key);
}

function copyOf({ messageId, body, bodyMd5, attributes, senderId, traceHeader, groupId }: Message): NewMessage {
  return { messageId, body, bodyMd5, attributes, senderId, traceHeader, groupId, delayMs: 0 };
}

function targetOf(queue: Queue) {
  return { operation: 'ReceiveMessage', queues: [queue] };
}

/** Returns the positions from 0 to `count - 1` in a random order that does not begin with 0. */
function unordered(count: number, chance: Chance): number[] {
  const order = shuffled(count, chance);
  if (order[0] !== 0) return order;
  const other = 1 + Math.floor(chance() * (count - 1));
  [order[0], order[other]] = [order[other]!, order[0]!];
  return order;
}
