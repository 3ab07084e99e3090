/**
 * Delivery faults, all of which AWS's guarantees allow: a standard queue may deliver a message more than once, or out
 * of order; a receive may return fewer messages than are available, and a short poll none at all.
 * Source: developer guide, "Amazon SQS standard queues" (at-least-once delivery, best-effort ordering) and "Amazon
 * SQS short and long polling".
 */

import { type Message, type NewMessage, type Queue, StoreUnavailable } from '../../storage/store.ts';
import type { Millis } from '../../time/clock.ts';
import type { Env } from '../env.ts';
import { type Chance, shuffled } from './chance.ts';
import type { DeliveryEffect, Faults } from './faults.ts';

/** An out-of-order receive picks its messages from the first 50 that are available. */
const REORDER_WINDOW = 50;

const receiveEffects = new Set<'empty-receive' | 'partial-receive' | 'reorder'>([
  'empty-receive',
  'partial-receive',
  'reorder',
]);

const reorder = new Set<'reorder'>(['reorder']);

/**
 * Returns how fault rules change a receive of up to `max` messages; undefined if none can. It is decided when the engine
 * has found the messages that the receive could return, so that a rule counts only a receive to which it makes a
 * difference. A long poll never returns empty while messages are available.
 */
export function faultyChoice(faults: Faults, queue: Queue, asked: { max: number; isShortPoll: boolean }) {
  const target = targetOf(queue);
  if (!faults.armed(receiveEffects, target)) return undefined;
  const reorders = !queue.fifo && faults.armed(reorder, target);
  let decided: readonly number[] | undefined;
  return {
    among: reorders ? Math.max(REORDER_WINDOW, asked.max) : asked.max,
    // If the engine repeats its transaction, the rules must not count the receive twice.
    choose(found: number, max: number) {
      decided ??= placesOf(faults, queue, asked.isShortPoll, found, max);
      return decided;
    },
  };
}

/** Decides which places in line a receive takes if it finds `found` messages and may return `max` of them. */
function placesOf(faults: Faults, queue: Queue, isShortPoll: boolean, found: number, max: number): number[] {
  let places = Array.from({ length: found }, (_, place) => place);
  let count = max;
  const differs = (effect: Exclude<DeliveryEffect, { type: 'duplicate' }>) => {
    if (effect.type === 'reorder') return !queue.fifo && found > 1;
    return effect.type === 'empty-receive' ? isShortPoll : (effect.count ?? 1) < count;
  };
  for (const { effect, chance } of faults.trigger(receiveEffects, targetOf(queue), differs)) {
    if (effect.type === 'empty-receive') return [];
    if (effect.type === 'reorder') places = unordered(Math.min(found, REORDER_WINDOW), chance);
    else count = effect.count ?? 1 + Math.floor(chance() * (count - 1));
  }
  return places.slice(0, count);
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
  const originals = messages.filter(({ receipt }) => !faults.isCopy(receipt.key));
  if (queue.fifo || originals.length === 0 || !isTriggered(faults, queue)) return;
  // The messages have been received, so the receive succeeds even if there is no room for copies.
  const sent = await store.send(queue.id, originals.map(copyOf), now).catch(unlessUnavailable);
  for (const { key } of sent ?? []) faults.addCopy(key);
}

function unlessUnavailable(error: unknown): undefined {
  if (!(error instanceof StoreUnavailable)) throw error;
}

function isTriggered(faults: Faults, queue: Queue): boolean {
  return [...faults.trigger(duplicates, targetOf(queue), () => true)].length > 0;
}

function copyOf({
  messageId,
  body,
  bodyMd5,
  attributes,
  senderId,
  traceHeader,
  groupId,
  ...rest
}: Message): NewMessage {
  const { deadLetterSource } = rest;
  return { messageId, body, bodyMd5, attributes, senderId, traceHeader, groupId, deadLetterSource, delayMs: 0 };
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
