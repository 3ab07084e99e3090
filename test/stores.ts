/**
 * Where the Squabs of tests keep their data: in memory, unless `npm run test:disk`, `npm run test:postgres` or
 * `npm run test:nodes` run the same tests with a data folder, a database, or several nodes on a database.
 */

import { type Squab, type StartOptions, start } from '../src/index.ts';
import { balanceConnections, balanceRequests } from './balancer.ts';
import { database, newSchema } from './postgres.ts';

/** Whether each Squab has a data folder of its own. */
export const onDisk = process.env.SQUAB_TESTS_ON_DISK === 'yes';

/** Whether each Squab has a schema of its own, in a database that the test file has. */
export const onPostgres = process.env.SQUAB_TESTS_ON_POSTGRES === 'yes';

/** How many nodes on a schema stand for one Squab, where tests allow it. */
const nodes = onPostgres ? Number(process.env.SQUAB_TESTS_ON_NODES ?? 1) : 1;
export const onNodes = nodes > 1;

const url = onPostgres ? await database() : undefined;

/** Returns options with which a Squab keeps its data in a new schema, if tests use a database and it is given no folder. */
export function databaseOptions(given: StartOptions = {}): Pick<StartOptions, 'database' | 'databaseSchema'> {
  return url === undefined || given.data !== undefined ? {} : { database: url, databaseSchema: newSchema() };
}

/** What clients see of a Squab. */
export type Served = Pick<Squab, 'url' | 'stop'>;

/**
 * Starts a Squab for clients that only need its URL: with `npm run test:nodes`, several nodes behind a load balancer. The
 * nodes run in this process, so that they can share a clock that tests move.
 */
export async function serve(options: StartOptions = {}): Promise<Served> {
  const given = { port: 0, ...databaseOptions(options), ...options };
  if (!onNodes || given.database === undefined) return start(given);
  const started = await Promise.all(
    Array.from({ length: nodes }, (_, index) => start({ ...given, nodeName: `node-${index}` })),
  );
  const balance = given.tlsCert === undefined ? balanceRequests : balanceConnections;
  const balancer = await balance(() => started.map((squab) => squab.url));
  return {
    url: balancer.url,
    async stop() {
      await Promise.all(started.map((squab) => squab.stop()));
      await balancer.stop();
    },
  };
}
