/** Moves of messages between queues whose rows are locked: to dead-letter queues, and by message move tasks. */

import type { Millis } from '../../../time/clock.ts';
import type { QueueState } from '../queue-table.ts';
import type { Turn } from '../serial.ts';
import { statement } from '../statement.ts';
import { makeSerial } from './becoming-serial.ts';
import { announceJoined, joining } from './joining.ts';

/** A message to move, as it was read in this turn. */
interface Movable {
  key: number;
  group_number: number | null;
}

interface MovedRow {
  place: number;
  old_key: number;
  key: number;
  /** What the message was before. */
  sent_at: Millis;
  visible_at: Millis;
  receives: number;
  /** What it is now. */
  new_sent_at: Millis;
  group_id: string | null;
  group_ready_at: Millis | null;
}

/**
 * Moves messages ($6, in this order) from the generation $1 to the generation $2, which is a FIFO queue's or not ($3), as
 * messages that have not been received there and are visible from $4 on.
 *
 * Without $5, the ARN of their source, those that are visible at $4 are sent anew, with the IDs $7. With it they are
 * dead-lettered. Then they stay the same messages, unless the queue is a FIFO queue: there each is a new one at the end
 * of its group.
 */
const MOVE = statement<MovedRow>(`
  WITH given AS MATERIALIZED (
    SELECT u.place, u.message_id AS new_message_id, m.*, c.group_id, c.message_id, nextval('squab.numbers') AS number
    FROM unnest($6::bigint[], $7::text[]) WITH ORDINALITY AS u (key, message_id, place)
      CROSS JOIN LATERAL (
        SELECT key AS old_key, sent_at, visible_at, receives, earlier_receives, first_received_at FROM squab.messages
        WHERE messages.generation = $1::bigint AND messages.key = u.key
          AND ($5::text IS NOT NULL OR visible_at <= $4::bigint)
        FOR UPDATE
      ) m
      CROSS JOIN LATERAL (SELECT group_id, message_id FROM squab.contents WHERE contents.key = u.key OFFSET 0) c
  ), fresh AS MATERIALIZED (
    SELECT place, old_key, visible_at AS old_visible_at, sent_at AS old_sent_at, receives,
      CASE WHEN $5::text IS NULL THEN new_message_id ELSE message_id END AS message_id,
      earlier_receives, first_received_at, number AS rank, $4::bigint AS visible_at,
      CASE WHEN $3::boolean OR $5::text IS NULL THEN number ELSE old_key END AS key,
      CASE WHEN $3::boolean OR $5::text IS NULL THEN $4::bigint ELSE sent_at END AS sent_at,
      CASE WHEN $3::boolean THEN coalesce(group_id, '') ELSE group_id END COLLATE "C" AS group_id
    FROM given
  ), ${joining('$2::bigint', '$3::boolean')}, moved AS (
    UPDATE squab.messages SET (generation, key, sent_at, visible_at, rank, line, receives, earlier_receives,
      first_received_at, source_arn, group_number) = (
        SELECT $2::bigint, f.key, f.sent_at, f.visible_at, f.rank, (f.group_id IS NOT NULL)::int, 0,
          CASE WHEN $5::text IS NULL THEN 0 ELSE f.earlier_receives + f.receives END,
          CASE WHEN $5::text IS NOT NULL THEN f.first_received_at END, $5::text,
          f.own_number
        FROM joined f WHERE f.old_key = messages.key
      )
    WHERE generation = $1::bigint AND key = ANY (ARRAY(SELECT old_key FROM fresh))
  ), contents AS (
    UPDATE squab.contents SET (key, generation, sent_at, message_id, deduplication_id) = (
        SELECT f.key, $2::bigint, f.sent_at, f.message_id,
          CASE
            WHEN $3::boolean THEN f.message_id
            WHEN $5::text IS NOT NULL THEN contents.deduplication_id
          END
        FROM fresh f WHERE f.old_key = contents.key
      )
    WHERE key = ANY (ARRAY(SELECT old_key FROM fresh))
  )
  SELECT f.place, f.old_key, f.key, f.old_sent_at AS sent_at, f.old_visible_at AS visible_at, f.receives,
    f.sent_at AS new_sent_at, f.group_id, f.ready_at AS group_ready_at
  FROM joined f`);

/** Moves messages of one locked queue to another one. The caller must refresh their groups in the first queue. */
async function move(
  turn: Turn,
  from: QueueState,
  messages: readonly Movable[],
  to: QueueState,
  now: Millis,
  { sourceArn, messageIds = [] }: { sourceArn?: string; messageIds?: readonly string[] },
): Promise<MovedRow[]> {
  if (messages.some(({ group_number }) => group_number !== null)) await makeSerial(turn, to);
  const keys = messages.map(({ key }) => key);
  const ids = keys.map((_, index) => messageIds[index] ?? null);
  const values = [from.generation, to.generation, to.queue.fifo, now, sourceArn ?? null, keys, ids];
  const rows = await turn.tx.run(MOVE, values);
  rows.sort((a, b) => a.place - b.place);
  for (const row of rows) {
    turn.counts.replace(from.generation, row, undefined);
    turn.counts.replace(to.generation, undefined, { sent_at: row.new_sent_at, visible_at: now, receives: 0 });
  }
  const joined = rows.map(({ group_id, new_sent_at, group_ready_at }) => {
    return { groupId: group_id, visibleAt: now, sentAt: new_sent_at, groupReadyAt: group_ready_at };
  });
  announceJoined(turn, to, joined);
  return rows;
}

/**
 * Moves messages to a dead-letter queue. Both queues must be locked, and the caller must refresh the messages' groups in
 * the first one. Messages that have gone are left out.
 */
export async function deadLetterIn(
  turn: Turn,
  from: QueueState,
  candidates: readonly Movable[],
  to: QueueState,
  sourceArn: string,
  now: Millis,
): Promise<void> {
  for (const { old_key, key } of await move(turn, from, candidates, to, now, { sourceArn })) {
    const moved = { queue: to.queue, key };
    turn.effects.record?.({ kind: 'dead-lettered', queue: from.queue, key: old_key, to: moved });
  }
}

/**
 * Moves visible messages to another queue as new ones with these IDs, under the same conditions. Returns how many: a
 * standard queue may be used without its lock at the same time.
 */
export async function resendIn(
  turn: Turn,
  from: QueueState,
  messages: readonly (Movable & { messageId: string })[],
  to: QueueState,
  now: Millis,
): Promise<number> {
  const messageIds = messages.map(({ messageId }) => messageId);
  const moved = await move(turn, from, messages, to, now, { messageIds });
  for (const { place, old_key, key } of moved) {
    const messageId = messageIds[place - 1]!;
    turn.effects.record?.({
      kind: 'moved',
      queue: from.queue,
      key: old_key,
      messageId,
      to: { queue: to.queue, key },
    });
  }
  return moved.length;
}
