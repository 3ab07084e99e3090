/**
 * Message groups of FIFO queues, and tenants of standard queues, in the table `groups`. See schema.ts, and groups.ts of the
 * SQLite engine for the rule: a message can be delivered when it is visible and no earlier message of its group is hidden.
 */

import type { Millis } from '../../../time/clock.ts';
import type { QueueState } from '../queue-table.ts';
import type { Turn } from '../serial.ts';
import { type Statement, statement } from '../statement.ts';

/**
 * A subquery: the first message of the group `number` in the generation `generation`, without those of `gone`. In a FIFO
 * queue it is the one that was sent first, among the messages of a tenant the one that becomes visible first.
 */
export function firstOf(kind: 'group' | 'tenant', generation: string, number: string, gone = ''): string {
  const [sign, order] = kind === 'group' ? ['>', 'key'] : ['<', 'visible_at, rank, key'];
  return `SELECT key, visible_at, rank FROM squab.messages
      WHERE generation = ${generation} AND group_number = ${number} AND group_number ${sign} 0 ${gone}
      ORDER BY ${order} LIMIT 1`;
}

/**
 * Common table expressions that update the groups of `changed`, which has the columns `number` and, of the group's first
 * message, `key`, `visible_at` and `rank`, null if the group has no messages.
 */
export const UPDATE_GROUPS = `updated_groups AS (
    UPDATE squab.groups SET (ready_at, rank, first_key) = (
      SELECT c.visible_at, c.rank, c.key FROM changed c WHERE c.number = groups.number
    ) WHERE number = ANY (ARRAY(SELECT number FROM changed WHERE key IS NOT NULL))
  ), emptied_groups AS (
    DELETE FROM squab.groups WHERE number = ANY (ARRAY(SELECT number FROM changed WHERE key IS NULL))
  )`;

/** Updates these groups of a generation. Returns the instants at which they have something to deliver. */
function refreshing(kind: 'group' | 'tenant'): Statement<{ visible_at: Millis }> {
  return statement(`
    WITH changed AS MATERIALIZED (
      SELECT u.number, f.key, f.visible_at, f.rank FROM unnest($2::bigint[]) AS u (number)
        LEFT JOIN LATERAL (${firstOf(kind, '$1::bigint', 'u.number')}) f ON true
    ), ${UPDATE_GROUPS}
    SELECT visible_at FROM changed WHERE key IS NOT NULL`);
}

const REFRESH = { group: refreshing('group'), tenant: refreshing('tenant') };

export class GroupTable {
  /**
   * Updates the groups of changed messages, and announces when those of a FIFO queue have something to deliver. A group
   * without messages has no row.
   */
  async refresh(
    { tx, effects }: Turn,
    { generation, queue }: QueueState,
    changed: readonly { group_number: number | null }[],
  ): Promise<void> {
    const numbers = [...new Set(changed.flatMap(({ group_number }) => group_number ?? []))];
    if (numbers.length === 0) return;
    const rows = await tx.run(REFRESH[queue.fifo ? 'group' : 'tenant'], [generation, numbers]);
    if (queue.fifo) for (const { visible_at } of rows) effects.announce(queue.id, visible_at);
  }
}
