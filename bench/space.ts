/**
 * Tests whether the disk space of deleted messages is freed. Ten times, a million messages are sent to a store on
 * disk and deleted, and then the janitor runs. Prints the sizes of the files, and the longest time that the janitor
 * kept requests waiting. `npm run test:space -- 100000 3 500`: messages, rounds and bytes of a body. Exits with 1 if
 * the file has grown.
 */

import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteStore } from '../src/storage/sqlite/sqlite-store.ts';

const [messages = 1_000_000, rounds = 10, bodyBytes = 200] = process.argv.slice(2).map(Number);
/** How many store operations share a turn, as requests on many connections do. */
const VERBS_AT_ONCE = 50;
const BATCH = 10;
const MEGABYTE = 1024 * 1024;

const folder = mkdtempSync(join(process.env.SQUAB_BENCH_FOLDER ?? tmpdir(), 'squab-space-'));
const store = new SqliteStore(folder);
let now = Date.UTC(2026, 0, 1);

const settings = { fifo: false, retentionMs: 345_600_000, attributes: new Map(), tags: new Map() };
const key = { account: '000000000000', region: 'us-east-1', name: 'space' };
const { queue } = await store.createQueue(key, settings, now);

const size = (file: string) => statSync(join(folder, file), { throwIfNoEntry: false })?.size ?? 0;
const sizes = () => `${(size('squab.db') / MEGABYTE).toFixed(1)} + ${(size('squab.db-wal') / MEGABYTE).toFixed(1)}`;

/** Calls `verb` `times` times, VERBS_AT_ONCE of them in each turn. */
async function inTurns(times: number, verb: () => Promise<unknown>): Promise<void> {
  for (let left = times; left > 0; left -= VERBS_AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(left, VERBS_AT_ONCE) }, verb));
  }
}

async function sendAll(): Promise<void> {
  const body = 'x'.repeat(bodyBytes);
  const content = { body, bodyMd5: 'd41d8cd98f00b204e9800998ecf8427e', senderId: 'bench', delayMs: 0 };
  const batch = Array.from({ length: BATCH }, (_, at) => ({ ...content, messageId: `message-${at}` }));
  await inTurns(messages / BATCH, () => store.send(queue.id, batch, now));
}

async function deleteAll(): Promise<void> {
  const request = { max: BATCH, visibilityMs: 30_000, inFlightLimit: 120_000 };
  await inTurns(messages / BATCH, async () => {
    const delivery = await store.receive(queue.id, request, now);
    if (!Array.isArray(delivery) || delivery.length === 0) throw new Error(`A receive returned ${delivery}.`);
    const receipts = delivery.map(({ receipt }) => receipt);
    await store.delete(queue.id, receipts, now);
  });
}

/**
 * Frees space as the janitor does in three minutes. Returns the milliseconds of the longest portion, and their
 * number.
 */
async function freeSpace(): Promise<{ longest: number; portions: number }> {
  let [longest, portions] = [0, 0];
  for (let look = 0; look < 3; look++) {
    for (let more = true, first = true; more; first = false) {
      const start = performance.now();
      more = await store.reclaim(first ? 'first' : 'next');
      // The first portion may write the log into the database, but only while nothing else writes, so no request waits.
      if (!first) longest = Math.max(longest, performance.now() - start);
      portions++;
    }
  }
  return { longest, portions };
}

console.log(
  `${rounds} rounds of ${messages} messages of ${bodyBytes} bytes. Sizes: MiB of the database + MiB of its log.`,
);
const after: number[] = [];
for (let round = 1; round <= rounds; round++) {
  const start = performance.now();
  await sendAll();
  const full = sizes();
  await deleteAll();
  const empty = sizes();
  const { longest, portions } = await freeSpace();
  now += 60_000;
  after.push(size('squab.db'));
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  console.log(
    `round ${round}: sent ${full}, deleted ${empty}, after the janitor ${sizes()}; ` +
      `${portions} portions, the longest took ${longest.toFixed(1)} ms; ${seconds} s`,
  );
}
await store.close();
rmSync(folder, { recursive: true });
if (after.at(-1)! > after[0]! + MEGABYTE) {
  console.log('The file has grown.');
  process.exitCode = 1;
}
