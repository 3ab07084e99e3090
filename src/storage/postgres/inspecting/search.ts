/** Searches for a message by its ID, in portions of a limited number of messages. See ../../inspection.ts. */

import type { Millis } from '../../../time/clock.ts';
import { HIDDEN_ACCOUNT } from '../../hidden.ts';
import type { Search, SearchedPortion } from '../../inspection.ts';
import { SEARCHED_AT_ONCE } from '../../portions.ts';
import type { QueueState } from '../queue-table.ts';
import type { Tx } from '../session.ts';
import { isStorable, statement } from '../statement.ts';

/** A portion: how many messages it has, the key of the last one, and the keys of those that were looked for. */
interface PortionRow {
  read: number;
  last: number | null;
  found: number[] | null;
}

/** Returns the statement for a portion of messages, which have a key and a message ID, in the order given. */
const portionOf = (messages: string, order: string) =>
  statement<PortionRow>(
    `SELECT count(*) AS read, (array_agg(key ORDER BY ${order}))[count(*)] AS last,
       array_agg(key ORDER BY key) FILTER (WHERE message_id = $2) AS found
     FROM (SELECT * FROM squab.contents WHERE ${messages} ORDER BY ${order} LIMIT ${SEARCHED_AT_ONCE}) AS portion`,
  );

/** Messages of all queues. */
const EVERYWHERE = portionOf('key > $1', 'key');

/**
 * Messages of the generation $3, by their age. If the message at which the portion before ended has been deleted, it
 * begins some messages earlier.
 */
const IN_QUEUE = portionOf(
  `generation = $3 AND generation > 0 AND (sent_at, key) > (
     coalesce(
       (SELECT sent_at FROM squab.contents WHERE key = $1),
       (SELECT min(sent_at) FROM (SELECT sent_at FROM squab.contents WHERE key < $1 ORDER BY key DESC LIMIT 100) AS m),
       -1
     ), $1
   )`,
  'sent_at, key',
);

/** The first of these messages that is in a queue, and has not expired. */
const FOUND = statement<{ queueId: number; key: number }>(
  `SELECT q.id AS "queueId", k.key
   FROM unnest($1::bigint[]) AS k (key)
   CROSS JOIN LATERAL (SELECT generation FROM squab.contents WHERE key = k.key OFFSET 0) AS c
   CROSS JOIN LATERAL (SELECT id, retention_ms FROM squab.queues
                       WHERE generation = c.generation AND account <> '${HIDDEN_ACCOUNT}' OFFSET 0) AS q
   CROSS JOIN LATERAL (SELECT sent_at FROM squab.messages WHERE key = k.key OFFSET 0) AS m
   WHERE m.sent_at + q.retention_ms > $2 AND ($3::bigint IS NULL OR q.id = $3)
   ORDER BY k.key LIMIT 1`,
);

/** Carries out a portion of a search, in one queue or everywhere. */
export async function searchPortion(
  tx: Tx,
  { messageId, after = -1 }: Search,
  state: QueueState | undefined,
  now: Millis,
): Promise<SearchedPortion> {
  if (!isStorable(messageId)) return {};
  const [portion] = state
    ? await tx.run(IN_QUEUE, [after, messageId, state.generation])
    : await tx.run(EVERYWHERE, [after, messageId]);
  const { read, last, found } = portion!;
  const where = found ? await tx.run(FOUND, [found, now, state?.queue.id ?? null]) : [];
  if (where[0]) return { found: where[0] };
  return read < SEARCHED_AT_ONCE || last === null ? {} : { next: last };
}
