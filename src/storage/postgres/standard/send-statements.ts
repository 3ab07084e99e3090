/** The statement of sends. */

import { type Statement, statement } from '../statement.ts';

export interface SentRow {
  /** For each request, the generation of its queue; 0 if nothing of the request was stored. */
  generations: number[];
  /** The keys of the messages that were stored, in the order of the list. */
  keys: number[] | null;
}

/**
 * Stores the messages of several requests: $1 their queues, $2 the version that the queue must have, or null for any. A
 * request is refused if the queue does not exist (any more), is serial, or has another version. Then, for each message:
 * $3 the place of its request, from 1 on, $4 when it is sent, $5 from when on it is visible, $6 to $14 its columns.
 * $15 is the slot of the connection.
 */
export const SEND: Statement<SentRow> = statement(`
  WITH asked AS MATERIALIZED (
    SELECT array_agg(coalesce(q.generation, 0) ORDER BY place) AS generations
    FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS request (queue_id, version, place)
      LEFT JOIN LATERAL (
        SELECT generation FROM squab.queues
        WHERE id = request.queue_id AND NOT serial AND queues.version = coalesce(request.version, queues.version)
        OFFSET 0
      ) AS q ON true
  ),
  new AS MATERIALIZED (
    SELECT (SELECT generations FROM asked)[request] AS generation, nextval('squab.numbers') AS key, m.*
    FROM unnest(
      $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
      $12::text[], $13::text[], $14::text[]
    ) AS m (request, sent_at, visible_at, message_id, body, body_md5, attributes, sender_id, trace_header, group_id,
      deduplication_id, source_arn)
    WHERE (SELECT generations FROM asked)[request] > 0
  ),
  new_messages AS (
    INSERT INTO squab.messages
      (generation, key, sent_at, visible_at, rank, line, receives, earlier_receives, source_arn)
    SELECT generation, key, sent_at, visible_at, key, 0, 0, 0, source_arn FROM new
  ),
  new_contents AS (
    INSERT INTO squab.contents (key, generation, sent_at, message_id, body, body_md5, attributes, sender_id, trace_header,
      group_id, deduplication_id)
    SELECT key, generation, sent_at, message_id, body, body_md5, attributes, sender_id, trace_header, group_id,
      deduplication_id
    FROM new
  ),
  count AS (
    INSERT INTO squab.counts AS c (generation, slot, messages)
    SELECT generation, $15::smallint, count(*) FROM new GROUP BY generation ORDER BY generation
    ON CONFLICT (generation, slot) DO UPDATE SET messages = c.messages + excluded.messages
  ),
  hide AS (
    INSERT INTO squab.hidden AS h (generation, second, slot, in_flight, delayed)
    SELECT generation, visible_at / 1000, $15::smallint, 0, count(*) FROM new WHERE visible_at > sent_at
    GROUP BY generation, visible_at / 1000 ORDER BY generation, visible_at / 1000
    ON CONFLICT (generation, second, slot) DO UPDATE SET delayed = h.delayed + excluded.delayed
  )
  SELECT (SELECT generations FROM asked) AS generations, (SELECT array_agg(key) FROM new) AS keys`);
