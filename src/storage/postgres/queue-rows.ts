/** The rows of the table of queues, and the statements on it. */

import type { Millis } from '../../time/clock.ts';
import type { Queue } from '../store.ts';
import { statement } from './statement.ts';

export interface QueueRow {
  id: number;
  account: string;
  region: string;
  name: string;
  fifo: boolean;
  serial: boolean;
  version: number;
  created_at: Millis;
  modified_at: Millis;
  retention_ms: Millis;
  attributes: string;
  tags: string;
  generation: number;
}

/** Finds queues by their IDs. */
export const BY_ID = statement<QueueRow>('SELECT * FROM squab.queues WHERE id = ANY ($1::bigint[])');

/** Finds queues by accounts, regions and names, of which there are as many of each. */
export const BY_KEY = statement<QueueRow>(`
  SELECT q.* FROM unnest($1::text[], $2::text[], $3::text[]) AS k (account, region, name)
    CROSS JOIN LATERAL (
      SELECT * FROM squab.queues
      WHERE queues.account = k.account COLLATE "C" AND queues.region = k.region COLLATE "C"
        AND queues.name = k.name COLLATE "C"
      OFFSET 0
    ) q`);

/** Lists the queues of an account and a region whose names are in a range, without the name $5. */
export const LIST = statement<QueueRow>(`
  SELECT * FROM squab.queues
  WHERE account = $1 AND region = $2 AND name >= $3 AND name < $4 AND name <> $5
  ORDER BY name LIMIT $6`);

/** The IDs of all queues, in the order of their creation. */
export const IDS = statement<{ id: number; account: string }>(
  'SELECT id, account FROM squab.queues WHERE id > 0 ORDER BY id',
);

/** The next $2 queues after the ID $1, in the order of creation. */
export const NEXT = statement<QueueRow>('SELECT * FROM squab.queues WHERE id > $1 ORDER BY id LIMIT $2');

/** Creates a queue; returns nothing if the name is taken. */
export const INSERT = statement<QueueRow>(`
  INSERT INTO squab.queues (id, account, region, name, fifo, serial, version, created_at, modified_at, retention_ms,
    attributes, tags, generation)
  VALUES (nextval('squab.numbers'), $1, $2, $3, $4, $4, 1, $5, $5, $6, $7, $8, nextval('squab.numbers'))
  ON CONFLICT (account, region, name) DO NOTHING RETURNING *`);

/** Stores a changed queue. */
export const UPDATE = statement<QueueRow>(`
  UPDATE squab.queues SET modified_at = $2, retention_ms = $3, attributes = $4, tags = $5, version = version + 1
  WHERE id = $1 RETURNING *`);

/** Gives a queue a new generation. */
export const RENEW = statement<QueueRow>(`
  UPDATE squab.queues SET generation = nextval('squab.numbers'), version = version + 1 WHERE id = $1 RETURNING *`);

export const DELETE = statement<never>('DELETE FROM squab.queues WHERE id = ANY ($1::bigint[])');

/** Leaves generations that no queue uses any more to `expire`. */
export const ABANDON = statement<never>('INSERT INTO squab.abandoned (generation) SELECT unnest($1::bigint[])');

/**
 * Locks the queues that meet these conditions, of which each may be null, in the order in which all verbs lock them. Leaves
 * out attributes and tags, which may be long.
 */
export const LOCK_SCOPE = statement<QueueRow>(`
  SELECT id, account, region, name, fifo, serial, version, created_at, modified_at, retention_ms, '[]' AS attributes,
    '[]' AS tags, generation
  FROM squab.queues
  WHERE id > 0 AND ($1::text IS NULL OR account = $1) AND ($2::text IS NULL OR region = $2) AND starts_with(name, $3)
  ORDER BY id FOR UPDATE`);

const unpacked = (text: string) => new Map(JSON.parse(text) as [string, string][]);

/** Returns the stored form of attributes or tags. */
export const packed = (map: ReadonlyMap<string, string>) => JSON.stringify([...map]);

/** Returns a queue without its tags and its policy, which may be long. */
export function outlineOf(row: QueueRow): Queue {
  const queue = queueOf({ ...row, tags: packed(new Map()) });
  return { ...queue, attributes: new Map([...queue.attributes].filter(([name]) => name !== 'Policy')) };
}

export function queueOf(row: QueueRow): Queue {
  let tags: Queue['tags'] | undefined;
  return {
    id: row.id,
    account: row.account,
    region: row.region,
    name: row.name,
    fifo: row.fifo,
    createdAt: row.created_at,
    modifiedAt: row.modified_at,
    retentionMs: row.retention_ms,
    attributes: unpacked(row.attributes),
    // Parsed when they are first needed, which for most queues is never.
    get tags() {
      tags ??= unpacked(row.tags);
      return tags;
    },
  };
}
