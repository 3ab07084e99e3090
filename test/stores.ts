/**
 * Where the Squabs of tests keep their data: in memory, unless `npm run test:disk`, `npm run test:postgres` or
 * `npm run test:nodes` run the same tests with a data folder, a database, or several nodes on a database.
 */

import { type Squab, type StartOptions, start } from '../src/index.ts';
import { balanceConnections, balanceRequests } from './balancer.ts';
import { database, newSchema, sql } from './postgres.ts';

/** Whether each Squab has a data folder of its own. */
export const onDisk = process.env.SQUAB_TESTS_ON_DISK === 'yes';

/** Whether each Squab has a schema of its own, in a database that the test file has. */
export const onPostgres = process.env.SQUAB_TESTS_ON_POSTGRES === 'yes';

/** How many nodes on a schema stand for one Squab, where tests allow it. */
const nodes = onPostgres ? Number(process.env.SQUAB_TESTS_ON_NODES ?? 1) : 1;
export const onNodes = nodes > 1;

const url = onPostgres ? await database() : undefined;

type DatabaseOptions = Pick<StartOptions, 'database' | 'databaseSchema'>;

/** Schemas of Squabs that have stopped. Making one takes longer than most tests. */
const emptied = new Set<string>();

/** Returns options with which a Squab keeps its data in an empty schema, if tests use a database and it is given no folder. */
export function databaseOptions(given: StartOptions = {}): DatabaseOptions {
  if (url === undefined || given.data !== undefined) return {};
  const [databaseSchema = newSchema()] = emptied;
  emptied.delete(databaseSchema);
  return { database: url, databaseSchema };
}

/** Empties the schema of a Squab that has stopped, for the next one. One that has snapshots, or no tables, is left as it is. */
export async function reuse({ database: used, databaseSchema: schema }: DatabaseOptions): Promise<void> {
  if (url === undefined || used !== url || schema === undefined) return;
  const empty = `DO $$
    DECLARE tables CURSOR FOR SELECT tablename FROM pg_tables
      WHERE schemaname = '${schema}' AND tablename NOT IN ('steps', 'catalogue', 'receipt_secret');
    BEGIN
      ASSERT to_regnamespace('${schema}_snapshots') IS NULL;
      ALTER SEQUENCE ${schema}.numbers RESTART;
      FOR one IN tables LOOP EXECUTE format('DELETE FROM ${schema}.%I', one.tablename); END LOOP;
    END $$`;
  await sql(url, empty).then(
    () => emptied.add(schema),
    () => {},
  );
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
      await reuse(given);
    },
  };
}
