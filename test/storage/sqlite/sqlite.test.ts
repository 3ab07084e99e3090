import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, it } from 'vitest';
import { DataFolderError } from '../../../src/storage/sqlite/data-folder.ts';
import { openDatabase } from '../../../src/storage/sqlite/database.ts';
import { SqliteStore } from '../../../src/storage/sqlite/sqlite-store.ts';
import type { Store } from '../../../src/storage/store.ts';
import { key, message, request, SECOND, settings, T0 } from '../subject.ts';

const home = mkdtempSync(join(tmpdir(), 'squab-storage-'));
afterAll(() => rmSync(home, { recursive: true }));

let folders = 0;
/** Returns the path of a folder that does not exist yet. */
const newFolder = () => join(home, `folder-${++folders}`);

const open = (folder = newFolder()): Store => new SqliteStore(folder);

/** Opens a store, with a queue and one message in it. */
const openWithMessage = async (folder: string) => {
  const store = open(folder);
  const { queue } = await store.createQueue(key('orders'), settings(), T0);
  await store.send(queue.id, [message('hello')], T0);
  return { store, id: queue.id };
};

describe('a data folder', () => {
  const file = (folder: string) => join(folder, 'squab.db');

  /** Expects that opening `folder` fails with an error that names the folder, the reason and `--data`. */
  const expectRefusal = (folder: string, reason: RegExp | string) => {
    const opening = () => new SqliteStore(folder);
    expect(opening).toThrow(DataFolderError);
    expect(opening).toThrow(reason);
    expect(opening).toThrow('--data');
    expect(opening).toThrow(folder);
  };

  it('is created if it does not exist, along with the folders above it', async () => {
    const folder = join(newFolder(), 'a', 'b');
    await open(folder).close();
    expect(readdirSync(folder)).toEqual(['squab.db']);
  });

  it('can be used by one store at a time, and by the next once that one is closed', async () => {
    const folder = newFolder();
    const { store, id } = await openWithMessage(folder);
    expectRefusal(folder, /in use by another Squab/);
    expect(await store.counts(id, T0)).toMatchObject({ visible: 1 });
    await store.close();
    const next = open(folder);
    expect(await next.counts(id, T0)).toMatchObject({ visible: 1 });
    await next.close();
  });

  it('is refused if it has data of a newer format, and is left unchanged', async () => {
    const folder = newFolder();
    await open(folder).close();
    const database = new Database(file(folder));
    database.pragma('user_version = 99');
    database.close();
    const before = readFileSync(file(folder));
    expectRefusal(folder, /newer Squab \(format 99; /);
    expect(readFileSync(file(folder)).equals(before)).toBe(true);
  });

  it('is refused if its database file is not a database, and is left unchanged', () => {
    const folder = newFolder();
    mkdirSync(folder);
    writeFileSync(file(folder), 'not a database at all'.repeat(100));
    expectRefusal(folder, /damaged or not a database/);
    expect(readFileSync(file(folder), 'utf8')).toBe('not a database at all'.repeat(100));
    expect(readdirSync(folder)).toEqual(['squab.db']);
  });

  it("is refused if its database is another program's, and is left unchanged", () => {
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

  it('is refused if it is a file, or is below one', () => {
    const folder = newFolder();
    writeFileSync(folder, '');
    expectRefusal(folder, /it is not a folder/);
    expectRefusal(join(folder, 'below'), `${folder} is not a folder`);
  });

  it('is refused if a folder has the name of the database file', () => {
    const folder = newFolder();
    mkdirSync(file(folder), { recursive: true });
    expectRefusal(folder, /is not a file, so it cannot be a database/);
  });

  // Root may write anywhere, so the test makes no sense for root.
  it.skipIf(process.getuid?.() === 0)('is refused if the user has no permission to write to it', () => {
    const folder = newFolder();
    mkdirSync(folder, { mode: 0o500 });
    expectRefusal(folder, /Squab has no permission to write there/);
    expectRefusal(join(folder, 'below'), /Squab has no permission to write there/);
  });

  it('has everything that was acknowledged after a crash, and no key is issued twice', async () => {
    const [folder, copy] = [newFolder(), newFolder()];
    const { store, id } = await openWithMessage(folder);
    const [first] = (await store.receive(id, request(), T0)) as { receipt: { key: number } }[];
    // A crash would leave the same files as a copy that is made while the store runs.
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

  it('is set up so that freed pages can be returned to the file system', async () => {
    const folder = newFolder();
    await open(folder).close();
    const database = new Database(file(folder), { readonly: true });
    expect(database.pragma('auto_vacuum', { simple: true })).toBe(2);
    database.close();
  });
});
