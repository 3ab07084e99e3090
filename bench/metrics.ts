/**
 * Measures the cost of metrics: for each message that is sent, received and deleted, in alternating rounds with and
 * without metrics; and for a scrape of ten thousand queues. `npm run bench:metrics`; add `-- 1000` for fewer queues.
 */

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Metrics } from '../src/metrics/metrics.ts';
import { MemoryStore } from '../src/storage/memory/memory-store.ts';
import type { NewMessage, Queue } from '../src/storage/store.ts';
import { systemClock } from '../src/time/clock.ts';

const [queueCount = 10_000] = process.argv.slice(2).map(Number);
const ROUNDS = 25;
const MESSAGES_A_ROUND = 20_000;
const BATCH = 10;
const SCRAPES = 10;

const store = new MemoryStore();
const metrics = new Metrics({
  observation: store.observation,
  topics: store.topics,
  clock: systemClock,
  elapsed: () => performance.now(),
  polls: () => 0,
  version: 'bench',
});

const message = (messageId: string): NewMessage => ({
  ...{ messageId, body: 'x'.repeat(200), bodyMd5: 'd41d8cd98f00b204e9800998ecf8427e', senderId: 'bench', delayMs: 0 },
});
const batch = Array.from({ length: BATCH }, (_, at) => message(`message-${at}`));
const receiving = { max: BATCH, visibilityMs: 30_000, inFlightLimit: 120_000 };
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

async function makeQueue(name: string): Promise<Queue> {
  const settings = { fifo: false, retentionMs: 345_600_000, attributes: new Map(), tags: new Map() };
  const key = { account: '000000000000', region: 'us-east-1', name };
  return (await store.createQueue(key, settings, systemClock.now())).queue;
}

/** Sends, receives and deletes messages. Returns the microseconds of CPU time per message. */
async function round({ id }: Queue): Promise<number> {
  const start = process.cpuUsage();
  for (let done = 0; done < MESSAGES_A_ROUND; done += BATCH) {
    await store.send(id, batch, systemClock.now());
    const received = await store.receive(id, receiving, systemClock.now());
    if (!Array.isArray(received)) throw new Error(String(received));
    const receipts = received.map(({ receipt }) => receipt);
    await store.delete(id, receipts, systemClock.now());
  }
  const { user, system } = process.cpuUsage(start);
  return (user + system) / MESSAGES_A_ROUND;
}

const queue = await makeQueue('loop');
const took: Record<'without' | 'with', number[]> = { without: [], with: [] };
for (let at = 0; at < ROUNDS; at++) {
  store.onHappening(undefined);
  took.without.push(await round(queue));
  store.onHappening(metrics.hear);
  took.with.push(await round(queue));
}
// The fastest rounds: on a busy machine, the others measure its other work.
const [without, withMetrics] = [Math.min(...took.without), Math.min(...took.with)];
console.log(
  `A message sent, received and deleted: ${without.toFixed(2)} µs; with metrics ${withMetrics.toFixed(2)} µs.`,
);

for (let at = 0; at < queueCount; at++) {
  const { id } = await makeQueue(`queue-${at}`);
  await store.send(id, batch, systemClock.now());
  await store.receive(id, { ...receiving, max: 5, visibilityMs: 1000 }, systemClock.now());
}
const delay = monitorEventLoopDelay({ resolution: 1 });
const scrapes: number[] = [];
let [lines, bytes] = [0, 0];
delay.enable();
for (let at = 0; at < SCRAPES; at++) {
  const start = performance.now();
  [lines, bytes] = [0, 0];
  for await (const piece of metrics.print()) {
    lines += piece.split('\n').length - 1;
    bytes += Buffer.byteLength(piece);
  }
  scrapes.push(performance.now() - start);
}
delay.disable();
const figures = `${(bytes / 1024 / 1024).toFixed(1)} MiB, ${lines} lines`;
console.log(
  `A scrape of ${queueCount} queues: ${median(scrapes).toFixed(0)} ms (the first ${scrapes[0]!.toFixed(0)} ms).`,
);
console.log(`${figures}; other requests waited for at most ${(delay.max / 1e6).toFixed(0)} ms.`);
await store.close();
