/** The data folder: where its database is, and why it cannot be used. Loads no SQLite. */

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
