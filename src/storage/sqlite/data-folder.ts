/** The data folder: where its database is, and why it cannot be used. Loads no SQLite. */

import { type Stats, statSync } from 'node:fs';
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

/**
 * Returns what is in the database's place, or undefined if nothing is. Throws DataFolderError if that is not a file: opening
 * a pipe, for example, would never return.
 */
export function findDatabase(path: string): Stats | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found || found.isFile()) return found;
  throw new DataFolderError(`${path} is not a file, so it cannot be a database. Choose another folder with --data.`);
}
