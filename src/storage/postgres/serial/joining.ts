/**
 * How new messages join their groups, or in a standard queue their tenants: parts of the statements that send and move
 * messages to a queue whose row is locked.
 */

import type { Millis } from '../../../time/clock.ts';
import type { QueueState } from '../queue-table.ts';
import type { Turn } from '../serial.ts';

/**
 * Common table expressions after `fresh`: the new messages, with the columns key, group_id, visible_at and rank. `numbered`
 * then has each of their groups, with its `own_number`, and `ready_at` if it has been there before.
 *
 * In a FIFO queue a message joins the end of its group. A message of a tenant may become visible before the others.
 */
export const joining = (generation: string, fifo: string): string => `placed AS MATERIALIZED (
    SELECT DISTINCT ON (f.group_id) f.group_id, f.key, f.visible_at, f.rank, g.number, g.ready_at, g.rank AS group_rank
    FROM fresh f LEFT JOIN LATERAL (
      SELECT number, ready_at, rank FROM squab.groups
      WHERE groups.generation = ${generation} AND groups.group_id = f.group_id OFFSET 0
    ) g ON true
    WHERE f.group_id IS NOT NULL
    ORDER BY f.group_id, CASE WHEN ${fifo} THEN 0 ELSE f.visible_at END, f.rank
  ), numbered AS MATERIALIZED (
    SELECT *, coalesce(number, CASE WHEN ${fifo} THEN 1 ELSE -1 END * nextval('squab.numbers')) AS own_number
    FROM placed
  ), new_groups AS (
    INSERT INTO squab.groups (number, generation, group_id, ready_at, first_key, rank)
    SELECT own_number, ${generation}, group_id, visible_at, key, rank FROM numbered WHERE number IS NULL
  ), earlier_tenants AS (
    UPDATE squab.groups SET (ready_at, rank, first_key) = (
      SELECT n.visible_at, n.rank, n.key FROM numbered n WHERE n.own_number = groups.number
    ) WHERE number = ANY (ARRAY(
      SELECT number FROM numbered
      WHERE NOT ${fifo} AND number IS NOT NULL AND (visible_at, rank) < (ready_at, group_rank)
    ))
  )`;

/** A message that has joined its group. */
export interface Joined {
  groupId: string | null;
  visibleAt: Millis;
  sentAt: Millis;
  /** When the group had something to deliver before; null if it had no messages. */
  groupReadyAt: Millis | null;
}

/** Announces when messages that have joined a queue can be delivered, in their order, and when they expire. */
export function announceJoined({ effects }: Turn, { queue }: QueueState, joined: readonly Joined[]): void {
  const readyAt = new Map<string | null, Millis>();
  for (const { groupId, visibleAt, sentAt, groupReadyAt } of joined) {
    effects.expires(sentAt + queue.retentionMs);
    if (queue.fifo) {
      const groupAt = readyAt.get(groupId) ?? groupReadyAt ?? visibleAt;
      readyAt.set(groupId, groupAt);
      effects.announce(queue.id, Math.max(groupAt, visibleAt));
    } else effects.announce(queue.id, visibleAt);
  }
}
