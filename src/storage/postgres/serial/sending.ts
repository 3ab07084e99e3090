/** Sends to serial queues. */

import type { Millis } from '../../../time/clock.ts';
import type { NewMessage, Sent } from '../../store.ts';
import type { QueueState } from '../queue-table.ts';
import type { Turn } from '../serial.ts';
import { statement } from '../statement.ts';
import { makeSerial } from './becoming-serial.ts';
import { announceJoined, type Joined, joining } from './joining.ts';
import { startSending } from './uncounted.ts';

interface SentRow {
  place: number;
  key: number;
  is_new: boolean;
  /** Of a duplicate of an earlier send: the original. */
  original_id: string | null;
  original_key: number | null;
  group_ready_at: Millis | null;
}

/**
 * Stores messages in the generation $1, which is a FIFO queue's or not ($2), at $3, and remembers their deduplication keys.
 * A message whose key is remembered is not stored, and neither is one that repeats a message of this list ($15).
 */
const SEND = statement<SentRow>(`
  WITH given AS MATERIALIZED (
    SELECT m.*, nextval('squab.numbers') AS key, $3::bigint + m.delay_ms AS visible_at,
      CASE WHEN $2::boolean THEN coalesce(m.content_group_id, '') ELSE m.content_group_id END COLLATE "C" AS group_id,
      d.message_id AS original_id, d.message_key AS original_key, NOT m.repeats AND d.message_key IS NULL AS is_new
    FROM unnest(
      $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[],
      $13::bigint[], $14::text[], $15::boolean[], $16::bigint[]
    ) WITH ORDINALITY AS m (
      message_id, body, body_md5, attributes, sender_id, trace_header, content_group_id, deduplication_id, source_arn,
      delay_ms, deduplication_key, repeats, window_ms, place
    ) LEFT JOIN LATERAL (
      SELECT message_id, message_key FROM squab.deduplications
      WHERE deduplications.generation = $1::bigint AND deduplications.deduplication_key = m.deduplication_key
        AND expires_at > $3::bigint
      OFFSET 0
    ) d ON true
  ), fresh AS MATERIALIZED (
    SELECT *, key AS rank FROM given WHERE is_new
  ), remembered AS (
    INSERT INTO squab.deduplications (generation, deduplication_key, message_id, message_key, expires_at)
    SELECT $1::bigint, deduplication_key, message_id, key, $3::bigint + window_ms FROM fresh
    WHERE deduplication_key IS NOT NULL AND window_ms > 0
    ON CONFLICT (generation, deduplication_key) DO UPDATE
      SET message_id = excluded.message_id, message_key = excluded.message_key, expires_at = excluded.expires_at
  ), ${joining('$1::bigint', '$2::boolean')}, stored AS (
    INSERT INTO squab.messages (generation, key, sent_at, visible_at, rank, line, receives, earlier_receives,
      source_arn, group_number)
    SELECT $1::bigint, key, $3::bigint, visible_at, rank, (group_id IS NOT NULL)::int, 0, 0, source_arn, own_number
    FROM joined
  ), contents AS (
    INSERT INTO squab.contents (key, generation, sent_at, message_id, body, body_md5, attributes, sender_id,
      trace_header, group_id, deduplication_id)
    SELECT key, $1::bigint, $3::bigint, message_id, body, body_md5, attributes, sender_id,
      trace_header, content_group_id, deduplication_id
    FROM fresh
  )
  SELECT place, key, true AS is_new, NULL AS original_id, NULL::bigint AS original_key, ready_at AS group_ready_at
  FROM joined
  UNION ALL
  SELECT place, key, false, original_id, original_key, NULL FROM given WHERE NOT is_new`);

/** Stores messages in a locked queue, in their order. A duplicate is not stored; its result names the original. */
export async function sendIn(
  turn: Turn,
  state: QueueState,
  messages: readonly NewMessage[],
  now: Millis,
): Promise<Sent[]> {
  if (messages.length === 0) return [];
  const { queue, generation } = state;
  if (!state.serial && messages.some(({ groupId }) => groupId !== undefined)) await makeSerial(turn, state);
  // The messages of which others of the list are duplicates, by deduplication key.
  const firsts = new Map<string, number>();
  const firstOf = messages.map(({ deduplication }, index) => {
    if (!deduplication) return index;
    const first = firsts.get(deduplication.key);
    if (first !== undefined) return first;
    if (deduplication.windowMs > 0) firsts.set(deduplication.key, index);
    return index;
  });
  startSending(turn, generation, messages.length);
  const column = <T>(value: (message: NewMessage) => T) => messages.map(value);
  const rows = await turn.tx.run(SEND, [
    generation,
    queue.fifo,
    now,
    column(({ messageId }) => messageId),
    column(({ body }) => body),
    column(({ bodyMd5 }) => bodyMd5),
    column(({ attributes }) => (attributes ? JSON.stringify([...attributes]) : null)),
    column(({ senderId }) => senderId),
    column(({ traceHeader = null }) => traceHeader),
    column(({ groupId = null }) => groupId),
    column(({ deduplicationId = null }) => deduplicationId),
    column(({ deadLetterSource = null }) => deadLetterSource),
    column(({ delayMs }) => delayMs),
    column(({ deduplication }) => deduplication?.key ?? null),
    firstOf.map((first, index) => first !== index),
    column(({ deduplication }) => deduplication?.windowMs ?? 0),
  ]);
  const byPlace = new Map(rows.map((row) => [row.place - 1, row]));
  const sent: Sent[] = [];
  const joined: Joined[] = [];
  for (const [index, message] of messages.entries()) {
    const row = byPlace.get(index)!;
    const first = firstOf[index]!;
    const { messageId, deduplication, groupId = null, publication } = message;
    const visibleAt = now + message.delayMs;
    if (!row.is_new) {
      const original =
        row.original_key !== null ? { messageId: row.original_id!, key: row.original_key } : sent[first]!;
      sent.push(original);
      // The original may be this very message, of a transaction that is repeated.
      if (turn.isRepeat && original.messageId === messageId) {
        turn.effects.expires(now + queue.retentionMs);
        turn.effects.record?.({ kind: 'sent', queue, key: original.key, content: message, visibleAt, publication });
        continue;
      }
      const deduplicationKey = deduplication!.key;
      turn.effects.record?.({ kind: 'deduplicated', queue, original, deduplicationKey });
      continue;
    }
    sent.push({ messageId, key: row.key });
    turn.counts.replace(generation, undefined, { sent_at: now, visible_at: visibleAt, receives: 0 });
    joined.push({ groupId, visibleAt, sentAt: now, groupReadyAt: row.group_ready_at });
    turn.effects.record?.({ kind: 'sent', queue, key: row.key, content: message, visibleAt, publication });
  }
  announceJoined(turn, state, joined);
  return sent;
}
