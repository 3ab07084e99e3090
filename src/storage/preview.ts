/** Finds out what a receive would do, by carrying it out in a transaction that the engine then undoes. */

import type { Millis } from '../time/clock.ts';
import type { Outbox } from './outbox.ts';
import type { Delivery, ReceiveRequest } from './store.ts';

/** After this many portions of messages that are moved to the dead-letter queue, a preview stops. */
const PORTIONS_MAX = 10;

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

export function tryReceive(
  { outbox, receive, nextVisibleAt }: Trial,
  { max, visibilityMs, inFlightLimit, redrive, sizeLimit }: ReceiveRequest,
): Outcome {
  const request = { max, visibilityMs, inFlightLimit, sizeLimit, ...(redrive && { redrive }) };
  let delivery: Delivery = 'unfinished';
  const events = outbox.eventsOf(() => {
    for (let portion = 0; portion < PORTIONS_MAX && delivery === 'unfinished'; portion++) delivery = receive(request);
  });
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
  return {
    delivery: typeof delivery === 'string' ? delivery : received,
    deadLettered,
    nextVisibleAt: nextVisibleAt(),
  };
}
