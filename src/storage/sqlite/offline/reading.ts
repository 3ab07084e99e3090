/**
 * Opens a data folder for reading, and leaves it unchanged: a read-only connection neither merges the log into the
 * database nor repairs anything. To read a database that has a log, SQLite needs two more files beside it; those that
 * did not exist before are deleted again.
 */

import { rmSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import Database from 'better-sqlite3';
import { type Connection, DataFolderError, databaseFile, formatOf } from '../database.ts';
import { migrations } from '../schema.ts';

/**
 * Calls `look` with a connection to the database of a folder, and returns its result. Throws DataFolderError if there
 * is no database, if it is in use, or if its format is not this Squab's. Throws SqliteError if the database is too
 * damaged to be opened.
 */
export function readFolder<T>(folder: string, look: (connection: Connection) => T): T {
  const absolute = resolve(folder);
  const path = databaseFile(absolute);
  if (!statSync(path, { throwIfNoEntry: false })) throw new DataFolderError(`There is no database ${path}.`);
  const beside = [`${path}-wal`, `${path}-shm`];
  const made = beside.filter((file) => !statSync(file, { throwIfNoEntry: false }));
  const connection = new Database(path, { readonly: true, timeout: 0 });
  try {
    takeForReading(connection, absolute);
    const result = look(connection);
    // While the connection still keeps every Squab out: after it is closed, a file may be a running Squab's log.
    for (const file of made) rmSync(file, { force: true });
    return result;
  } finally {
    connection.close();
  }
}

/** Locks the database for reading, by reading its format. Throws as `readFolder` does. */
function takeForReading(connection: Connection, folder: string): void {
  try {
    const format = formatOf(connection, folder);
    if (format === 0)
      throw new DataFolderError(`The database ${databaseFile(folder)} is empty: no Squab has ever used it.`);
    if (format < migrations.length) {
      throw new DataFolderError(
        `The data in ${folder} was written by an older Squab (format ${format}; this one has format ${migrations.length}). ` +
          `Start and stop this Squab once with --data ${folder} to upgrade it.`,
      );
    }
  } catch (error) {
    if (!(error instanceof Database.SqliteError)) throw error;
    if (error.code.startsWith('SQLITE_BUSY')) {
      throw new DataFolderError(`The data folder ${folder} is in use by a running Squab. Stop it first.`);
    }
    if (error.code.startsWith('SQLITE_CANTOPEN') || error.code.startsWith('SQLITE_READONLY')) {
      throw new DataFolderError(
        `Cannot read the data folder ${folder}: ${error.message}. SQLite has to create files in it. ` +
          'Copy the folder to a writable place and use the copy.',
      );
    }
    throw error;
  }
}
