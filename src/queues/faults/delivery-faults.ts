/**
 * Faults of deliveries, which AWS allows itself: a standard queue may hand a message out more than once and in another
 * order, and a receive may come back with fewer messages than there are, a short poll with none.
 * Source: developer guide, "Amazon SQS standard queues" (at-least-once delivery, best-effort ordering) and "Amazon SQS
 * short and long polling".
 */

import type { Message, NewMessage, Queue } from '../../storage/store.ts';
import type { Millis } from '../../time/clock.ts';
import type { Env } from '../env.ts';
import { type Chance, shuffled } from './chance.ts';
import type { Faults } from './faults.ts';

/** An unordered receive takes its messages from among so many of the line. */
const UNORDERED_AMONG = 50;

/** How a receive is to differ from what it would be. */
export interface DeliveryPlan {
  max: number;
  /** Which places in line it takes; see `ReceiveRequest`. */
  places?: readonly number[];
}

/**
 * Decides how a receive of up to `max` messages is to differ, `empty`: it finds nothing. Rules count only receives for
 * which that makes a difference; a long poll never comes back empty while there are messages.
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
    if (effect.type === 'reorder') plan.places = unordered(Math.min(visible, UNORDERED_AMONG), chance);
    else plan.max = Math.min(max, effect.count ?? 1 + Math.floor(chance() * (Math.min(max, visible) - 1)));
  }
  return plan;
}

const duplicates = new Set<'duplicate'>(['duplicate']);

/**
 * Lets messages that are just handed out be delivered a second time, also when they are deleted meanwhile, if a rule says
 * so: each is sent once more as it was, under its own id. The copy counts its own receives, its retention begins now, and
 * it is not copied again.
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
  const sent = await store.send(queue.id, originals.map(again), now);
  for (const { key } of sent ?? []) faults.copies.add(key);
}

function again({ messageId, body, bodyMd5, attributes, senderId, traceHeader, groupId }: Message): NewMessage {
  return { messageId, body, bodyMd5, attributes, senderId, traceHeader, groupId, delayMs: 0 };
}

function targetOf(queue: Queue) {
  return { operation: 'ReceiveMessage', queues: [queue] };
}

/** Places in line, in an order in which the first is not first. */
function unordered(count: number, chance: Chance): number[] {
  const order = shuffled(count, chance);
  if (order[0] !== 0) return order;
  const other = 1 + Math.floor(chance() * (count - 1));
  [order[0], order[other]] = [order[other]!, order[0]!];
  return order;
}
