/**
 * Which message of a group blocks others: the first hidden one. The message groups of a page are looked up together. A
 * group is read from its front, which is where its hidden messages nearly always are; a group with many visible
 * messages in front is looked up among the hidden messages of the queue.
 */

import type { Millis } from '../../../time/clock.ts';
import type { Tx } from '../session.ts';
import { statement } from '../statement.ts';
import type { Blocker, PeekRow } from './peeked.ts';

/** How many messages of a group are read from its front. */
const FRONT = 100;

const FRONTS = statement<{ group_number: number; read: number; key: number | null }>(
  `SELECT g.number AS group_number, front.read, front.key
   FROM unnest($2::bigint[]) AS g (number) CROSS JOIN LATERAL (
     SELECT count(*) AS read, min(key) FILTER (WHERE visible_at > $3) AS key
     FROM (SELECT key, visible_at FROM squab.messages
           WHERE generation = $1 AND group_number = g.number AND group_number > 0 ORDER BY key LIMIT ${FRONT}) AS m
   ) AS front`,
);

/** The first hidden messages of groups, found among all hidden messages of the queue. */
const HIDDEN = statement<{ group_number: number; key: number }>(
  `SELECT group_number, min(key) AS key FROM squab.messages
   WHERE generation = $1 AND line = 1 AND visible_at > $2 AND group_number = ANY ($3::bigint[])
   GROUP BY group_number`,
);

const DESCRIBED = statement<Blocker>(
  `SELECT m.key, m.visible_at AS "visibleAt", c.message_id AS "messageId"
   FROM unnest($1::bigint[]) AS b (key)
   CROSS JOIN LATERAL (SELECT key, visible_at FROM squab.messages WHERE key = b.key OFFSET 0) AS m
   CROSS JOIN LATERAL (SELECT message_id FROM squab.contents WHERE key = b.key OFFSET 0) AS c`,
);

/** Returns a function that returns the message that blocks one of these rows of a FIFO queue, if there is any. */
export async function blockersOf(
  tx: Tx,
  generation: number,
  rows: readonly PeekRow[],
  now: Millis,
): Promise<(row: PeekRow) => Blocker | undefined> {
  const visible = rows.filter((row) => row.visible_at <= now);
  const groups = [...new Set(visible.flatMap(({ group_number }) => group_number ?? []))];
  const firsts = groups.length === 0 ? new Map<number, number>() : await firstHidden(tx, generation, groups, now);
  const found = firsts.size === 0 ? [] : await tx.run(DESCRIBED, [[...firsts.values()]]);
  const blockers = new Map(found.map((blocker) => [blocker.key, blocker]));
  return ({ key, visible_at, group_number }) => {
    if (visible_at > now || group_number === null) return undefined;
    const blocker = blockers.get(firsts.get(group_number) ?? -1);
    return blocker && blocker.key < key ? blocker : undefined;
  };
}

/** Returns the keys of the first hidden messages of groups that have any, by group. */
async function firstHidden(
  tx: Tx,
  generation: number,
  groups: readonly number[],
  now: Millis,
): Promise<Map<number, number>> {
  const firsts = new Map<number, number>();
  const deep: number[] = [];
  for (const { group_number, read, key } of await tx.run(FRONTS, [generation, groups, now])) {
    if (key !== null) firsts.set(group_number, key);
    else if (read === FRONT) deep.push(group_number);
  }
  if (deep.length === 0) return firsts;
  for (const { group_number, key } of await tx.run(HIDDEN, [generation, now, deep])) firsts.set(group_number, key);
  return firsts;
}
