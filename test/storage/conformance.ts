/**
 * The contract of a storage engine (src/storage/store.ts) as tests. They use an engine only through its interfaces,
 * so a row in engines.ts is all that another engine needs.
 */

import { describe } from 'vitest';
import { backlogs } from './conformance/backlogs.ts';
import { clocks } from './conformance/clocks.ts';
import { deliveries } from './conformance/deliveries.ts';
import { fifo } from './conformance/fifo.ts';
import { fifoClocks } from './conformance/fifo-clocks.ts';
import { fifoMemories } from './conformance/fifo-memories.ts';
import { groupedMoves } from './conformance/grouped-moves.ts';
import { keptMappings, mappings } from './conformance/mappings.ts';
import { massExpiry } from './conformance/mass-expiry.ts';
import { moves } from './conformance/moves.ts';
import { keptPlaces, places } from './conformance/places.ts';
import { publishing } from './conformance/publishing.ts';
import { queues } from './conformance/queues.ts';
import { receipts } from './conformance/receipts.ts';
import { redrives } from './conformance/redrives.ts';
import { restarts } from './conformance/restarts.ts';
import { retention } from './conformance/retention.ts';
import { roundTrips } from './conformance/round-trips.ts';
import { secrets } from './conformance/secrets.ts';
import { sizeLimits } from './conformance/size-limits.ts';
import { snapshots } from './conformance/snapshots.ts';
import { topicStates } from './conformance/topic-states.ts';
import { topics } from './conformance/topics.ts';
import { transactions } from './conformance/transactions.ts';
import { walks } from './conformance/walks.ts';
import { type EngineForm, type Subject, subjectOf, T0 } from './subject.ts';

export function conformance(name: string, engine: EngineForm): void {
  describe(`the engine ${name}`, () => {
    const subject = subjectOf(engine);
    describe('queues', () => queues(subject));
    describe('sending and receiving', () => deliveries(subject));
    describe('receives with a size limit', () => sizeLimits(subject));
    describe('places in line', () => places(subject));
    describe('receipts: delete and change visibility', () => receipts(subject));
    describe('retention, purge and expire', () => retention(subject));
    describe('thousands of messages that expire at once', () => massExpiry(subject));
    describe('redrive', () => redrives(subject));
    describe('messages that come back', () => roundTrips(subject));
    describe('message move tasks', () => moves(subject));
    describe('message move tasks and groups', () => groupedMoves(subject));
    describe('counts, nextVisibleAt and announcements', () => clocks(subject));
    describe('FIFO queues', () => fifo(subject));
    describe('FIFO queues: nextVisibleAt and announcements', () => fifoClocks(subject));
    describe('FIFO queues: duplicates, attempts and moves', () => fifoMemories(subject));
    describe('event source mappings', () => mappings(subject));
    describe('transactions', () => transactions(subject));
    describe('the secret of receipt handles', () => secrets(subject, engine.reopen !== undefined));
    describe('topics and subscriptions', () => topics(subject));
    describe('publishing', () => publishing(subject));
    describe('backlogs of subscriptions', () => backlogs(subject));
    describe('topics in snapshots, restarts and transactions', () => {
      topicStates(subject, engine.reopen !== undefined);
    });
    describe('snapshots and removal of queues', () => snapshots(subject));
    describe('a restored snapshot', () => keptPlaces(subject, () => changedAndRestored(subject)));
    if (engine.reopen) {
      describe('restarts', () => restarts(subject));
      describe('a restart', () => {
        keptPlaces(subject, () => subject.restart());
        keptMappings(subject);
      });
    }
    describe('random walks', () => walks(subject));
  });
}

/** Takes a snapshot, and restores it after the queues have changed. */
async function changedAndRestored({ states }: Subject): Promise<void> {
  await states.takeSnapshot('before', T0);
  await states.removeQueues({});
  await states.restoreSnapshot('before', T0);
}
