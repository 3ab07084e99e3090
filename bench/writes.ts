/**
 * Measures how much the SQLite engine writes per message, to the log and the database together, and what that costs:
 * messages are sent, received and deleted in batches of ten, without HTTP. `npm run bench:writes`. Linux only.
 */

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { openEngine } from '../src/storage/open-engine.ts';
import type { NewMessage } from '../src/storage/store.ts';
import { systemClock } from '../src/time/clock.ts';
import { leaveNothingBehind, scratchFolder } from './servers/servers.ts';
import { table } from './table.ts';

const CYCLES = 3000;
const BATCH = 10;
const GROUPS = 100;
const body = 'x'.repeat(1024);

/** How deduplication IDs are chosen; undefined for a standard queue. */
type Ids = ((number: number) => string) | undefined;

const kinds: Readonly<Record<string, Ids>> = {
  standard: undefined,
  'FIFO, deduplication IDs that count up': (number) => String(number).padStart(12, '0'),
  'FIFO, random deduplication IDs': () => randomUUID(),
};

function messageOf(number: number, ids: Ids): NewMessage {
  const message = { messageId: randomUUID(), body, bodyMd5: '0'.repeat(32), senderId: 'me', delayMs: 0 };
  if (!ids) return message;
  const key = ids(number);
  const deduplication = { key, windowMs: 300_000 };
  return { ...message, groupId: `group${number % GROUPS}`, deduplicationId: key, deduplication };
}

/** Returns bytes written and microseconds of CPU time per message; `atOnce` cycles share turns of the engine. */
async function measure(ids: Ids, atOnce: number): Promise<[bytes: number, cpu: number]> {
  const store = await openEngine({ data: scratchFolder('writes'), durability: 'process' });
  const settings = { fifo: ids !== undefined, attributes: new Map(), tags: new Map(), retentionMs: 345_600_000 };
  const key = { region: 'us-east-1', account: '000000000000', name: 'writes' };
  const { queue } = await store.createQueue(key, settings, systemClock.now());
  const request = { max: BATCH, visibilityMs: 30_000, inFlightLimit: 120_000, receiver: undefined };
  let [sent, deleted, cycles] = [0, 0, 0];
  const cycle = async () => {
    const messages = Array.from({ length: BATCH }, () => messageOf(sent++, ids));
    await store.send(queue.id, messages, systemClock.now());
    const received = await store.receive(queue.id, request, systemClock.now());
    if (!Array.isArray(received)) throw new Error(`The receive returned ${received}.`);
    const receipts = received.map(({ receipt }) => receipt);
    if (receipts.length > 0) await store.delete(queue.id, receipts, systemClock.now());
    deleted += receipts.length;
  };
  const [written, cpu] = [bytesWritten(), process.cpuUsage()];
  const work = async () => {
    while (cycles++ < CYCLES) await cycle();
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  const { user, system } = process.cpuUsage(cpu);
  const bytes = bytesWritten() - written;
  await store.close();
  return [bytes / deleted, (user + system) / deleted];
}

/** What this process has passed to the operating system. */
function bytesWritten(): number {
  return Number(/^wchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))![1]);
}

leaveNothingBehind();
const lines: string[][] = [];
for (const [name, ids] of Object.entries(kinds)) {
  for (const atOnce of [1, 16]) {
    const [bytes, cpu] = await measure(ids, atOnce);
    lines.push([name, `${atOnce}`, Math.round(bytes).toLocaleString('en'), cpu.toFixed(1)]);
  }
}
console.log(table(['queue', 'cycles at once', 'bytes written per message', 'CPU time, µs'], lines));
process.exit();
