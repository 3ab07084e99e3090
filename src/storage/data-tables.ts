/**
 * The tables of queues and topics that the databases of all engines have, with their columns. They serve snapshots, and
 * moving the data of a folder into a database. Tables that refer to others come after them. Tables that only one engine
 * has are not among them, nor are those of which every database has its own: its receipt secret, its texts, its numbers,
 * and what is left to be freed.
 */

/** As PostgreSQL calls the types. SQLite has integers in the place of booleans. */
export type ColumnType = 'bigint' | 'integer' | 'smallint' | 'text' | 'boolean';

export interface DataTable {
  readonly name: string;
  readonly columns: Readonly<Record<string, ColumnType>>;
}

/** The data of a folder. */
export interface StoredData {
  /** Numbers below it may have been issued. */
  readonly nextNumber: number;
  /** The key of its receipt secret. */
  readonly receiptKey: Uint8Array;
  readonly texts: readonly { name: string; text: string }[];
  /** How many of its queues are hidden. */
  readonly hiddenQueues: number;
  /** Returns how many rows a table has. */
  count(table: DataTable): number;
  /** Returns the rows of a table, in portions of a limited size. Each has the values of the columns in their order. */
  portions(table: DataTable): Iterable<readonly (readonly unknown[])[]>;
}

const key = { account: 'text', region: 'text', name: 'text' } as const;
const rights = { attributes: 'text', tags: 'text' } as const;

export const DATA_TABLES: readonly DataTable[] = [
  {
    name: 'queues',
    columns: {
      ...{ id: 'bigint', ...key, fifo: 'boolean', serial: 'boolean', version: 'bigint', created_at: 'bigint' },
      ...{ modified_at: 'bigint', retention_ms: 'bigint', ...rights, generation: 'bigint' },
    },
  },
  {
    name: 'messages',
    columns: {
      ...{ generation: 'bigint', key: 'bigint', sent_at: 'bigint', visible_at: 'bigint', rank: 'bigint' },
      ...{ line: 'smallint', receives: 'integer', earlier_receives: 'integer', first_received_at: 'bigint' },
      ...{ source_arn: 'text', group_number: 'bigint' },
    },
  },
  {
    name: 'contents',
    columns: {
      ...{ key: 'bigint', generation: 'bigint', sent_at: 'bigint', message_id: 'text', body: 'text', body_md5: 'text' },
      ...{ attributes: 'text', sender_id: 'text', trace_header: 'text', group_id: 'text', deduplication_id: 'text' },
    },
  },
  {
    name: 'groups',
    columns: {
      ...{ number: 'bigint', generation: 'bigint', group_id: 'text', ready_at: 'bigint', first_key: 'bigint' },
      rank: 'bigint',
    },
  },
  {
    name: 'deduplications',
    columns: {
      ...{ generation: 'bigint', deduplication_key: 'text', message_id: 'text', message_key: 'bigint' },
      expires_at: 'bigint',
    },
  },
  {
    name: 'attempts',
    columns: {
      ...{ generation: 'bigint', attempt_id: 'text', receipts: 'text', received_at: 'bigint', visible_at: 'bigint' },
      expires_at: 'bigint',
    },
  },
  {
    name: 'move_tasks',
    columns: {
      ...{ number: 'bigint', task_id: 'text', source_id: 'bigint', destination_arn: 'text', per_second: 'integer' },
      ...{ status: 'text', started_at: 'bigint', to_move: 'bigint', moved: 'bigint', failure_reason: 'text' },
    },
  },
  { name: 'void_eras', columns: { from_era: 'bigint', to_era: 'bigint' } },
  {
    name: 'topics',
    columns: { id: 'bigint', ...key, fifo: 'boolean', ...rights, created_at: 'bigint' },
  },
  {
    name: 'subscriptions',
    columns: {
      ...{ place: 'bigint', id: 'text', topic_id: 'bigint', ...key, owner: 'text', protocol: 'text', endpoint: 'text' },
      ...{ attributes: 'text', token: 'text', confirmed: 'boolean', backlog_id: 'bigint', created_at: 'bigint' },
      detached_at: 'bigint',
    },
  },
  {
    name: 'publications',
    columns: {
      ...{ topic_id: 'bigint', deduplication_key: 'text', message_id: 'text', sequence: 'bigint' },
      expires_at: 'bigint',
    },
  },
  {
    name: 'mappings',
    columns: {
      ...{ place: 'bigint', id: 'text', account: 'text', region: 'text', queue_account: 'text', queue_region: 'text' },
      ...{ queue_name: 'text', function_arn: 'text', settings: 'text', tags: 'text', created_at: 'bigint' },
      ...{ modified_at: 'bigint', revision: 'bigint' },
    },
  },
];
