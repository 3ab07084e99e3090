/**
 * The tables of snapshots: copies of the tables of the data, in a schema beside Squab's own, with the snapshot's number
 * in their names. They are UNLOGGED: written quickly, and empty after a crash of the database, as is their list.
 *
 * A copy has only what belongs to a queue that exists. It keeps the generations that the queues had; a restore gives
 * them new ones, so that nothing that a node remembers of a generation is wrong afterwards. Keys stay as they are.
 */

import type { Millis } from '../../../time/clock.ts';
import { DATA_TABLES, type DataTable } from '../../data-tables.ts';
import { statement } from '../statement.ts';

/** With the tables that only this engine has. */
export const TABLES: readonly DataTable[] = [
  ...DATA_TABLES,
  { name: 'counts', columns: { generation: 'bigint', slot: 'smallint', messages: 'bigint' } },
  {
    name: 'hidden',
    columns: { generation: 'bigint', second: 'bigint', slot: 'smallint', in_flight: 'bigint', delayed: 'bigint' },
  },
];

/** A row of the list of snapshots. */
export interface SnapshotRow {
  number: number;
  name: string;
  /** The era that began when it was taken. */
  era: number;
  taken_at: Millis;
  queues: number;
  messages: number;
  topics: number;
  /** How many migration steps the tables had. */
  steps: number;
}

export const LIST = statement<SnapshotRow>('SELECT * FROM squab_snapshots.list ORDER BY number');

export const INSERT = statement<never>(
  `INSERT INTO squab_snapshots.list (number, name, era, taken_at, queues, messages, topics, steps)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
);

export const DELETE = statement<never>('DELETE FROM squab_snapshots.list WHERE number = $1');

/** Has all nodes read again what they remember of the data. */
export const ALL_CHANGED = statement<never>(
  'UPDATE squab.catalogue SET topics = topics + 1, mappings = mappings + 1, restores = restores + 1',
);

/** Keeps out everyone else who takes, restores or removes a snapshot. */
export const LOCK_LIST = 'LOCK TABLE squab_snapshots.list IN SHARE ROW EXCLUSIVE MODE';

/**
 * Waits until no transaction writes or locks messages, or locks a queue, and keeps others from it: from then on the current
 * era is known. A transaction that has locked may have read the era before, and receive afterwards.
 */
export const STOP_WRITING = 'LOCK TABLE squab.queues, squab.messages IN EXCLUSIVE MODE';

/** Waits until nobody uses the tables, and keeps everyone from them. Tables without rights of their own follow others. */
export const LOCK_ALL = `LOCK TABLE ${[...TABLES.map(({ name }) => name), 'abandoned']
  .map((name) => `squab.${name}`)
  .join(', ')} IN ACCESS EXCLUSIVE MODE`;

/** Waits for the end of LOCK_ALL, and keeps others from it. Needs no view of the data, unlike a query. */
export const WAIT_FOR_RESTORE = 'LOCK TABLE squab.queues IN ACCESS SHARE MODE';

/**
 * Settings of the transactions that copy tables, which take as long as they take. A hash join reads all of both tables,
 * which is what a copy does.
 */
export const FOR_COPIES = `
  SET LOCAL statement_timeout = 0;
  SET LOCAL idle_in_transaction_session_timeout = 0;
  SET LOCAL enable_seqscan = on;
  SET LOCAL enable_hashjoin = on;
  SET LOCAL enable_sort = on`;

/** Empties the tables. */
export const EMPTY = `TRUNCATE ${[...TABLES.map(({ name }) => name), 'abandoned'].map((name) => `squab.${name}`).join(', ')}`;

const hasGenerations = ({ columns }: DataTable) => 'generation' in columns;
const columnsOf = ({ columns }: DataTable) => Object.keys(columns);

/** Returns the script that copies the tables to those of a snapshot. */
export function copying(number: number): string {
  const copies = TABLES.map((table) => {
    const columns = columnsOf(table).map((column) => `t.${column}`);
    const live = hasGenerations(table) ? ' JOIN squab.queues AS q ON q.generation = t.generation' : '';
    return `CREATE UNLOGGED TABLE ${copyOf(table.name, number)} AS SELECT ${columns} FROM squab.${table.name} AS t${live}`;
  });
  const generations = `CREATE UNLOGGED TABLE ${copyOf('generations', number)} AS
    SELECT generation, 0::bigint AS renewed FROM squab.queues`;
  return [...copies, generations].join(';\n');
}

/**
 * Returns the script that replaces the tables by those of a snapshot. Queues get versions that are larger than all that
 * they have ever had.
 */
export function restoring(number: number): string {
  const renewal = `UPDATE ${copyOf('generations', number)} SET renewed = nextval('squab.numbers')`;
  const versions = `SELECT max(version) FROM (SELECT version FROM squab.queues
    UNION ALL SELECT version FROM ${copyOf('queues', number)}) AS v`;
  // Read before the table is emptied, by an expression that the rows of the copy are updated with.
  const newVersions = `UPDATE ${copyOf('queues', number)} SET version = nextval('squab.numbers') + (${versions})`;
  const copies = TABLES.map((table) => {
    const columns = columnsOf(table);
    const selected = columns.map((column) => (column === 'generation' ? 'g.renewed' : `t.${column}`));
    const live = hasGenerations(table)
      ? ` JOIN ${copyOf('generations', number)} AS g ON g.generation = t.generation`
      : '';
    return `INSERT INTO squab.${table.name} (${columns}) SELECT ${selected} FROM ${copyOf(table.name, number)} AS t${live}`;
  });
  return [renewal, newVersions, EMPTY, ...copies].join(';\n');
}

/** Returns the script that drops the tables of a snapshot. */
export function dropping(number: number): string {
  const names = [...TABLES.map(({ name }) => name), 'generations'].map((name) => copyOf(name, number));
  return `DROP TABLE IF EXISTS ${names.join(', ')}`;
}

/** Snapshots whose tables are left although the list, which a crash of the database empties, no longer has them. */
export const LEFT_OVER = statement<{ number: number }>(
  `SELECT DISTINCT substring(c.relname FROM '^queues_([0-9]+)$')::bigint AS number
   FROM pg_catalog.pg_class AS c
   WHERE c.relnamespace = (SELECT relnamespace FROM pg_catalog.pg_class
                           WHERE oid = to_regclass('squab_snapshots.list'))
     AND c.relname ~ '^queues_[0-9]+$'
     AND NOT EXISTS (SELECT FROM squab_snapshots.list
                     WHERE number = substring(c.relname FROM '^queues_([0-9]+)$')::bigint)`,
);

/** Returns the name of the copy of a table. */
function copyOf(table: string, number: number): string {
  if (!Number.isSafeInteger(number)) throw new Error(`${number} is not the number of a snapshot.`);
  return `squab_snapshots.${table}_${number}`;
}
