/** The data folder: where its database is, and why it cannot be used. Loads no SQLite. */

import { accessSync, constants, type Stats, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The data folder cannot be used. The message says why, and what the user can do. */
export class DataFolderError extends Error {
  override readonly name = 'DataFolderError';
}

export const FILE_NAME = 'squab.db';

/** Returns the absolute path of the database in a data folder. */
export function databaseFile(folder: string): string {
  return join(resolve(folder), FILE_NAME);
}

/** SQLite opens these files beside the database, if they exist. */
const BESIDE = ['-wal', '-shm', '-journal'];

/**
 * Returns what is in the database's place, or undefined if nothing is. Throws DataFolderError if this user may not read it;
 * if it or a file beside it is not a file, since opening a pipe, for example, would never return; or if it is empty or missing
 * although there is a log, which SQLite would delete.
 */
export function findDatabase(path: string): Stats | undefined {
  const [found, ...beside] = ['', ...BESIDE].map((ending) => find(`${path}${ending}`));
  if (found && !found.isFile()) {
    throw new DataFolderError(`${path} is not a file, so it cannot be a database. Choose another folder with --data.`);
  }
  const wrong = BESIDE.find((_, index) => beside[index]?.isFile() === false);
  if (wrong !== undefined) {
    throw new DataFolderError(`${path}${wrong} is not a file, and SQLite needs it to be one. Remove it.`);
  }
  const [log] = beside;
  if (found?.size || !log?.size) return found;
  throw new DataFolderError(
    `The database ${path} is ${found ? 'empty' : 'missing'}, but not its log ${path}-wal: something has ` +
      `${found ? 'truncated' : 'removed'} the database. Restore a good copy of it, or remove the log to begin with no data.`,
  );
}

function find(path: string): Stats | undefined {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found) accessSync(path, constants.R_OK);
    return found;
  } catch (error) {
    throw new DataFolderError(`Cannot read ${path}: ${(error as Error).message}.`);
  }
}
