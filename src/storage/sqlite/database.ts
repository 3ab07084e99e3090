/**
 * Opens Squab's database: one file in a data folder, or memory. It is held by one process at a time.
 */

import { accessSync, closeSync, constants, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { migrations } from './schema.ts';

export type Connection = Database.Database;

/** A data folder that cannot be used; the message says why, and what to do. */
export class DataFolderError extends Error {
  override readonly name = 'DataFolderError';
}

/** "SQAB" in ASCII: marks the file as ours. */
const APPLICATION_ID = 0x53514142;

const FILE_NAME = 'squab.db';

/**
 * What an acknowledged change survives. `process`: the end of the process, however sudden; the operating system has the
 * change. `power`: also a loss of power; the disk has it.
 */
export type Durability = 'process' | 'power';

/**
 * The log keeps this much of the disk when it is empty again; a checkpoint comes each 1000 pages, of 4 KiB. What it has
 * it can use on a full disk.
 */
const LOG_BYTES_KEPT = 8 * 1024 * 1024;

/** The path of the database in a data folder. */
export function databaseFile(folder: string): string {
  return join(resolve(folder), FILE_NAME);
}

/**
 * Opens (and where it is new, makes) the database of a data folder, or an empty one in memory when `folder` is undefined.
 * Throws DataFolderError when the folder cannot be used.
 */
export function openDatabase(folder: string | undefined, durability: Durability = 'process'): Connection {
  if (folder === undefined) return prepare(new Database(':memory:'), 'memory', true, durability);
  const place = resolve(folder);
  makeFolder(place, durability);
  const path = databaseFile(place);
  const isNew = !statSync(path, { throwIfNoEntry: false })?.size;
  let connection: Connection | undefined;
  try {
    // No patience: whoever holds the file holds it for as long as it runs.
    connection = new Database(path, { timeout: 0 });
    return prepare(connection, place, isNew, durability);
  } catch (error) {
    connection?.close();
    throw explained(error, place);
  }
}

/**
 * Lets the connection plan each statement once. SQLite plans a statement that sorts or limits anew, on each run, when a
 * value bound to it is another one and might make another plan better (it is built with STAT4 here). Ours are made for one
 * plan, and planning costs many times what a run costs: of a receive of one message 45 µs of 47. A plus before a parameter changes
 * nothing but that the planner does not look at its value.
 */
function planOnce(connection: Connection): void {
  const prepare = connection.prepare.bind(connection);
  connection.prepare = ((sql: string) => prepare(sql.replaceAll(/\?|:\w+/g, '+$&'))) as Connection['prepare'];
}

function makeFolder(place: string, durability: Durability): void {
  try {
    makeFolders(place, durability);
    accessSync(place, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code, message, path } = error as NodeJS.ErrnoException;
    const reason =
      code === 'EEXIST' || code === 'ENOTDIR'
        ? `${path === place ? 'it' : path} is not a folder`
        : code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
          ? 'this user may not write there'
          : message;
    throw new DataFolderError(`Cannot use the data folder ${place}: ${reason}. Choose another with --data.`);
  }
}

/** Like `mkdirSync` with `recursive`, which never returns for places such as /proc/squab. */
function makeFolders(place: string, durability: Durability): void {
  if (isFolder(place)) return;
  if (dirname(place) !== place) makeFolders(dirname(place), durability);
  try {
    mkdirSync(place);
  } catch (error) {
    // Another process may have been quicker.
    if (!isFolder(place)) throw error;
  }
  if (durability === 'power') writeEntries(dirname(place));
}

/** A new folder is an entry of the one above it. SQLite does as much for its own files, not for the way to them. */
function writeEntries(folder: string): void {
  // Windows opens no folders, and keeps its entries in a journal of its own.
  if (process.platform === 'win32') return;
  const opened = openSync(folder, constants.O_RDONLY);
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}

function isFolder(place: string): boolean {
  try {
    return statSync(place).isDirectory();
  } catch {
    return false;
  }
}

function prepare(connection: Connection, place: string, isNew: boolean, durability: Durability): Connection {
  planOnce(connection);
  // Has to be said before the first page is written. Freed pages are used again; with this they can also be given back to
  // the file system without copying the file (`PRAGMA incremental_vacuum`).
  if (isNew) connection.pragma('auto_vacuum = INCREMENTAL');
  // Exclusive before WAL: the index of the log then lives in this process's memory, and nobody else gets in.
  connection.pragma('locking_mode = EXCLUSIVE');
  connection.exec('BEGIN EXCLUSIVE');
  const done = formatOf(connection, place);
  connection.exec('COMMIT');
  connection.pragma('journal_mode = WAL');
  connection.pragma(`synchronous = ${durability === 'power' ? 'FULL' : 'NORMAL'}`);
  // What others call fsync does not reach the disk itself on macOS. Elsewhere this has no effect.
  if (durability === 'power') connection.pragma('fullfsync = ON');
  connection.pragma(`journal_size_limit = ${LOG_BYTES_KEPT}`);
  connection.pragma('cache_size = -32000');
  if (done < migrations.length) migrate(connection, done);
  // What is always in memory is read here for the first time, so that damage to it is met here, too.
  for (const table of ['numbers', 'queues']) connection.prepare(`SELECT * FROM ${table}`).all();
  return connection;
}

/** The number of a database's format, 0 for a new one. Changes nothing: it may be another program's. */
export function formatOf(connection: Connection, place: string): number {
  const done = connection.pragma('user_version', { simple: true }) as number;
  const owner = connection.pragma('application_id', { simple: true }) as number;
  const tables = connection.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() as number;
  if (owner !== APPLICATION_ID && tables > 0) {
    throw new DataFolderError(`The file ${FILE_NAME} in ${place} is not Squab's. Choose another folder with --data.`);
  }
  if (done > migrations.length) {
    throw new DataFolderError(
      `The data in ${place} was written by a newer Squab (format ${done}; this one knows formats up to ${migrations.length}). ` +
        'Use that version, or choose another folder with --data.',
    );
  }
  return done;
}

function migrate(connection: Connection, done: number): void {
  connection.exec('BEGIN');
  for (const step of migrations.slice(done)) connection.exec(step);
  connection.pragma(`application_id = ${APPLICATION_ID}`);
  connection.pragma(`user_version = ${migrations.length}`);
  connection.exec('COMMIT');
}

function explained(error: unknown, place: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  if (error.code.startsWith('SQLITE_BUSY') || error.code.startsWith('SQLITE_LOCKED')) {
    return new DataFolderError(
      `The data folder ${place} is in use by another Squab. Stop that one, or choose another folder with --data.`,
    );
  }
  if (error.code.startsWith('SQLITE_NOTADB') || error.code.startsWith('SQLITE_CORRUPT')) {
    return new DataFolderError(
      `The database ${join(place, FILE_NAME)} is damaged or not a database (${error.message}). ` +
        `See what \`squab check ${place}\` says; put a good copy in its place, or choose another folder with --data.`,
    );
  }
  return new DataFolderError(
    `Cannot open the database ${join(place, FILE_NAME)}: ${error.message}. Choose another folder with --data.`,
  );
}
