/** Searches for a message by its ID, in portions of a limited number of messages. See ../../inspection.ts. */

import type { Millis } from '../../../time/clock.ts';
import { HIDDEN_ACCOUNT } from '../../hidden.ts';
import type { Search, SearchedPortion } from '../../inspection.ts';
import { SEARCHED_AT_ONCE } from '../../portions.ts';
import type { Tx } from '../session.ts';
import { statement } from '../statement.ts';

/** A portion: how many messages it has, the key of the last one, and the keys of those that were looked for. */
interface PortionRow {
  read: number;
  last: number | null;
  found: number[] | null;
}

/** Messages of all queues, in the order of their keys. */
const PORTION = statement<PortionRow>(
  `SELECT count(*) AS read, max(key) AS last, array_agg(key ORDER BY key) FILTER (WHERE message_id = $2) AS found
   FROM (SELECT key, message_id FROM squab.contents WHERE key > $1 ORDER BY key LIMIT ${SEARCHED_AT_ONCE}) AS portion`,
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

/** Carries out a portion of a search. A search in one queue looks at the messages of all, too. */
export async function searchPortion(
  tx: Tx,
  { messageId, queueId, after = -1 }: Search,
  now: Millis,
): Promise<SearchedPortion> {
  const [portion] = await tx.run(PORTION, [after, messageId]);
  const { read, last, found } = portion!;
  const where = found ? await tx.run(FOUND, [found, now, queueId ?? null]) : [];
  if (where[0]) return { found: where[0] };
  return read < SEARCHED_AT_ONCE || last === null ? {} : { next: last };
}
