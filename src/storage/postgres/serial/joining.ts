/**
 * How new messages join their groups, or in a standard queue their tenants: parts of the statements that send and move
 * messages to a queue whose row is locked.
 */

import type { Millis } from '../../../time/clock.ts';
import type { QueueState } from '../queue-table.ts';
import type { Turn } from '../serial.ts';

/**
 * Common table expressions after `fresh`: the new messages, with the columns key, group_id, visible_at and rank, a number
 * that nothing else has. `joined` has them with their `own_number`, that of their group, and `ready_at` if the group has
 * been there before. A new group's number is the rank of its first message, negative for a tenant.
 *
 * In a FIFO queue a message joins the end of its group. A message of a tenant may become visible before the others.
 */
export const joining = (generation: string, fifo: string): string => `joined AS MATERIALIZED (
    SELECT f.*, g.number AS known_number, g.ready_at, g.rank AS group_rank, row_number() OVER in_group = 1 AS is_first,
      CASE WHEN f.group_id IS NOT NULL THEN
        coalesce(g.number, CASE WHEN ${fifo} THEN 1 ELSE -1 END * first_value(f.rank) OVER in_group)
      END AS own_number
    FROM fresh f LEFT JOIN LATERAL (
      SELECT number, ready_at, rank FROM squab.groups
      WHERE groups.generation = ${generation} AND groups.group_id = f.group_id OFFSET 0
    ) g ON true
    WINDOW in_group AS (PARTITION BY f.group_id ORDER BY CASE WHEN ${fifo} THEN 0 ELSE f.visible_at END, f.rank)
  ), new_groups AS (
    INSERT INTO squab.groups (number, generation, group_id, ready_at, first_key, rank)
    SELECT own_number, ${generation}, group_id, visible_at, key, rank FROM joined
    WHERE is_first AND known_number IS NULL AND group_id IS NOT NULL
  ), ahead AS MATERIALIZED (
    SELECT own_number, visible_at, key, rank FROM joined
    WHERE NOT ${fifo} AND is_first AND known_number IS NOT NULL AND (visible_at, rank) < (ready_at, group_rank)
  ), earlier_tenants AS (
    UPDATE squab.groups SET (ready_at, rank, first_key) = (
      SELECT a.visible_at, a.rank, a.key FROM ahead a WHERE a.own_number = groups.number
    ) WHERE number = ANY (ARRAY(SELECT own_number FROM ahead))
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
