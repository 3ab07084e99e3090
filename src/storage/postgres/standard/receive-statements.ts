/**
 * The statements of a receive. All begin in the same way: they read the queue, find how many messages it may hand out,
 * and lock the first ones in line, skipping those that another transaction is changing.
 */

import type { Millis } from '../../../time/clock.ts';
import type { Candidate } from '../../rows/message-row.ts';
import { CURRENT_ERA } from '../eras.ts';
import { MESSAGE_COLUMNS } from '../serial/rows.ts';
import { type Statement, statement } from '../statement.ts';
import { roomAt } from './room.ts';

/** What a statement finds beside messages. If the queue does not exist, the statement returns no row. */
interface Found {
  version: number;
  generation: number;
  serial: boolean;
  era: number | null;
  /** How many messages the receive may hand out because of the in-flight limit; null for any number. */
  places: number | null;
  /** Whether there is no room for what was asked for, but expired messages that take up room. */
  expired_in_the_way: boolean;
}

/** A row for each message; a single one with `key` null if there is none. */
type Row<T> = Found & T & (Candidate | { key: null });

/**
 * Parameters: $1 the queue, $2 the floor, $3 the time, $4 how many messages, $5 the in-flight limit. `limit` is how many
 * messages are locked. A message is in line from its visible_at on, until its retention period ends. No message is visible
 * before it is sent, so the range of the index that can only contain expired messages is skipped.
 */
const lockedFront = (limit: string) => `
  q AS MATERIALIZED (
    SELECT generation, version, serial, $3::bigint - retention_ms AS expired FROM squab.queues WHERE id = $1
  ),
  room AS MATERIALIZED (SELECT ${roomAt('q.generation', '$5::bigint', '$3::bigint')} AS places FROM q),
  front AS MATERIALIZED (
    SELECT ${MESSAGE_COLUMNS} FROM squab.messages
    WHERE generation = (SELECT generation FROM q WHERE NOT serial) AND line = 0
      AND visible_at > greatest($2::bigint, (SELECT expired FROM q)) AND visible_at <= $3::bigint
      AND sent_at > (SELECT expired FROM q)
    ORDER BY visible_at, rank, key LIMIT ${limit}
    FOR NO KEY UPDATE SKIP LOCKED
  ),
  found AS MATERIALIZED (
    SELECT front.*, message_id, body, body_md5, attributes, sender_id, trace_header, group_id, deduplication_id,
      octet_length(body) + coalesce(octet_length(attributes), 0) AS size
    FROM front CROSS JOIN LATERAL (SELECT * FROM squab.contents WHERE key = front.key OFFSET 0) AS content
  )`;

/** Selects what is `Found`. */
const FOUND = `
  q.version, q.generation, q.serial, room.places, ${CURRENT_ERA} AS era,
  CASE WHEN room.places < $4::bigint THEN EXISTS (
    SELECT FROM squab.contents WHERE generation = q.generation AND generation > 0 AND sent_at <= q.expired
  ) ELSE false END AS expired_in_the_way`;

/** Selects the members of a candidate. */
const CANDIDATE = `${MESSAGE_COLUMNS}, message_id, body, body_md5, attributes, sender_id, trace_header, group_id,
  deduplication_id`;

export type ReceivedRow = Row<{
  /** The place in the list of places, from 1 on. */
  place: number;
  /** The keys of the messages that moved to the dead-letter queue, in line, and when the oldest of them was sent. */
  moved: number[] | null;
  moved_bytes: number;
  moved_oldest: Millis | null;
  /** Whether messages must move to a dead-letter queue that is serial. */
  must_move: boolean;
  size: number;
  /** For how many places there are messages, those included that are too long to be taken. */
  dealt: number;
  /** Whether messages were left out because they are too long; and whether those of the first request are. */
  left_out: boolean;
  too_long: boolean;
}>;

/**
 * Receives messages for several requests. Each request has as many places as it may take messages, and the requests are
 * in the order of their times, the latest first; $6 has for each place the time of its request, $7 until when its message
 * is hidden. So the messages in line are dealt out as if the requests came one after the other. A message that a request
 * leaves visible goes to the back of the line.
 *
 * Takes no more than $8 bytes, and a request has all its messages or none; $13 has for each place the last one of its
 * request. Messages that have been received $11 times or more move to the dead-letter queue $10, if it exists, and then
 * name $12 as their source. $9 is the slot of the connection.
 *
 * Messages are updated by arrays of keys and values, without a join (see "Plans" in the-postgresql-engine.md);
 * `width_bucket` finds the place of a key in the sorted array by bisection.
 */
export const RECEIVE: Statement<ReceivedRow> = statement(`
  WITH ${lockedFront('least($4::bigint, (SELECT places FROM room))')},
  target AS MATERIALIZED (SELECT generation, serial FROM squab.queues WHERE id = $10::bigint),
  dealt AS MATERIALIZED (
    SELECT *, row_number() OVER line AS place, sum(size) OVER (line ROWS UNBOUNDED PRECEDING) AS bytes FROM found
    WHERE receives < $11::bigint OR NOT EXISTS (SELECT FROM target)
    WINDOW line AS (ORDER BY visible_at, rank, key)
  ),
  dealt_out AS MATERIALIZED (SELECT count(*) AS places, array_agg(bytes ORDER BY place) AS bytes FROM dealt),
  taken AS MATERIALIZED (
    SELECT *, ($6::bigint[])[place] AS received_at, ($7::bigint[])[place] AS until FROM dealt
    WHERE visible_at <= ($6::bigint[])[place]
      AND (SELECT bytes FROM dealt_out)[least(($13::bigint[])[place], (SELECT places FROM dealt_out))] <= $8::bigint
  ),
  ranked AS MATERIALIZED (
    SELECT key, received_at, until,
      CASE WHEN until > received_at THEN key ELSE nextval('squab.numbers') END AS rank
    FROM (SELECT * FROM taken ORDER BY key OFFSET 0) AS by_key
  ),
  given AS MATERIALIZED (
    SELECT array_agg(key ORDER BY key) AS keys, array_agg(received_at ORDER BY key) AS times,
      array_agg(until ORDER BY key) AS untils, array_agg(rank ORDER BY key) AS ranks
    FROM ranked
  ),
  hand_out AS (
    UPDATE squab.messages SET receives = receives + 1,
      visible_at = (SELECT untils FROM given)[width_bucket(key, (SELECT keys FROM given))],
      rank = (SELECT ranks FROM given)[width_bucket(key, (SELECT keys FROM given))],
      first_received_at = coalesce(
        first_received_at, (SELECT times FROM given)[width_bucket(key, (SELECT keys FROM given))]
      )
    WHERE generation = (SELECT generation FROM q) AND key = ANY ((SELECT keys FROM given)::bigint[])
  ),
  moved AS MATERIALIZED (
    SELECT key, sent_at, visible_at, receives, size, nextval('squab.numbers') AS rank FROM found
    WHERE receives >= $11::bigint AND EXISTS (SELECT FROM target WHERE NOT serial)
  ),
  gone AS MATERIALIZED (
    SELECT array_agg(key ORDER BY key) AS keys, array_agg(rank ORDER BY key) AS ranks,
      array_agg(key ORDER BY rank) AS in_line, sum(size) AS bytes, min(sent_at) AS oldest
    FROM moved
  ),
  move_messages AS (
    UPDATE squab.messages SET generation = (SELECT generation FROM target), visible_at = $3::bigint, source_arn = $12,
      earlier_receives = earlier_receives + receives, receives = 0,
      rank = (SELECT ranks FROM gone)[width_bucket(key, (SELECT keys FROM gone))]
    WHERE generation = (SELECT generation FROM q) AND key = ANY ((SELECT keys FROM gone)::bigint[])
  ),
  move_contents AS (
    UPDATE squab.contents SET generation = (SELECT generation FROM target)
    WHERE key = ANY ((SELECT keys FROM gone)::bigint[])
  ),
  count AS (
    INSERT INTO squab.counts AS c (generation, slot, messages)
    SELECT generation, $9::smallint, sum(messages) FROM (
      SELECT q.generation, -1 AS messages FROM moved, q
      UNION ALL SELECT target.generation, 1 FROM moved, target
    ) AS changes
    GROUP BY generation HAVING sum(messages) <> 0 ORDER BY generation
    ON CONFLICT (generation, slot) DO UPDATE SET messages = c.messages + excluded.messages
  ),
  hide AS (
    INSERT INTO squab.hidden AS h (generation, second, slot, in_flight, delayed)
    SELECT generation, second, $9::smallint, sum(in_flight), sum(delayed) FROM (
      SELECT q.generation, until / 1000 AS second, 1 AS in_flight, 0 AS delayed FROM taken, q WHERE until > sent_at
      UNION ALL
      SELECT q.generation, visible_at / 1000, -(receives > 0)::int, -(receives = 0)::int
      FROM (SELECT sent_at, visible_at, receives FROM taken UNION ALL SELECT sent_at, visible_at, receives FROM moved)
        AS former, q
      WHERE visible_at > sent_at
      UNION ALL
      SELECT target.generation, $3::bigint / 1000, 0, 1 FROM moved, target WHERE $3::bigint > sent_at
    ) AS changes
    GROUP BY generation, second HAVING sum(in_flight) <> 0 OR sum(delayed) <> 0 ORDER BY generation, second
    ON CONFLICT (generation, second, slot)
      DO UPDATE SET in_flight = h.in_flight + excluded.in_flight, delayed = h.delayed + excluded.delayed
  )
  SELECT ${FOUND}, ${CANDIDATE}, place, gone.in_line AS moved, gone.bytes AS moved_bytes, gone.oldest AS moved_oldest,
    EXISTS (SELECT FROM found WHERE receives >= $11::bigint AND EXISTS (SELECT FROM target WHERE serial)) AS must_move,
    size, dealt_out.places AS dealt, coalesce(dealt_out.bytes[dealt_out.places] > $8::bigint, false) AS left_out,
    coalesce(dealt_out.bytes[least(($13::bigint[])[1], dealt_out.places)] > $8::bigint, false) AS too_long
  FROM q CROSS JOIN room CROSS JOIN gone CROSS JOIN dealt_out LEFT JOIN taken ON true`);

export type LockedRow = Row<{ size: number }>;

/**
 * Locks the first messages in line for a transaction that decides itself which of them it takes; none if there is no
 * room. Stops after the message that makes them longer than $6 bytes.
 */
export const LOCK_FRONT: Statement<LockedRow> = statement(`
  WITH ${lockedFront('CASE WHEN (SELECT places FROM room) = 0 THEN 0 ELSE $4::bigint END')},
  within AS (SELECT *, sum(size) OVER (ORDER BY visible_at, rank, key) - size AS bytes_before FROM found)
  SELECT ${FOUND}, ${CANDIDATE}, size
  FROM q CROSS JOIN room LEFT JOIN within ON bytes_before < $6::bigint`);

/**
 * Hands out messages that the transaction has locked: $1 the generation, $2 the keys in ascending order, $3 the time,
 * $4 until when they are hidden. Messages that stay visible go to the back of the line, in the order of their keys.
 */
export const HAND_OUT: Statement<never> = statement(`
  WITH ranked AS MATERIALIZED (
    SELECT key, CASE WHEN $4::bigint > $3::bigint THEN key ELSE nextval('squab.numbers') END AS rank
    FROM unnest($2::bigint[]) AS k (key)
  ),
  given AS MATERIALIZED (SELECT array_agg(rank ORDER BY key) AS ranks FROM ranked)
  UPDATE squab.messages SET receives = receives + 1, visible_at = $4::bigint,
    rank = (SELECT ranks FROM given)[width_bucket(key, $2::bigint[])],
    first_received_at = coalesce(first_received_at, $3::bigint)
  WHERE generation = $1 AND key = ANY ($2::bigint[])`);

/**
 * Moves messages that the transaction has locked to the dead-letter queue $3, in which they are visible from $4 on: $1
 * the generation, $2 the keys in line, $5 the ARN of their source. Returns nothing if there is no such queue, or it is
 * serial.
 */
export const DEAD_LETTER: Statement<{ generation: number }> = statement(`
  WITH target AS MATERIALIZED (SELECT generation FROM squab.queues WHERE id = $3 AND NOT serial),
  ranked AS MATERIALIZED (SELECT key, nextval('squab.numbers') AS rank FROM unnest($2::bigint[]) AS k (key)),
  moved AS MATERIALIZED (
    SELECT array_agg(key ORDER BY key) AS keys, array_agg(rank ORDER BY key) AS ranks FROM ranked, target
  ),
  move_messages AS (
    UPDATE squab.messages SET generation = (SELECT generation FROM target), visible_at = $4::bigint, source_arn = $5,
      earlier_receives = earlier_receives + receives, receives = 0,
      rank = (SELECT ranks FROM moved)[width_bucket(key, (SELECT keys FROM moved))]
    WHERE generation = $1 AND key = ANY ((SELECT keys FROM moved)::bigint[])
  ),
  move_contents AS (
    UPDATE squab.contents SET generation = (SELECT generation FROM target)
    WHERE key = ANY ((SELECT keys FROM moved)::bigint[])
  )
  SELECT generation FROM target`);

/** Finds when the first message in line becomes visible, or became so, after $2; without a lock. */
export const FIRST: Statement<{ visible_at: Millis }> = statement(`
  SELECT visible_at FROM squab.messages WHERE generation = $1 AND line = 0 AND visible_at > $2::bigint
  ORDER BY visible_at, rank, key LIMIT 1`);

export interface NextRow {
  version: number;
  serial: boolean;
  /** Whether the in-flight limit allows for another message. */
  has_room: boolean;
  is_visible: boolean;
  next: Millis | null;
}

/** Looks ahead: parameters as for a receive, without $4. */
export const NEXT_VISIBLE: Statement<NextRow> = statement(`
  WITH q AS MATERIALIZED (
    SELECT generation, version, serial, $3::bigint - retention_ms AS expired FROM squab.queues WHERE id = $1
  ),
  room AS MATERIALIZED (SELECT ${roomAt('q.generation', '$4::bigint', '$3::bigint')} AS places FROM q)
  SELECT version, serial, coalesce(places > 0, true) AS has_room,
    EXISTS (
      SELECT FROM (
        SELECT FROM squab.messages
        WHERE generation = (SELECT generation FROM q) AND line = 0
          AND visible_at > greatest($2::bigint, (SELECT expired FROM q)) AND visible_at <= $3::bigint
          AND sent_at > (SELECT expired FROM q)
        ORDER BY visible_at, rank, key LIMIT 1
      ) AS first
    ) AS is_visible,
    (
      SELECT visible_at FROM squab.messages
      WHERE generation = (SELECT generation FROM q) AND line = 0 AND visible_at > $3::bigint
        AND sent_at > (SELECT expired FROM q)
      ORDER BY visible_at, rank, key LIMIT 1
    ) AS next
  FROM q CROSS JOIN room`);
