/** Deduplication in the SQLite engine, when recent sends are in both of its tables. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../../src/storage/sqlite/database.ts';
import { SqliteStore } from '../../../src/storage/sqlite/sqlite-store.ts';
import type { NewMessage } from '../../../src/storage/store.ts';
import { key, MINUTE, message, settings, T0, unstorable } from '../subject.ts';

const home = mkdtempSync(join(tmpdir(), 'squab-recent-sends-'));
afterAll(() => rmSync(home, { recursive: true }));

/** More sends than the table in the order of time holds. */
const MANY = 10_500;
const windowMs = 5 * MINUTE;

let folder: string;
let connection: ReturnType<typeof openDatabase>;
let store: SqliteStore;
let queueId: number;

function open(): void {
  connection = openDatabase(folder);
  store = new SqliteStore(folder, undefined, connection);
}

const numbered = (number: number): NewMessage =>
  message(`body ${number}`, { messageId: `m${number}`, groupId: 'g', deduplication: { key: `d${number}`, windowMs } });

async function send(numbers: readonly number[], now = T0): Promise<string[]> {
  const sent = await store.send(queueId, numbers.map(numbered), now);
  return sent!.map(({ messageId }) => messageId);
}

/** Returns the IDs of the originals, of sends of the same keys with other message IDs. */
async function duplicates(numbers: readonly number[], now = T0): Promise<string[]> {
  const again = numbers.map((number) => ({ ...numbered(number), messageId: `again${number}` }));
  return (await store.send(queueId, again, now))!.map(({ messageId }) => messageId);
}

const rowsOf = (table: string) => connection.prepare(`SELECT count(*) FROM ${table}`).pluck().get();
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

beforeEach(async () => {
  folder = mkdtempSync(join(home, 'data-'));
  open();
  queueId = (await store.createQueue(key('q.fifo'), settings({ fifo: true }), T0)).queue.id;
  for (let from = 0; from < MANY; from += 500) await send(range(from, from + 500));
  return () => store.close();
});

describe('recent sends in both tables', () => {
  it('are recognized, before and after a restart', async () => {
    expect([rowsOf('deduplications'), rowsOf('latest_sends')]).toEqual([10_000, 500]);
    const some = [0, 9_999, 10_000, MANY - 1];
    expect(await duplicates(some)).toEqual(some.map((number) => `m${number}`));
    expect(await store.inspection.remembered(queueId, 'd0', T0)).toMatchObject({ messageId: 'm0' });
    expect(await store.inspection.remembered(queueId, 'd10400', T0)).toMatchObject({ messageId: 'm10400' });
    await store.close();
    open();
    expect(await duplicates(some)).toEqual(some.map((number) => `m${number}`));
  });

  it('are forgotten once their windows have ended', async () => {
    const some = [0, 10_400];
    expect(await duplicates(some, T0 + windowMs)).toEqual(['again0', 'again10400']);
    expect(await duplicates(some, T0 + windowMs)).toEqual(['again0', 'again10400']);
    while ((await store.expire(T0 + 3 * windowMs, 1000)).freed > 0);
    expect([rowsOf('deduplications'), rowsOf('latest_sends')]).toEqual([0, 0]);
  });

  it('stay as they were if a transaction fails', async () => {
    const failed = store.send(
      queueId,
      [{ ...unstorable(), groupId: 'g', deduplication: { key: 'new', windowMs } }],
      T0,
    );
    await expect(failed).rejects.toThrow();
    expect(await store.inspection.remembered(queueId, 'new', T0)).toBeUndefined();
    expect(await duplicates([1, 10_200])).toEqual(['m1', 'm10200']);
  });

  it('are in snapshots', async () => {
    await store.states.takeSnapshot('s', T0);
    await send(range(20_000, 20_010));
    await store.states.restoreSnapshot('s', T0);
    expect(await duplicates([2, 10_300, 20_000])).toEqual(['m2', 'm10300', 'again20000']);
  });
});
