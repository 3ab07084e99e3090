/**
 * Where the Squabs of tests keep their data: in memory, unless `npm run test:disk` or `npm run test:postgres` run the same
 * tests with a data folder or a database.
 */

import type { StartOptions } from '../src/index.ts';
import { database, newSchema } from './postgres.ts';

/** Whether each Squab has a data folder of its own. */
export const onDisk = process.env.SQUAB_TESTS_ON_DISK === 'yes';

/** Whether each Squab has a schema of its own, in a database that the test file has. */
export const onPostgres = process.env.SQUAB_TESTS_ON_POSTGRES === 'yes';

const url = onPostgres ? await database() : undefined;

/** Returns options with which a Squab keeps its data in a new schema, if tests use a database and it is given no folder. */
export function databaseOptions(given: StartOptions = {}): Pick<StartOptions, 'database' | 'databaseSchema'> {
  return url === undefined || given.data !== undefined ? {} : { database: url, databaseSchema: newSchema() };
}
