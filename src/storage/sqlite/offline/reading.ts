/**
 * Opens a data folder to look at it, and leaves it as it is: a read-only connection neither folds the log into the database
 * nor mends anything. SQLite needs two files beside the database to read one that has a log; those that were not there
 * before are taken away again.
 */

import { rmSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import Database from 'better-sqlite3';
import { type Connection, DataFolderError, databaseFile, formatOf } from '../database.ts';
import { migrations } from '../schema.ts';

/**
 * Hands the database of a folder to `look`, for as long as that takes. Throws DataFolderError when there is none, when it
 * is in use, or not of this Squab's format; and SqliteError when it is too damaged to be opened.
 */
export function readFolder<T>(folder: string, look: (connection: Connection) => T): T {
  const place = resolve(folder);
  const path = databaseFile(place);
  if (!statSync(path, { throwIfNoEntry: false })) throw new DataFolderError(`There is no database ${path}.`);
  const beside = [`${path}-wal`, `${path}-shm`];
  const made = beside.filter((file) => !statSync(file, { throwIfNoEntry: false }));
  const connection = new Database(path, { readonly: true, timeout: 0 });
  try {
    takeForReading(connection, place);
    const result = look(connection);
    // While the connection still keeps every Squab out: afterwards such a file may be one's log.
    for (const file of made) rmSync(file, { force: true });
    return result;
  } finally {
    connection.close();
  }
}

function takeForReading(connection: Connection, place: string): void {
  try {
    const format = formatOf(connection, place);
    if (format === 0)
      throw new DataFolderError(`The database ${databaseFile(place)} is empty: no Squab has started on it.`);
    if (format < migrations.length) {
      throw new DataFolderError(
        `The data in ${place} were written by an older Squab (format ${format}; this one has format ${migrations.length}). ` +
          'Start and stop this Squab on them once.',
      );
    }
  } catch (error) {
    if (!(error instanceof Database.SqliteError)) throw error;
    if (error.code.startsWith('SQLITE_BUSY')) {
      throw new DataFolderError(`The data folder ${place} is in use by a Squab. Stop that one first.`);
    }
    if (error.code.startsWith('SQLITE_CANTOPEN') || error.code.startsWith('SQLITE_READONLY')) {
      throw new DataFolderError(
        `Cannot read the data folder ${place}: ${error.message}. SQLite has to make files in it for that. ` +
          'Make a copy where it may, and check the copy.',
      );
    }
    throw error;
  }
}
