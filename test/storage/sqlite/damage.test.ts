/**
 * Database files that were damaged while no store used them: a store refuses to open them, or serves the intact data.
 */

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DataFolderError } from '../../../src/storage/sqlite/data-folder.ts';
import { checkFolder } from '../../../src/storage/sqlite/offline/check-folder.ts';
import { SqliteStore } from '../../../src/storage/sqlite/sqlite-store.ts';
import { StoreUnavailable } from '../../../src/storage/store.ts';
import { key, message, numbered, request, settings, T0 } from '../subject.ts';

const PAGE = 4096;
const home = mkdtempSync(join(tmpdir(), 'squab-damage-'));
afterAll(() => rmSync(home, { recursive: true }));

let folders = 0;
const newFolder = () => join(home, `folder-${++folders}`);
const file = (folder: string) => join(folder, 'squab.db');

/** Data folders after a clean close, and after a crash with most of the data still in the log. */
const [closed, crashed] = [newFolder(), newFolder()];
let queueId: number;

beforeAll(async () => {
  const store = new SqliteStore(closed);
  queueId = (await store.createQueue(key('orders'), settings(), T0)).queue.id;
  await store.createQueue(key('other'), settings(), T0);
  await store.send(
    queueId,
    numbered(50).map((body) => message(body.padEnd(2000, '.'))),
    T0,
  );
  cpSync(closed, crashed, { recursive: true });
  await store.close();
});

function damaged(from: string, name: string, damage: (bytes: Buffer) => Buffer): string {
  const folder = newFolder();
  cpSync(from, folder, { recursive: true });
  const path = join(folder, name);
  writeFileSync(path, damage(readFileSync(path)));
  return folder;
}

/** Returns the number of a table's first page. */
function rootOf(table: string): number {
  const database = new Database(file(closed), { readonly: true });
  const root = database.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').pluck().get(table) as number;
  database.close();
  return root;
}

const overwritten = (page: number) => (bytes: Buffer) => bytes.fill(0x5a, (page - 1) * PAGE, page * PAGE);

describe('a damaged database', () => {
  it.each([
    ['its header is garbage', (bytes: Buffer) => bytes.fill('garbage', 0, 100)],
    ['its first page is all zeroes after the header', (bytes: Buffer) => bytes.fill(0, 100, PAGE)],
    ['the table of queues is overwritten', (bytes: Buffer) => overwritten(rootOf('queues'))(bytes)],
    ['it is truncated after its first page', (bytes: Buffer) => bytes.subarray(0, PAGE)],
  ])(
    'cannot be opened when %s: the error says that it is damaged, and the folder is not left locked',
    (_what, damage) => {
      const folder = damaged(closed, 'squab.db', damage);
      const before = readFileSync(file(folder));
      for (const _time of [1, 2]) {
        expect(() => new SqliteStore(folder)).toThrow(DataFolderError);
        expect(() => new SqliteStore(folder)).toThrow(/squab\.db is damaged or not a database \(.*`squab check/);
      }
      expect(readFileSync(file(folder)).equals(before)).toBe(true);
      expect(checkFolder(folder).problems).not.toEqual([]);
    },
  );

  it('fails verbs that need an overwritten page as unavailable, and serves all others', async () => {
    const folder = damaged(closed, 'squab.db', overwritten(rootOf('contents')));
    const store = new SqliteStore(folder);
    const faults: unknown[] = [];
    store.onFault((fault) => faults.push(fault?.message));
    const receive = store.receive(queueId, request(), T0);
    // Called in the same turn.
    const listed = store.listQueues({ account: '000000000000', region: 'us-east-1', limit: 10 });
    await expect(receive).rejects.toThrow(StoreUnavailable);
    await expect(receive).rejects.toThrow(/squab\.db is damaged\. Stop Squab and run `squab check`/);
    expect((await listed).map(({ name }) => name)).toEqual(['orders', 'other']);
    await expect(store.receive(queueId, request(), T0)).rejects.toThrow(StoreUnavailable);
    expect(await store.counts(queueId, T0)).toEqual({ visible: 50, inFlight: 0, delayed: 0 });
    expect(faults).toHaveLength(1);
    await store.close();
    expect(checkFolder(folder).problems.join('\n')).toMatch(/bodies of messages cannot be read|structure/);
  });

  it.each([
    ['ends in the middle of a commit', (log: Buffer) => log.subarray(0, log.length - 1000)],
    ['ends in its first frame', (log: Buffer) => log.subarray(0, 200)],
    ['has garbage at its end', (log: Buffer) => log.fill(0x5a, log.length - 3 * PAGE)],
    ['is garbage', (log: Buffer) => log.fill(0x5a)],
    ['is empty', () => Buffer.alloc(0)],
  ])('is intact up to its last good commit when its log %s', async (_what, damage) => {
    const folder = damaged(crashed, 'squab.db-wal', damage);
    const store = new SqliteStore(folder);
    const { queue } = await store.createQueue(key('new'), settings(), T0);
    await store.send(queue.id, [message('hello')], T0);
    expect(await store.receive(queue.id, request(), T0)).toMatchObject([{ body: 'hello' }]);
    const counts = await store.counts(queueId, T0);
    // A send is one commit: all of it is there, or nothing.
    if (counts) expect([0, 50]).toContain(counts.visible);
    await store.close();
    expect(checkFolder(folder).problems).toEqual([]);
  });
});
