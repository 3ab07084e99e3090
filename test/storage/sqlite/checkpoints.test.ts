/**
 * Checkpoints: the log is copied into the database while requests go on, it stays bounded under constant load, and what
 * another program has done to it is never copied.
 */

import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Connection, openDatabase } from '../../../src/storage/sqlite/database.ts';
import { checkFolder } from '../../../src/storage/sqlite/offline/check-folder.ts';
import { SqliteStore } from '../../../src/storage/sqlite/sqlite-store.ts';
import { StoreUnavailable } from '../../../src/storage/store.ts';
import { key, message, settings, T0 } from '../subject.ts';

const MEGABYTE = 1024 * 1024;
const LONG = 'x'.repeat(64 * 1024);

let folder: string;
let connection: Connection;
let store: SqliteStore;
let queueId: number;
let sent: number;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'squab-checkpoints-'));
  connection = openDatabase(folder);
  store = new SqliteStore(folder, 'process', connection);
  queueId = (await store.createQueue(key('q'), settings(), T0)).queue.id;
  sent = 0;
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const log = () => join(folder, 'squab.db-wal');
const pages = () => connection.pragma('wal_checkpoint(NOOP)') as [{ log: number; checkpointed: number }];

async function send(body = LONG): Promise<void> {
  await store.send(queueId, [message(body)], T0);
  sent++;
}

/**
 * Sends messages, the last of them short ones, until another thread has just begun to sync the log. The store looks at
 * every eighth commit, of which the creation of the queue was the first, whether the log has 1000 pages.
 */
async function sendUntilSyncing(): Promise<void> {
  for (let commits = 1; pages()[0].log < 1000 || commits % 8 !== 0; commits++) {
    await send(pages()[0].log < 900 ? LONG : 'short');
  }
}

/** Lets turns of the event loop pass until the log has been copied. */
async function copied(): Promise<void> {
  while (pages()[0].checkpointed === 0) await store.listQueues({ account: 'a', region: 'r', prefix: '', limit: 1 });
}

describe('a checkpoint', () => {
  it('takes place between commits, after which the log starts again', async () => {
    // SQLite itself never copies the log.
    connection.pragma('wal_autocheckpoint = 0');
    await sendUntilSyncing();
    await copied();
    const [{ log: all, checkpointed }] = pages();
    expect(all).toBeGreaterThanOrEqual(1000);
    expect(checkpointed).toBe(all);
    await send();
    expect(pages()[0].log).toBeLessThan(100);
  });

  it('does not copy a log that another program has truncated', async () => {
    connection.pragma('wal_autocheckpoint = 0');
    await sendUntilSyncing();
    const before = statSync(join(folder, 'squab.db'));
    // The log ends within the last commit, so that all pages except a few could be copied.
    truncateSync(log(), statSync(log()).size - 5000);
    do await expect(send()).rejects.toThrow(StoreUnavailable);
    while (process.getActiveResourcesInfo().includes('FSReqCallback'));
    await expect(send()).rejects.toThrow(StoreUnavailable);
    await store.close();
    expect(statSync(join(folder, 'squab.db'))).toMatchObject({ size: before.size, mtimeMs: before.mtimeMs });
    store = new SqliteStore(folder);
    await store.close();
    expect(checkFolder(folder).problems).toEqual([]);
  });

  it('ends before the database is closed', async () => {
    await sendUntilSyncing();
    await store.close();
    expect(readdirSync(folder)).toEqual(['squab.db']);
    expect(checkFolder(folder)).toMatchObject({ messages: sent, problems: [] });
  });
});

it('the log stays within 16 MiB and one transaction under constant load, and all of it arrives', async () => {
  let longest = 0;
  const load = async () => {
    while (sent < 1600) {
      await send();
      longest = Math.max(longest, statSync(log()).size);
    }
  };
  await Promise.all(Array.from({ length: 16 }, load));
  expect(longest).toBeLessThan(18 * MEGABYTE);
  await store.close();
  expect(checkFolder(folder)).toMatchObject({ messages: sent, problems: [] });
});
