/** Carries out a receive that is undone afterwards, to see what it would do. */

import type { Millis } from '../../time/clock.ts';
import type { Delivery, ReceiveRequest } from '../store.ts';
import { bringTo } from './expiry.ts';
import type { Parts } from './parts.ts';
import type { Receiving } from './receiving.ts';

/** After this many portions of messages that are moved to the dead-letter queue, a preview stops. */
const PORTIONS_MAX = 10;

interface Outcome {
  /** The keys of the messages, before the receive. */
  delivery: number[] | 'over-limit' | 'unfinished';
  deadLettered: number[];
  nextVisibleAt: Millis | undefined;
}

/** Returns undefined if the queue does not exist. */
export function tryReceive(
  parts: Parts,
  receiving: Receiving,
  queueId: number,
  { max, visibilityMs, inFlightLimit, redrive, sizeLimit }: ReceiveRequest,
  now: Millis,
): Outcome | undefined {
  const state = parts.queues.byId(queueId);
  if (!state) return undefined;
  const request = { max, visibilityMs, inFlightLimit, sizeLimit, ...(redrive && { redrive }) };
  let delivery: Delivery = 'unfinished';
  const events = parts.outbox.eventsOf(() => {
    for (let portion = 0; portion < PORTIONS_MAX && delivery === 'unfinished'; portion++) {
      bringTo(parts, state, now);
      delivery = receiving.receive(state, request, now);
    }
  });
  const received: number[] = [];
  const deadLettered: number[] = [];
  /** The key that a message had before, by the one that it got in the dead-letter queue, which may be the same queue. */
  const before = new Map<number, number>();
  for (const event of events) {
    if (event.kind === 'received') received.push(before.get(event.key) ?? event.key);
    if (event.kind !== 'dead-lettered') continue;
    deadLettered.push(event.key);
    before.set(event.to.key, event.key);
  }
  return {
    delivery: typeof delivery === 'string' ? delivery : received,
    deadLettered,
    nextVisibleAt: receiving.nextVisibleAt(state, inFlightLimit, now),
  };
}
