/**
 * Measures the cost of the journal. Messages are sent to an in-memory store, received and deleted, in alternating
 * rounds with and without the journal. Prints the median CPU time per message with and without it, and the memory
 * that the journal takes. `npm exec -- node --expose-gc bench/journal.ts 3000 200`: the number of messages in the
 * journal, and the bytes of a body.
 */

import { EventFeed } from '../src/control/events/event-feed.ts';
import { Journal } from '../src/control/journal/journal.ts';
import type { HappeningListener } from '../src/storage/happenings.ts';
import { MemoryStore } from '../src/storage/memory/memory-store.ts';
import { systemClock } from '../src/time/clock.ts';

const [known = 3000, bodyBytes = 200] = process.argv.slice(2).map(Number);
const ROUNDS = 41;
const MESSAGES = 6000;
/** How many store operations share a turn, as requests on many connections do. */
const VERBS_AT_ONCE = 30;
const MAX = 10;

const store = new MemoryStore();
const now = Date.UTC(2026, 0, 1);
const settings = { fifo: false, retentionMs: 345_600_000, attributes: new Map(), tags: new Map() };
const key = { account: '000000000000', region: 'us-east-1', name: 'journal' };
const { queue } = await store.createQueue(key, settings, now);
let journal = new Journal(known);
let hear: HappeningListener | undefined;
const listen = (listener: HappeningListener) => {
  hear = listener;
  return () => {};
};
new EventFeed(listen, journal, systemClock.now);
let sent = 0;

function message() {
  const messageId = `00000000-0000-4000-8000-${String(++sent).padStart(12, '0')}`;
  return { messageId, body: String(sent).padEnd(bodyBytes, 'x'), bodyMd5: '0'.repeat(32), senderId: 'me', delayMs: 0 };
}

const request = {
  max: MAX,
  visibilityMs: 30_000,
  inFlightLimit: 120_000,
  receiver: () => 'AKIDEXAMPLE with aws-sdk-js/3.1169.0 from 127.0.0.1',
};

/**
 * Returns the microseconds of CPU time per message, which other programs on the machine affect less than elapsed
 * time.
 */
async function round(): Promise<number> {
  const start = process.cpuUsage();
  const atOnce = Array.from({ length: VERBS_AT_ONCE });
  for (let done = 0; done < MESSAGES; done += VERBS_AT_ONCE * MAX) {
    const messages = () => Array.from({ length: MAX }, message);
    await Promise.all(atOnce.map(() => store.send(queue.id, messages(), now)));
    const deliveries = await Promise.all(atOnce.map(() => store.receive(queue.id, request, now)));
    await Promise.all(
      deliveries.map((delivery) => {
        if (!Array.isArray(delivery)) throw new Error(`The receive returned ${delivery}.`);
        return store.delete(
          queue.id,
          delivery.map(({ receipt }) => receipt),
          now,
        );
      }),
    );
  }
  const { user, system } = process.cpuUsage(start);
  return (user + system) / MESSAGES;
}

const results: Record<'with' | 'without', number[]> = { with: [], without: [] };
for (let index = 0; index < 2 * ROUNDS; index++) {
  const how = index % 2 === 0 ? 'with' : 'without';
  store.onHappening(how === 'with' ? hear : undefined);
  results[how].push(await round());
}

const middle = (figures: number[]) => figures.sort((a, b) => a - b)[figures.length >> 1]!;
const [on, off] = [middle(results.with), middle(results.without)];
const held = () => {
  global.gc?.();
  return process.memoryUsage().heapUsed;
};
const before = held();
const lastId = journal.entries.lastId;
[journal, hear] = [new Journal(0), undefined];
console.log(
  `A message takes ${on.toFixed(2)} µs with the journal, ${off.toFixed(2)} without: ${(on - off).toFixed(2)} µs more.`,
);
console.log(`The journal made ${lastId} entries, and takes ${((before - held()) / 1e6).toFixed(1)} MB of memory.`);
await store.close();
