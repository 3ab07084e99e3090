/** The statements of verbs that take receipts. */

import type { Millis } from '../../../time/clock.ts';
import { isVoid } from '../eras.ts';
import { type Statement, statement } from '../statement.ts';
import { isFull } from './full-queues.ts';

/**
 * Parameters: $1 the queue; then for each receipt, of which no two have the same key: $2 its key, $3 the number of its
 * receive, $4 its era, $5 the time of its request, $6 from when on the message shall be visible, $7 the time of its receive.
 * A void receipt has no number that any message could have.
 */
const RECEIPTS = `
  q AS MATERIALIZED (SELECT generation, version, serial, retention_ms FROM squab.queues WHERE id = $1),
  receipts AS MATERIALIZED (
    SELECT key, CASE WHEN ${isVoid('era')} THEN -1 ELSE receive END AS receive, now, until, received_at,
      CASE WHEN until > now THEN key ELSE nextval('squab.numbers') END AS rank
    FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
      AS r (key, receive, era, now, until, received_at)
  ),
  sorted AS MATERIALIZED (
    SELECT array_agg(key ORDER BY key) AS keys, array_agg(receive ORDER BY key) AS receives,
      array_agg(now ORDER BY key) AS times, array_agg(until ORDER BY key) AS untils,
      array_agg(rank ORDER BY key) AS ranks, array_agg(received_at ORDER BY key) AS receive_times
    FROM receipts
  )`;

/** Of the receipt for the message of the row that is being looked at. */
const of = (column: string) => `(SELECT ${column} FROM sorted)[width_bucket(key, (SELECT keys FROM sorted))]`;

/** The messages of the receipts that have not expired, and had been sent when the receipts were issued. */
const THEIR_MESSAGES = `
  generation = (SELECT generation FROM q WHERE NOT serial) AND key = ANY ((SELECT keys FROM sorted)::bigint[])
  AND sent_at + (SELECT retention_ms FROM q) > ${of('times')} AND sent_at <= ${of('receive_times')}`;

/** What a statement finds of the queue. If the queue does not exist, the statement returns no row. */
interface FoundQueue {
  version: number;
  serial: boolean;
}

/** What a statement has done. */
export interface DoneRow extends FoundQueue {
  keys: number[] | null;
  /** Whether a deleted message was in flight at $9, and whether a receive has lately met the in-flight limit. */
  makes_room?: boolean;
  was_full?: boolean;
}

/**
 * Deletes the messages of receipts of their latest receives. If a receive or a move comes in between, the newest state
 * of the message decides. $8 is the slot of the connection.
 */
export const DELETE: Statement<DoneRow> = statement(`
  WITH ${RECEIPTS},
  deleted AS (
    DELETE FROM squab.messages
    WHERE ${THEIR_MESSAGES} AND receives > 0 AND earlier_receives + receives = ${of('receives')}
    RETURNING key, sent_at, visible_at, receives
  ),
  delete_contents AS (DELETE FROM squab.contents WHERE key = ANY (ARRAY(SELECT key FROM deleted))),
  count AS (
    INSERT INTO squab.counts AS c (generation, slot, messages)
    SELECT q.generation, $8::smallint, -count(*) FROM deleted, q GROUP BY q.generation
    ON CONFLICT (generation, slot) DO UPDATE SET messages = c.messages + excluded.messages
  ),
  hide AS (
    INSERT INTO squab.hidden AS h (generation, second, slot, in_flight, delayed)
    SELECT q.generation, visible_at / 1000, $8::smallint, -count(*), 0
    FROM deleted, q WHERE visible_at > sent_at
    GROUP BY q.generation, visible_at / 1000 ORDER BY visible_at / 1000
    ON CONFLICT (generation, second, slot) DO UPDATE SET in_flight = h.in_flight + excluded.in_flight
  )
  SELECT version, serial, (SELECT array_agg(key) FROM deleted) AS keys,
    makes_room, CASE WHEN makes_room THEN EXISTS (${isFull('$1::bigint')}) ELSE false END AS was_full
  FROM q CROSS JOIN (SELECT EXISTS (SELECT FROM deleted WHERE visible_at > $9::bigint) AS makes_room) AS room`);

/** Sets from when on messages are visible, for receipts of any of their receives. $8 is the slot of the connection. */
export const CHANGE_VISIBILITY: Statement<DoneRow> = statement(`
  WITH ${RECEIPTS},
  former AS MATERIALIZED (
    SELECT key, sent_at, visible_at, receives FROM squab.messages
    WHERE ${THEIR_MESSAGES} AND ${of('receives')} > earlier_receives
      AND ${of('receives')} <= earlier_receives + receives
    FOR NO KEY UPDATE
  ),
  change AS (
    UPDATE squab.messages SET visible_at = ${of('untils')}, rank = ${of('ranks')}
    WHERE generation = (SELECT generation FROM q) AND key = ANY (ARRAY(SELECT key FROM former))
  ),
  hide AS (
    INSERT INTO squab.hidden AS h (generation, second, slot, in_flight, delayed)
    SELECT (SELECT generation FROM q), second, $8::smallint, sum(in_flight), 0 FROM (
      SELECT visible_at / 1000 AS second, -1 AS in_flight FROM former WHERE visible_at > sent_at
      UNION ALL SELECT ${of('untils')} / 1000, 1 FROM former WHERE ${of('untils')} > sent_at
    ) AS changes
    GROUP BY second HAVING sum(in_flight) <> 0 ORDER BY second
    ON CONFLICT (generation, second, slot) DO UPDATE SET in_flight = h.in_flight + excluded.in_flight
  )
  SELECT version, serial, (SELECT array_agg(key) FROM former) AS keys FROM q`);

/** A receipt, and the message that has its key; `receives` is null if the queue has no such message. */
export interface JudgedRow {
  key: number;
  is_void: boolean;
  retention_ms: Millis | null;
  sent_at: Millis | null;
  receives: number | null;
  earlier_receives: number | null;
}

/** Looks at the messages of receipts that were refused: $1 the queue, $2 the keys, $3 the eras. */
export const LOOK: Statement<JudgedRow> = statement(`
  SELECT r.key, ${isVoid('r.era')} AS is_void, (SELECT retention_ms FROM squab.queues WHERE id = $1) AS retention_ms,
    m.sent_at, m.receives, m.earlier_receives
  FROM unnest($2::bigint[], $3::bigint[]) AS r (key, era)
    LEFT JOIN LATERAL (
      SELECT sent_at, receives, earlier_receives FROM squab.messages
      WHERE generation = (SELECT generation FROM squab.queues WHERE id = $1) AND messages.key = r.key
      OFFSET 0
    ) AS m ON true`);
