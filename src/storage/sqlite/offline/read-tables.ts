/** Reads everything in a data folder that no running Squab uses, as the tables of another database need it. */

import type { DataTable, StoredData } from '../../data-tables.ts';
import { HIDDEN_ACCOUNT } from '../../hidden.ts';
import type { Connection } from '../database.ts';
import { readFolderInTurns } from './reading.ts';

/** A portion ends after this many rows, or about this many characters. */
const ROWS_AT_ONCE = 5000;
const CHARACTERS_AT_ONCE = 1_000_000;

/** Columns that a folder's tables lack, as expressions on a row `t`. */
const EXPRESSIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  queues: {
    version: '1',
    serial: 't.fifo OR EXISTS (SELECT 1 FROM groups WHERE groups.generation = t.generation)',
  },
  messages: { line: 't.group_number IS NOT NULL' },
  contents: { generation: 'm.generation', sent_at: 'm.sent_at' },
};

/** Only what belongs to a queue that exists; the rest is left to be freed. */
const LIVE = 'generation IN (SELECT generation FROM queues)';

/**
 * Calls `take` with the data of a folder, which nothing else can use meanwhile. Throws DataFolderError if the folder
 * cannot be read or is in use.
 */
export function readTables<T>(folder: string, take: (data: StoredData) => Promise<T>): Promise<T> {
  return readFolderInTurns(folder, (connection) => take(dataOf(connection)));
}

function dataOf(connection: Connection): StoredData {
  const numberIn = (sql: string) => connection.prepare<[], number>(sql).pluck().get()!;
  return {
    nextNumber: numberIn('SELECT value FROM numbers'),
    receiptKey: connection.prepare<[], Uint8Array>('SELECT key FROM receipt_secret').pluck().get()!,
    texts: connection.prepare<[], { name: string; text: string }>('SELECT name, text FROM texts').all(),
    hiddenQueues: numberIn(`SELECT count(*) FROM queues WHERE account = '${HIDDEN_ACCOUNT}'`),
    count: (table) => numberIn(`SELECT count(*) FROM ${sourceOf(table)}`),
    portions: (table) => portionsOf(connection, table),
  };
}

function* portionsOf(connection: Connection, table: DataTable): Generator<unknown[][]> {
  const given = EXPRESSIONS[table.name] ?? {};
  const columns = Object.keys(table.columns).map((column) => given[column] ?? `t.${column}`);
  const rows = connection.prepare<[], unknown[]>(`SELECT ${columns.join(', ')} FROM ${sourceOf(table)}`).raw();
  const flags = Object.values(table.columns).map((type) => type === 'boolean');
  let portion: unknown[][] = [];
  let characters = 0;
  for (const row of rows.iterate()) {
    portion.push(row.map((value, index) => (flags[index] ? value === 1 : value)));
    for (const value of row) if (typeof value === 'string') characters += value.length;
    if (portion.length < ROWS_AT_ONCE && characters < CHARACTERS_AT_ONCE) continue;
    yield portion;
    portion = [];
    characters = 0;
  }
  if (portion.length > 0) yield portion;
}

/** Recent sends are in two tables; see recent/recent-sends.ts. An earlier send with the same key has ended. */
const RECENT_SENDS = `(
  SELECT generation, deduplication_key, message_id, message_key, expires_at FROM latest_sends
  UNION ALL
  SELECT generation, deduplication_key, message_id, message_key, expires_at FROM deduplications
  WHERE (generation, deduplication_key) NOT IN (SELECT generation, deduplication_key FROM latest_sends)
)`;

/** Returns the tables and the condition that select the rows `t` of a table. */
function sourceOf({ name, columns }: DataTable): string {
  if (name === 'deduplications') return `${RECENT_SENDS} t WHERE t.${LIVE}`;
  if (name === 'contents') return `messages m CROSS JOIN contents t ON t.key = m.key WHERE m.${LIVE}`;
  return 'generation' in columns && name !== 'queues' ? `${name} t WHERE t.${LIVE}` : `${name} t`;
}
