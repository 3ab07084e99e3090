/** Fills an empty database with the data of a folder, in one transaction: everything is moved, or nothing. */

import { DATA_TABLES, type DataTable, type StoredData } from '../../data-tables.ts';
import type { Lane } from '../lanes.ts';
import { DatabaseUnusable } from '../opening/target.ts';
import type { Tx } from '../session.ts';
import { statement } from '../statement.ts';
import { ALL_CHANGED, EMPTY, FOR_COPIES, LOCK_ALL } from './snapshot-tables.ts';

/** How long it may take, in milliseconds. */
const LIMIT_MS = 24 * 60 * 60_000;

/** Called with the number of rows that have been moved, and of all. */
export type MovedRows = (done: number, all: number) => void;

/** What keeps a database from being filled: nodes that live, and data. */
const OCCUPIED = statement<{ nodes: string[]; queues: number; topics: number; mappings: number }>(
  `SELECT ARRAY(SELECT node FROM squab.nodes WHERE seen_until > clock_timestamp() ORDER BY node) AS nodes,
     (SELECT count(*) FROM squab.queues) AS queues, (SELECT count(*) FROM squab.topics) AS topics,
     (SELECT count(*) FROM squab.mappings) AS mappings`,
);

/** Numbers that the folder has issued are never issued again. */
const SKIP_NUMBERS = statement<never>(
  `SELECT setval('squab.numbers', greatest($1::bigint, (SELECT last_value FROM squab.numbers)))`,
);

const SET_SECRET = statement<never>('UPDATE squab.receipt_secret SET key = $1');

const SET_TEXT = statement<never>(
  'INSERT INTO squab.texts (name, text) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET text = excluded.text',
);

/** Counts the messages, in the slot that all nodes share. */
const COUNT = statement<never>(
  `INSERT INTO squab.counts (generation, slot, messages)
   SELECT generation, 0, count(*) FROM squab.messages GROUP BY generation`,
);
const COUNT_HIDDEN = statement<never>(
  `INSERT INTO squab.hidden (generation, second, slot, in_flight, delayed)
   SELECT generation, visible_at / 1000, 0, count(*) FILTER (WHERE receives > 0), count(*) FILTER (WHERE receives = 0)
   FROM squab.messages WHERE visible_at > sent_at GROUP BY generation, visible_at / 1000`,
);

/** Begins the era in which the folder was: the latest one that a restore began. */
const BEGIN_ERA = statement<never>(
  `INSERT INTO squab.void_eras (from_era, to_era)
   SELECT max(to_era), max(to_era) FROM squab.void_eras HAVING count(*) > 0 ON CONFLICT (from_era) DO NOTHING`,
);

const INSERTS = new Map(DATA_TABLES.map((table) => [table, insertInto(table)]));

function insertInto({ name, columns }: DataTable) {
  const arrays = Object.values(columns).map((type, index) => `$${index + 1}::${type}[]`);
  return statement<never>(
    `INSERT INTO squab.${name} (${Object.keys(columns).join(', ')}) SELECT * FROM unnest(${arrays.join(', ')})`,
  );
}

/** Throws DatabaseUnusable if the database has data, or if a Squab runs on it. */
export function moveIn(lane: Lane, where: string, data: StoredData, progress: MovedRows): Promise<void> {
  const all = DATA_TABLES.reduce((sum, table) => sum + data.count(table), 0);
  const work = async (tx: Tx) => {
    await tx.script(`${FOR_COPIES}; ${LOCK_ALL}`);
    const [found] = await tx.run(OCCUPIED, []);
    const refusal = whyNot(found!, where);
    if (refusal !== undefined) throw new DatabaseUnusable(refusal);
    await tx.script(EMPTY);
    let done = 0;
    for (const table of DATA_TABLES) {
      for (const rows of data.portions(table)) {
        const columns = Object.keys(table.columns).map((_, column) => rows.map((row) => row[column]));
        await tx.run(INSERTS.get(table)!, columns);
        done += rows.length;
        progress(done, all);
      }
    }
    for (const counting of [COUNT, COUNT_HIDDEN, BEGIN_ERA, ALL_CHANGED]) await tx.run(counting, []);
    await tx.run(SKIP_NUMBERS, [data.nextNumber]);
    await tx.run(SET_SECRET, [Buffer.from(data.receiptKey)]);
    for (const { name, text } of data.texts) await tx.run(SET_TEXT, [name, text]);
  };
  return lane.run((session) => session.transaction(work), { limitMs: LIMIT_MS });
}

function whyNot(
  { nodes, queues, topics, mappings }: { nodes: readonly string[]; queues: number; topics: number; mappings: number },
  where: string,
): string | undefined {
  if (nodes.length > 0) {
    return `Squab is running on ${where} (${nodes.join(', ')}). Stop it; what has just stopped counts for a few seconds.`;
  }
  if (queues + topics + mappings === 0) return undefined;
  return (
    `There is data in ${where}: ${queues} queues, ${topics} topics and ${mappings} event source mappings. A folder can ` +
    'only be moved to an empty database: use another one, or another schema.'
  );
}
