/** Opens Squab's database: a file in a data folder, which one process at a time can use, or a database in memory. */

import { accessSync, closeSync, constants, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { DataFolderError, databaseFile, FILE_NAME, findDatabase } from './data-folder.ts';
import { migrations } from './schema.ts';

export type Connection = Database.Database;

/** "SQAB" in ASCII: marks the file as Squab's. */
const APPLICATION_ID = 0x53514142;

/**
 * What an acknowledged change survives. With `process`, it survives a crash of the process, because the operating
 * system has it. With `power`, it survives a power failure too, because the disk has it.
 */
export type Durability = 'process' | 'power';

/**
 * When the log has this many pages of 4 KiB, SQLite copies it into the database during a commit. With `process`, that is
 * rare, since checkpoints.ts copies shorter logs; but it bounds the log whatever happens.
 */
const LOG_PAGES_MAX: Record<Durability, number> = { process: 4000, power: 1000 };

/**
 * The log file keeps up to this much space after a checkpoint has emptied it, so that Squab still has that space when
 * the disk is full. Writing over old pages is also cheaper than making the file longer.
 */
const LOG_BYTES_KEPT = 16 * 1024 * 1024;

/** Other users can neither enter a new data folder nor read a new database. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/**
 * Opens the database of a data folder, and creates folder and database if they do not exist. Opens an empty database
 * in memory if `folder` is undefined. Throws DataFolderError if the folder cannot be used.
 */
export function openDatabase(folder: string | undefined, durability: Durability = 'process'): Connection {
  if (folder === undefined) return prepare(new Database(':memory:'), 'memory', true, durability);
  const absolute = resolve(folder);
  makeFolder(absolute, durability);
  const path = databaseFile(absolute);
  const isNew = !findDatabase(path)?.size;
  let connection: Connection | undefined;
  try {
    if (isNew) makeFile(path);
    // Waiting is pointless: a process that has locked the file keeps the lock for as long as it runs.
    connection = new Database(path, { timeout: 0 });
    return prepare(connection, absolute, isNew, durability);
  } catch (error) {
    connection?.close();
    throw asDataFolderError(error, absolute);
  }
}

/**
 * Makes the connection plan each statement only once. SQLite, which is built with STAT4 here, plans a statement that
 * sorts or limits again whenever a bound value has changed, in case another plan is now better. Our statements are
 * written for one plan, and planning costs far more than running: 45 of the 47 µs of a receive of one message. A plus
 * before a parameter hides its value from the planner and has no other effect.
 */
function planOnce(connection: Connection): void {
  const prepare = connection.prepare.bind(connection);
  connection.prepare = ((sql: string) => prepare(sql.replaceAll(/\?|:\w+/g, '+$&'))) as Connection['prepare'];
}

/** Creates an empty database file, whose mode SQLite also uses for the log. */
function makeFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', FILE_MODE));
  } catch {
    // If the file cannot be created, opening it fails too, with SQLite's error. An existing file keeps its mode.
  }
}

function makeFolder(folder: string, durability: Durability): void {
  try {
    makeFolders(folder, durability);
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code, message, path } = error as NodeJS.ErrnoException;
    const reason =
      code === 'EEXIST' || code === 'ENOTDIR'
        ? `${path === folder ? 'it' : path} is not a folder`
        : code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
          ? 'Squab has no permission to write there'
          : code === 'ENOENT' && path
            ? `the system does not allow folders in ${dirname(path)}`
            : message;
    throw new DataFolderError(`Cannot use the data folder ${folder}: ${reason}. Choose another folder with --data.`);
  }
}

/**
 * Like `mkdirSync` with `recursive`, which never returns for paths such as /proc/squab. Other users
 * can enter new folders above the data folder.
 */
function makeFolders(folder: string, durability: Durability, mode = FOLDER_MODE): void {
  if (isFolder(folder)) return;
  if (dirname(folder) !== folder) makeFolders(dirname(folder), durability, 0o755);
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    // Another process may have created it first.
    if (!isFolder(folder)) throw error;
  }
  if (durability === 'power') syncEntries(dirname(folder));
}

/**
 * Syncs the entries of a folder, so that a new folder in it survives a power failure. SQLite does this for its own
 * files, but not for the folders that contain them.
 */
function syncEntries(folder: string): void {
  // Windows cannot open a folder as a file, and journals its entries itself.
  if (process.platform === 'win32') return;
  const opened = openSync(folder, constants.O_RDONLY);
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}

function isFolder(folder: string): boolean {
  try {
    return statSync(folder).isDirectory();
  } catch {
    return false;
  }
}

function prepare(connection: Connection, folder: string, isNew: boolean, durability: Durability): Connection {
  planOnce(connection);
  // Must be set before the first page is written. SQLite reuses freed pages anyway; with this setting they can also
  // be returned to the file system without copying the file (`PRAGMA incremental_vacuum`).
  if (isNew) connection.pragma('auto_vacuum = INCREMENTAL');
  // Exclusive before WAL: this keeps the index of the log in the process's own memory, and other processes out.
  connection.pragma('locking_mode = EXCLUSIVE');
  connection.exec('BEGIN EXCLUSIVE');
  const done = formatOf(connection, folder);
  connection.exec('COMMIT');
  connection.pragma('journal_mode = WAL');
  connection.pragma(`synchronous = ${durability === 'power' ? 'FULL' : 'NORMAL'}`);
  // On macOS a plain fsync does not reach the disk itself. Elsewhere this setting has no effect.
  if (durability === 'power') connection.pragma('fullfsync = ON');
  connection.pragma(`wal_autocheckpoint = ${LOG_PAGES_MAX[durability]}`);
  connection.pragma(`journal_size_limit = ${LOG_BYTES_KEPT}`);
  connection.pragma('cache_size = -32000');
  if (done < migrations.length) migrate(connection, done);
  // Reads the tables that are kept in memory, so that damage to them is found here.
  for (const table of ['numbers', 'queues', 'receipt_secret', 'topics', 'subscriptions']) {
    connection.prepare(`SELECT * FROM ${table}`).all();
  }
  return connection;
}

/**
 * Returns the number of a database's format; 0 for a new database. Changes nothing, since the database may be another
 * program's. Throws DataFolderError if it is, or if a newer Squab wrote it.
 */
export function formatOf(connection: Connection, folder: string): number {
  const done = connection.pragma('user_version', { simple: true }) as number;
  const owner = connection.pragma('application_id', { simple: true }) as number;
  const tables = connection.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() as number;
  if (owner !== APPLICATION_ID && tables > 0) {
    throw new DataFolderError(`The file ${FILE_NAME} in ${folder} is not Squab's. Choose another folder with --data.`);
  }
  if (done > migrations.length) {
    throw new DataFolderError(
      `The data in ${folder} was written by a newer Squab (format ${done}; this one knows formats up to ${migrations.length}). ` +
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

/** Turns an error of SQLite into a DataFolderError, and returns any other error as it is. */
function asDataFolderError(error: unknown, folder: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  if (error.code.startsWith('SQLITE_BUSY') || error.code.startsWith('SQLITE_LOCKED')) {
    return new DataFolderError(
      `The data folder ${folder} is in use by another Squab. Stop that one, or choose another folder with --data.`,
    );
  }
  if (error.code.startsWith('SQLITE_NOTADB') || error.code.startsWith('SQLITE_CORRUPT')) {
    return new DataFolderError(
      `The database ${join(folder, FILE_NAME)} is damaged or not a database (${error.message}). ` +
        `Run \`squab check ${folder}\` to see what is wrong. ` +
        'Restore a good copy, or choose another folder with --data.',
    );
  }
  return new DataFolderError(
    `Cannot open the database ${join(folder, FILE_NAME)}: ${error.message}. Choose another folder with --data.`,
  );
}
