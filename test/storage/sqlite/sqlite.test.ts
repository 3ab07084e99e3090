import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, it } from 'vitest';
import { DataFolderError, openDatabase } from '../../../src/storage/sqlite/database.ts';
import { checkFolder } from '../../../src/storage/sqlite/offline/check-folder.ts';
import { SqliteStore } from '../../../src/storage/sqlite/sqlite-store.ts';
import type { Store } from '../../../src/storage/store.ts';
import { key, message, request, SECOND, settings, T0 } from '../subject.ts';
import { Walk } from '../walk.ts';

const home = mkdtempSync(join(tmpdir(), 'squab-storage-'));
afterAll(() => rmSync(home, { recursive: true }));

/** The path of a folder that is not there yet. */
let folders = 0;
const newFolder = () => join(home, `folder-${++folders}`);

const open = (folder = newFolder()): Store => new SqliteStore(folder);

/** A store with a queue and one message in it. */
const openWithMessage = async (folder: string) => {
  const store = open(folder);
  const { queue } = await store.createQueue(key('orders'), settings(), T0);
  await store.send(queue.id, [message('hello')], T0);
  return { store, id: queue.id };
};

describe('a data folder', () => {
  const file = (folder: string) => join(folder, 'squab.db');

  /** Opening `folder` must fail in the way that users are told of. */
  const expectRefusal = (folder: string, reason: RegExp | string) => {
    const opening = () => new SqliteStore(folder);
    expect(opening).toThrow(DataFolderError);
    expect(opening).toThrow(reason);
    expect(opening).toThrow('--data');
    expect(opening).toThrow(folder);
  };

  it('is made where it is missing, with the folders above it', async () => {
    const folder = join(newFolder(), 'a', 'b');
    await open(folder).close();
    expect(readdirSync(folder)).toEqual(['squab.db']);
  });

  it('belongs to one store at a time, and to the next once that one is closed', async () => {
    const folder = newFolder();
    const { store, id } = await openWithMessage(folder);
    expectRefusal(folder, /in use by another Squab/);
    expect(await store.counts(id, T0)).toMatchObject({ visible: 1 });
    await store.close();
    const next = open(folder);
    expect(await next.counts(id, T0)).toMatchObject({ visible: 1 });
    await next.close();
  });

  it('is refused when it holds data of a newer format, and stays as it is', async () => {
    const folder = newFolder();
    await open(folder).close();
    const database = new Database(file(folder));
    database.pragma('user_version = 99');
    database.close();
    const before = readFileSync(file(folder));
    expectRefusal(folder, /newer Squab \(format 99; /);
    expect(readFileSync(file(folder)).equals(before)).toBe(true);
  });

  it('is refused when its database is no database, and stays as it is', () => {
    const folder = newFolder();
    mkdirSync(folder);
    writeFileSync(file(folder), 'not a database at all'.repeat(100));
    expectRefusal(folder, /damaged or not a database/);
    expect(readFileSync(file(folder), 'utf8')).toBe('not a database at all'.repeat(100));
    expect(readdirSync(folder)).toEqual(['squab.db']);
  });

  it("is refused when its database is another program's, and stays as it is", () => {
    const folder = newFolder();
    mkdirSync(folder);
    const database = new Database(file(folder));
    database.exec('CREATE TABLE recipes (name TEXT)');
    database.close();
    const before = readFileSync(file(folder));
    expectRefusal(folder, /is not Squab's/);
    expect(readFileSync(file(folder)).equals(before)).toBe(true);
    expect(readdirSync(folder)).toEqual(['squab.db']);
  });

  it('is refused when it is a file, or stands below one', () => {
    const folder = newFolder();
    writeFileSync(folder, '');
    expectRefusal(folder, /it is not a folder/);
    expectRefusal(join(folder, 'below'), `${folder} is not a folder`);
  });

  it('is refused when the place of its database is taken by a folder', () => {
    const folder = newFolder();
    mkdirSync(file(folder), { recursive: true });
    expectRefusal(folder, /Cannot open the database/);
  });

  // Nothing is forbidden to root, so there is nothing to see when root runs the tests.
  it.skipIf(process.getuid?.() === 0)('is refused when this user may not write there', () => {
    const folder = newFolder();
    mkdirSync(folder, { mode: 0o500 });
    expectRefusal(folder, /this user may not write there/);
    expectRefusal(join(folder, 'below'), /this user may not write there/);
  });

  it('holds after a crash whatever was promised, and no key is given out twice', async () => {
    const [folder, copy] = [newFolder(), newFolder()];
    const { store, id } = await openWithMessage(folder);
    const [first] = (await store.receive(id, request(), T0)) as { receipt: { key: number } }[];
    // A copy of the files under a running store is what a crash would leave.
    cpSync(folder, copy, { recursive: true });
    await store.close();
    const survivor = open(copy);
    expect(await survivor.counts(id, T0)).toEqual({ visible: 0, inFlight: 1, delayed: 0 });
    await survivor.send(id, [message('after')], T0 + SECOND);
    const [next] = (await survivor.receive(id, request(), T0 + SECOND)) as { receipt: { key: number } }[];
    expect(next!.receipt.key).toBeGreaterThan(first!.receipt.key);
    await survivor.close();
  });

  it.each([
    [undefined, 1],
    ['process', 1],
    ['power', 2],
  ] as const)('is written as durably as promised (%s)', (durability, synchronous) => {
    const connection = openDatabase(newFolder(), durability);
    expect(connection.pragma('synchronous', { simple: true })).toBe(synchronous);
    expect(connection.pragma('journal_mode', { simple: true })).toBe('wal');
    connection.close();
  });

  it('lets freed pages go back to the file system', async () => {
    const folder = newFolder();
    await open(folder).close();
    const database = new Database(file(folder), { readonly: true });
    expect(database.pragma('auto_vacuum', { simple: true })).toBe(2);
    database.close();
  });

  it.each([false, true])('is sound after each part of a random walk (FIFO: %s)', async (fifo) => {
    const folder = newFolder();
    let store = open(folder);
    const walk = new Walk(store, { seed: 7, steps: 400, retentionMs: [300, 2000], clock: [0, 120], fifo });
    for (let part = 0; part < 3; part++) {
      await walk.go();
      if (part > 0) await store.expire(walk.now, 10_000);
      await store.close();
      expect(checkFolder(folder).problems).toEqual([]);
      store = open(folder);
      await walk.change(store);
    }
    await store.close();
  });
});
