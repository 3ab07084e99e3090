/**
 * Checks the data in a database: that bodies are as they were sent, and that the tables are consistent with each other
 * (table-rules.ts). It reads all of it as of one moment, and changes nothing, so nodes may work meanwhile.
 */

import { HIDDEN_ACCOUNT } from '../../hidden.ts';
import { Connection } from '../connection.ts';
import { WAIT_FOR_RESTORE } from '../copies/snapshot-tables.ts';
import { explained } from '../opening/explained.ts';
import { checkSteps } from '../opening/migrations.ts';
import { type DatabaseOptions, targetOf } from '../opening/target.ts';
import { statement } from '../statement.ts';
import type { Row, Rule } from './rule.ts';
import { tableRules } from './table-rules.ts';

/** How many problems of one kind are listed; the others are only counted. */
const LISTED = 10;

/** How many rows are read at a time. */
const PORTION = 1000;

export interface CheckedDatabase {
  /** The database: its name and its host. */
  where: string;
  /** The size of the tables in bytes. */
  bytes: number;
  /** How many queues and messages there are, without hidden queues. */
  queues: number;
  messages: number;
  /** A sentence for each problem. If there are none, the data is intact. */
  problems: string[];
}

const COUNT = statement<{ queues: number; messages: number; bytes: number }>(`
  SELECT (SELECT count(*) FROM squab.queues WHERE account <> $1) AS queues,
    (SELECT count(*) FROM squab.messages WHERE generation NOT IN (
      SELECT generation FROM squab.queues WHERE account = $1)) AS messages,
    (SELECT sum(pg_total_relation_size(c.oid)) FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $2 AND c.relkind = 'r') AS bytes`);

/** Reads some rows of the rule that is being checked. */
const NEXT = statement<Row>(`FETCH ${PORTION} FROM rows`);

/**
 * `progress` is called with the part that is being checked (it completes "Checking …") and how much of all is done.
 * Throws DatabaseUnusable.
 */
export async function checkDatabase(
  options: DatabaseOptions,
  progress: (doing: string, done: number, all: number) => void = () => {},
): Promise<CheckedDatabase> {
  const target = targetOf(options);
  try {
    const connection = await Connection.open(target);
    try {
      await checkSteps(connection, target);
      // The plans of verbs are not those that read whole tables. A restored snapshot empties tables also for those who
      // had their view of the data before.
      await connection.script(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${WAIT_FOR_RESTORE};
        SET LOCAL statement_timeout = 0; SET LOCAL enable_seqscan = on; SET LOCAL enable_hashjoin = on;
        SET LOCAL enable_mergejoin = on; SET LOCAL enable_bitmapscan = on`);
      const [counted] = await connection.run(COUNT, [HIDDEN_ACCOUNT, target.schema]);
      const problems: string[] = [];
      for (const [index, rule] of tableRules.entries()) {
        progress(rule.about, index, tableRules.length);
        problems.push(...(await broken(connection, rule)));
      }
      await connection.command('ROLLBACK');
      return { where: target.where, ...counted!, problems };
    } finally {
      await connection.close();
    }
  } catch (error) {
    throw explained(error, target);
  }
}

/** Returns sentences for the first rows that break the rule, and one for the number of others. */
async function broken(connection: Connection, { about, sql, isWrong = () => true, say }: Rule): Promise<string[]> {
  const problems: string[] = [];
  let others = 0;
  await connection.script(`DECLARE rows NO SCROLL CURSOR FOR ${sql}`);
  for (;;) {
    const rows = await connection.run(NEXT, []);
    if (rows.length === 0) break;
    for (const row of rows.filter(isWrong)) {
      if (problems.length < LISTED) problems.push(say(row));
      else others++;
    }
  }
  await connection.command('CLOSE rows');
  if (others > 0) problems.push(`${others} more of this kind (${about}).`);
  return problems;
}
