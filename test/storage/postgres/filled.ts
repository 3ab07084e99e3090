/** Fills queues of the PostgreSQL engine with many messages at once, as if each had been sent. */

import { sql } from '../../postgres.ts';

interface Filling {
  url: string;
  schema: string;
  queueId: number;
  /** How many message groups the messages have; 0 for none. */
  groups: number;
  messages: number;
  sentAt: number;
}

/** The messages are visible, and their keys are new. */
export async function fill({ url, schema, queueId, groups, messages, sentAt }: Filling): Promise<void> {
  const given = `SELECT n, ${groups > 0 ? `n % ${groups}` : 'NULL::bigint'} AS g FROM generate_series(1, ${messages}) AS n`;
  await sql(
    url,
    `WITH q AS MATERIALIZED (SELECT generation FROM ${schema}.queues WHERE id = ${queueId}),
     g AS MATERIALIZED (
       SELECT g, nextval('${schema}.numbers') AS number FROM (SELECT DISTINCT g FROM (${given}) AS given) AS d
       WHERE g IS NOT NULL
     ),
     m AS MATERIALIZED (
       SELECT given.n, given.g, g.number, nextval('${schema}.numbers') AS key
       FROM (${given}) AS given LEFT JOIN g ON g.g = given.g
     ),
     messages AS (
       INSERT INTO ${schema}.messages (generation, key, sent_at, visible_at, rank, line, receives, earlier_receives,
         group_number)
       SELECT q.generation, m.key, ${sentAt}, ${sentAt}, m.key, (m.g IS NOT NULL)::int, 0, 0, m.number FROM m, q
     ),
     contents AS (
       INSERT INTO ${schema}.contents (key, generation, sent_at, message_id, body, body_md5, sender_id, group_id)
       SELECT m.key, q.generation, ${sentAt}, 'filled-' || m.n, 'body', md5('body'), 'AIDA', 'group-' || m.g FROM m, q
     ),
     groups AS (
       INSERT INTO ${schema}.groups (number, generation, group_id, ready_at, first_key, rank)
       SELECT m.number, q.generation, 'group-' || m.g, ${sentAt}, min(m.key), min(m.key) FROM m, q
       WHERE m.g IS NOT NULL GROUP BY m.number, m.g, q.generation
     )
     INSERT INTO ${schema}.counts (generation, slot, messages) SELECT q.generation, 0, count(*) FROM m, q GROUP BY 1`,
  );
}
