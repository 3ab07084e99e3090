/** Finds out what a receive would do, by carrying it out in a transaction that the engine then undoes. */

import type { Millis } from '../time/clock.ts';
import type { Happening } from './happenings.ts';
import type { Outbox } from './outbox.ts';
import type { Delivery, ReceiveRequest } from './store.ts';

/** After this many portions of messages that are moved to the dead-letter queue, a preview stops. */
export const PREVIEWED_PORTIONS_MAX = 10;

interface Trial {
  outbox: Outbox;
  /** Brings the queue to the present, and carries out a receive. */
  receive(request: ReceiveRequest): Delivery;
  nextVisibleAt(): Millis | undefined;
}

interface Outcome {
  /** The keys of the messages, before the receive. */
  delivery: number[] | 'over-limit' | 'unfinished';
  deadLettered: number[];
  nextVisibleAt: Millis | undefined;
}

export function tryReceive({ outbox, receive, nextVisibleAt }: Trial, asked: ReceiveRequest): Outcome {
  const request = previewed(asked);
  let delivery: Delivery = 'unfinished';
  const events = outbox.eventsOf(() => {
    for (let portion = 0; portion < PREVIEWED_PORTIONS_MAX && delivery === 'unfinished'; portion++)
      delivery = receive(request);
  });
  const { received, deadLettered } = keysIn(events);
  return {
    delivery: typeof delivery === 'string' ? delivery : received,
    deadLettered,
    nextVisibleAt: nextVisibleAt(),
  };
}

/** Returns a request without what has no effect on a preview. */
export function previewed({ max, visibilityMs, inFlightLimit, redrive, sizeLimit }: ReceiveRequest): ReceiveRequest {
  return { max, visibilityMs, inFlightLimit, sizeLimit, ...(redrive && { redrive }) };
}

/** Returns the keys that messages of a receive had before it, in the order of its events. */
export function keysIn(events: readonly Happening[]): { received: number[]; deadLettered: number[] } {
  const received: number[] = [];
  const deadLettered: number[] = [];
  /** A message's earlier key, by the key that it received in the dead-letter queue, which may be the same queue. */
  const before = new Map<number, number>();
  for (const event of events) {
    if (event.kind === 'received') received.push(before.get(event.key) ?? event.key);
    if (event.kind !== 'dead-lettered') continue;
    deadLettered.push(event.key);
    before.set(event.to.key, event.key);
  }
  return { received, deadLettered };
}
