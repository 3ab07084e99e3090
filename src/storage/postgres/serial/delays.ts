/** A new delay of a FIFO queue applies to messages that it has already: to all that have never been received. */

import type { Millis } from '../../../time/clock.ts';
import type { QueueState } from '../queue-table.ts';
import type { Turn } from '../serial.ts';
import { statement } from '../statement.ts';
import type { GroupTable } from './group-table.ts';

/** How many messages a transaction looks at: a queue may have millions, and no statement may take seconds. */
const PORTION = 1000;

/** The message at which a portion ends. */
export interface DelayedUpTo {
  sentAt: Millis;
  key: number;
}

/** A message that was delayed, as it was before; or, with how many were looked at, where the portion ends. */
type PortionRow = { key: number; sent_at: Millis } & (
  | { looked_at: null; visible_at: Millis; group_number: number; is_first: boolean }
  | { looked_at: number }
);

/**
 * Looks at the next messages of the generation $1 after the one that was sent at $2 and has the key $3. Delays those that
 * have never been received until $4 milliseconds after they were sent, unless they are already.
 */
const DELAY = statement<PortionRow>(`
  WITH portion AS MATERIALIZED (
    SELECT key, sent_at FROM squab.contents
    WHERE generation = $1 AND generation > 0 AND (sent_at, key) > ($2::bigint, $3::bigint) ORDER BY sent_at, key LIMIT ${PORTION}
  ), unreceived AS MATERIALIZED (
    SELECT key, sent_at, visible_at, group_number,
      (SELECT first_key FROM squab.groups WHERE groups.number = messages.group_number) = key AS is_first
    FROM squab.messages
    WHERE generation = $1 AND key = ANY (ARRAY(SELECT key FROM portion)) AND receives = 0 AND earlier_receives = 0
      AND visible_at <> sent_at + $4::bigint
  ), delayed AS (
    UPDATE squab.messages SET visible_at = sent_at + $4::bigint
    WHERE generation = $1 AND key = ANY (ARRAY(SELECT key FROM unreceived))
  )
  SELECT key, sent_at, visible_at, group_number, is_first, NULL::bigint AS looked_at FROM unreceived
  UNION ALL (
    SELECT key, sent_at, NULL, NULL, NULL, (SELECT count(*) FROM portion) FROM portion ORDER BY sent_at DESC, key DESC LIMIT 1
  )`);

/**
 * Delays a portion of a locked queue's messages, those after `after`. Resolves to where it ended; undefined if that was the
 * last portion.
 */
export async function delayPortion(
  turn: Turn,
  groups: GroupTable,
  state: QueueState,
  delayMs: Millis,
  after: DelayedUpTo | undefined,
): Promise<DelayedUpTo | undefined> {
  const { generation } = state;
  const rows = await turn.tx.run(DELAY, [generation, after?.sentAt ?? -1, after?.key ?? -1, delayMs]);
  const delayed = rows.flatMap((row) => (row.looked_at === null ? row : []));
  for (const { sent_at, visible_at } of delayed) {
    const before = { sent_at, visible_at, receives: 0 };
    turn.counts.replace(generation, before, { ...before, visible_at: sent_at + delayMs });
  }
  // A group is ready when its first message is visible.
  const firsts = delayed.filter((row) => row.is_first);
  await groups.refresh(turn, state, firsts);
  const end = rows.find(({ looked_at }) => looked_at !== null);
  return end?.looked_at === PORTION ? { sentAt: end.sent_at, key: end.key } : undefined;
}
