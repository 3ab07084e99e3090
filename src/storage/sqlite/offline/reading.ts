/**
 * Opens a data folder for reading, and leaves it unchanged: a read-only connection neither merges the log into the
 * database nor repairs anything. To read a database that has a log, SQLite needs two more files beside it; those that
 * did not exist before are deleted again.
 */

import { rmSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import Database from 'better-sqlite3';
import { DataFolderError, databaseFile, findDatabase } from '../data-folder.ts';
import { type Connection, formatOf } from '../database.ts';
import { migrations } from '../schema.ts';

/**
 * SQLite's errors that do not indicate damage: no space for the files that reading needs, a failing disk, missing
 * permissions or memory. A file that ends too early, however, is damaged.
 */
const NOT_OF_THE_DATA = /^SQLITE_(FULL|NOMEM|PERM|AUTH|BUSY|LOCKED|PROTOCOL|CANTOPEN|READONLY|IOERR(?!_SHORT_READ))/;

/** Returns whether an error of SQLite does not indicate damaged data. */
export function isNotOfTheData(error: { code: string }): boolean {
  return NOT_OF_THE_DATA.test(error.code);
}

/**
 * Calls `look` with a connection to the database of a folder, and returns its result. Throws DataFolderError if there
 * is no database, if it is in use, if its format is not this Squab's, or if it cannot be read for a reason other than
 * damage, such as a full disk. Throws SqliteError if the database is too damaged to be opened.
 */
export function readFolder<T>(folder: string, look: (connection: Connection) => T): T {
  const reading = new Reading(folder);
  try {
    reading.begin();
    const result = look(reading.connection);
    reading.succeeded();
    return result;
  } catch (error) {
    throw reading.explained(error);
  } finally {
    reading.connection.close();
  }
}

/** Like `readFolder`, for what takes many turns of the event loop. No Squab can use the folder meanwhile. */
export async function readFolderInTurns<T>(folder: string, look: (connection: Connection) => Promise<T>): Promise<T> {
  const reading = new Reading(folder);
  try {
    reading.begin();
    const result = await look(reading.connection);
    reading.succeeded();
    return result;
  } catch (error) {
    throw reading.explained(error);
  } finally {
    reading.connection.close();
  }
}

class Reading {
  readonly connection: Connection;
  readonly #folder: string;
  /** Files that SQLite makes beside the database. */
  readonly #made: readonly string[];

  constructor(folder: string) {
    this.#folder = resolve(folder);
    const path = databaseFile(this.#folder);
    if (!findDatabase(path)) throw new DataFolderError(`There is no database ${path}.`);
    const beside = [`${path}-wal`, `${path}-shm`];
    this.#made = beside.filter((file) => !statSync(file, { throwIfNoEntry: false }));
    try {
      this.connection = new Database(path, { readonly: true, timeout: 0 });
    } catch (error) {
      throw this.explained(error);
    }
  }

  begin(): void {
    takeForReading(this.connection, this.#folder);
  }

  /** Must be called before the connection, which keeps every Squab out, is closed: then a file may be a Squab's log. */
  succeeded(): void {
    for (const file of this.#made) rmSync(file, { force: true });
  }

  /** Returns the error to throw for an error of the reading. */
  explained(error: unknown): unknown {
    if (!(error instanceof Database.SqliteError) || !isNotOfTheData(error)) return error;
    return new DataFolderError(whyNotRead(error, this.#folder));
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
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) {
      throw new DataFolderError(`The data folder ${folder} is in use by a running Squab. Stop it first.`);
    }
    throw error;
  }
}

function whyNotRead({ code, message }: { code: string; message: string }, folder: string): string {
  if (/CANTOPEN|READONLY|PERM/.test(code)) {
    return (
      `Cannot read the data folder ${folder}: ${message}. SQLite has to create files in it. ` +
      'Copy the folder to a writable place and use the copy.'
    );
  }
  const advice =
    code === 'SQLITE_NOMEM'
      ? 'Make more memory available.'
      : code === 'SQLITE_IOERR_READ'
        ? 'Check its disk.'
        : 'SQLite has to write files beside the database, and temporary files. Free some space on the disk, or copy ' +
          'the folder to another one and use the copy.';
  return `Cannot read the data folder ${folder}: ${message} (${code}). ${advice}`;
}
