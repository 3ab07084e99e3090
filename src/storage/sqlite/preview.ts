/** Carries out a receive in a transaction that is rolled back afterwards, to see what it would do. */

import type { Millis } from '../../time/clock.ts';
import type { Delivery, ReceiveRequest } from '../store.ts';
import type { Messages } from './messages.ts';
import type { Parts } from './parts.ts';

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
  { queues, counts, outbox }: Parts,
  messages: Messages,
  queueId: number,
  { max, visibilityMs, inFlightLimit, redrive, sizeLimit }: ReceiveRequest,
  now: Millis,
): Outcome | undefined {
  const state = queues.byId(queueId);
  if (!state) return undefined;
  let delivery: Delivery = 'unfinished';
  const events = outbox.eventsOf(() => {
    for (let portion = 0; portion < PORTIONS_MAX && delivery === 'unfinished'; portion++) {
      counts.bringTo(state, now);
      const request = { max, visibilityMs, inFlightLimit, sizeLimit, ...(redrive && { redrive }) };
      delivery = messages.receive(state, request, now);
    }
  });
  messages.endTurn();
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
    nextVisibleAt: messages.nextVisibleAt(state, inFlightLimit, now),
  };
}
