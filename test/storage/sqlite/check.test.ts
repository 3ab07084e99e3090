/** `squab check`: the problems that it finds, and that it finds none in sound data. */

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { DataFolderError } from '../../../src/storage/sqlite/data-folder.ts';
import { checkFolder } from '../../../src/storage/sqlite/offline/check-folder.ts';
import { readFolder } from '../../../src/storage/sqlite/offline/reading.ts';
import { SqliteStore } from '../../../src/storage/sqlite/sqlite-store.ts';
import { fill } from '../little-of-everything.ts';

const home = mkdtempSync(join(tmpdir(), 'squab-check-'));
afterAll(() => rmSync(home, { recursive: true }));
afterEach(() => {
  vi.restoreAllMocks();
});

let folders = 0;
const newFolder = () => join(home, `folder-${++folders}`);
const file = (folder: string) => join(folder, 'squab.db');
const contentsOf = (folder: string) =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name)).toString('base64')]));

let sound: string;
/** The files of a store that was not closed: its log has not been merged into the database. */
let crashed: string;
beforeAll(async () => {
  [sound, crashed] = [newFolder(), newFolder()];
  const store = new SqliteStore(sound);
  await fill(store);
  cpSync(sound, crashed, { recursive: true });
  await store.close();
});

/** Returns the path of a copy of the sound data, changed by `sql`. */
function altered(sql: string): string {
  const folder = newFolder();
  cpSync(sound, folder, { recursive: true });
  const database = new Database(file(folder));
  database.pragma('foreign_keys = OFF');
  database.exec(sql);
  database.close();
  return folder;
}

describe('the check of a data folder', () => {
  it('finds nothing in sound data, and changes nothing', () => {
    const before = contentsOf(sound);
    expect(checkFolder(sound)).toMatchObject({ file: file(sound), queues: 3, messages: 12, problems: [] });
    expect(contentsOf(sound)).toEqual(before);
  });

  it('finds nothing in the files that a crash leaves, reads their log, and changes nothing', () => {
    const before = contentsOf(crashed);
    expect(Object.keys(before)).toContain('squab.db-wal');
    expect(checkFolder(crashed)).toMatchObject({ queues: 3, messages: 12, problems: [] });
    expect(contentsOf(crashed)).toEqual(before);
  });

  it('reports what it is looking at', () => {
    const seen: string[] = [];
    const counted: unknown[] = [];
    checkFolder(sound, (doing, done, all) => {
      seen.push(doing);
      counted.push([done, all]);
    });
    expect(seen[0]).toBe('the structure of the file');
    expect(seen).toContain('the counts of queues');
    expect(seen.at(-1)).toBe('the bodies of messages');
    expect(counted.at(-1)).toEqual([0, 12]);
  });

  it('fails while a store uses the folder, and for a folder without a database', async () => {
    const folder = newFolder();
    expect(() => checkFolder(folder)).toThrow(`There is no database ${file(folder)}.`);
    const store = new SqliteStore(folder);
    await fill(store);
    expect(() => checkFolder(folder)).toThrow(`The data folder ${folder} is in use by a running Squab. Stop it first.`);
    await store.close();
    expect(checkFolder(folder).problems).toEqual([]);
  });

  it('keeps every store out while it runs', async () => {
    for (const folder of [sound, crashed]) {
      readFolder(folder, () => {
        expect(() => new SqliteStore(folder)).toThrow(/in use by another Squab/);
      });
    }
    expect(checkFolder(crashed).problems).toEqual([]);
  });

  const plain = "(SELECT generation FROM queues WHERE name = 'plain')";
  const fifo = "(SELECT generation FROM queues WHERE name = 'groups.fifo')";
  it.each([
    [
      'a wrong count',
      "UPDATE queues SET visible = visible + 2 WHERE name = 'plain'",
      /^Queue 000000000000\/us-east-1\/plain counts 6 visible, 2 in-flight and 1 delayed messages, but contains 4, 2 and 1\.$/,
    ],
    [
      'a message without content',
      `DELETE FROM contents WHERE key = (SELECT max(key) FROM messages WHERE generation = ${plain})`,
      /^Message \d+ of generation \d+ has no content\.$/,
    ],
    [
      'content without a message',
      "INSERT INTO contents SELECT key + 500, 'x', body, body_md5, NULL, 'x', NULL, NULL, NULL FROM contents LIMIT 1",
      /^Content \d+ belongs to no message\.$/,
    ],
    [
      'messages without a queue',
      'DELETE FROM abandoned',
      /^Messages of generation \d+, which never belonged to a queue: 1\.$/,
    ],
    [
      'a generation with two owners',
      `INSERT INTO abandoned VALUES (${plain})`,
      /^Generation \d+ has 2 owners among the queues and the abandoned generations, instead of one\.$/,
    ],
    [
      'a message in the wrong group',
      `UPDATE messages SET group_number = (SELECT number FROM groups WHERE group_id = 'g')
       WHERE generation = ${fifo} AND key = (SELECT max(key) FROM messages WHERE generation = ${fifo})`,
      /^Message \d+ of queue .*groups\.fifo is in group "h", but its group number \d+ is not that group's\.$/,
    ],
    [
      'a group that is ready too early',
      "UPDATE groups SET ready_at = ready_at - 1 WHERE group_id = 'g'",
      /^Group "g" of queue .*groups\.fifo is ready at \d+ with message \d+, instead of at \d+ with message \d+\.$/,
    ],
    [
      'a group that is not in line with its first message',
      "UPDATE groups SET rank = rank + 1 WHERE group_id = 'g'",
      /^Group "g" of queue .*groups\.fifo has the rank \d+ instead of \d+\.$/,
    ],
    [
      'a group without messages',
      `INSERT INTO groups SELECT number + 500, generation, 'empty', ready_at, first_key, rank FROM groups WHERE group_id = 'g'`,
      /^Group "empty" of queue .*groups\.fifo has no messages, so it should not exist\.$/,
    ],
    [
      'a tenant that is ready too late',
      "UPDATE groups SET ready_at = ready_at + 1 WHERE group_id = 'tenant'",
      /^Group "tenant" of queue .*plain is ready at \d+ with message \d+/,
    ],
    [
      'receives that contradict each other',
      'UPDATE messages SET first_received_at = NULL WHERE receives = 1',
      /has contradictory records of its receives\.$/,
    ],
    [
      'numbers that would be issued again',
      'UPDATE numbers SET value = 3',
      /^Number \d+ is in use among messages, but only numbers below 3 were issued: it may be issued again\.$/,
    ],
    [
      'a missing secret',
      'DELETE FROM receipt_secret',
      /^The table with the secret for receipt handles has 0 valid rows instead of one\.$/,
    ],
    [
      'a secret that is too short',
      "UPDATE receipt_secret SET key = x'00'",
      /^The table with the secret for receipt handles has 0 valid rows instead of one\.$/,
    ],
    ['missing numbers', 'DELETE FROM numbers', /^The table of numbers has 0 rows instead of one\.$/],
    [
      'queue attributes that are not JSON',
      "UPDATE queues SET attributes = '{' WHERE name = 'dead'",
      /^The attributes or tags of queue .*dead cannot be read\.$/,
    ],
    [
      'message attributes that are not JSON',
      "UPDATE contents SET attributes = '[[' WHERE body = 'a' AND attributes IS NOT NULL",
      /^The attributes of message .* cannot be read\.$/,
    ],
    [
      'a move task without a source queue',
      'UPDATE move_tasks SET source_id = 5000',
      /^Move task task has no source queue\.$/,
    ],
    [
      'a move task in an unknown state',
      "UPDATE move_tasks SET status = 'ASLEEP'",
      /^Move task task is in an impossible state\.$/,
    ],
    [
      'settings of a mapping that are not JSON',
      "UPDATE mappings SET settings = '{'",
      /^The settings or tags of event source mapping m cannot be read\.$/,
    ],
    ['an altered body', "UPDATE contents SET body = 'z' WHERE body = 'c'", /^The body of message .* was altered\.$/],
  ])('finds %s', (_what, sql, problem) => {
    const { problems } = checkFolder(altered(sql));
    expect(problems).toContainEqual(expect.stringMatching(problem));
  });

  it('lists the first ten problems of a kind, and counts the others', () => {
    const { problems } = checkFolder(altered("UPDATE contents SET body_md5 = ''"));
    expect(problems).toHaveLength(11);
    expect(problems.at(-1)).toBe('2 more of this kind (bodies).');
  });

  it.each([
    ['a garbage header', (bytes: Buffer) => bytes.fill('garbage', 0, 100), /The file cannot be opened: file is not/],
    ['an overwritten page', (bytes: Buffer) => bytes.fill(0xff, 4096 * 6, 4096 * 7), /./],
    ['a truncated file', (bytes: Buffer) => bytes.subarray(0, bytes.length - 4096 * 5), /malformed|damaged/],
  ])('reports %s, and does not throw', (_what, damage, problem) => {
    const folder = newFolder();
    cpSync(sound, folder, { recursive: true });
    writeFileSync(file(folder), damage(readFileSync(file(folder))));
    const { problems } = checkFolder(folder);
    expect(problems.join('\n')).toMatch(problem);
  });

  it.each([
    ['SQLITE_FULL', 'Free some space on the disk'],
    ['SQLITE_IOERR_SHMSIZE', 'Free some space on the disk'],
    ['SQLITE_IOERR_WRITE', 'Free some space on the disk'],
    ['SQLITE_IOERR_READ', 'Check its disk.'],
    ['SQLITE_NOMEM', 'Make more memory available.'],
    ['SQLITE_CANTOPEN', 'Copy the folder to a writable place'],
  ])('does not report %s, which is not damage', (code, advice) => {
    const { prepare } = Database.prototype;
    // While the folder is opened, while rules are checked, and while bodies are read.
    for (const part of ['FROM sqlite_schema', 'FROM queues', 'FROM contents']) {
      vi.spyOn(Database.prototype, 'prepare').mockImplementation(function (this: Database.Database, sql: string) {
        if (sql.includes(part)) throw new Database.SqliteError('some reason', code);
        return prepare.call(this, sql);
      });
      expect(() => checkFolder(sound)).toThrow(DataFolderError);
      expect(() => checkFolder(sound)).toThrow(advice);
    }
  });
});
