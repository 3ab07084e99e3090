/** How many message move tasks of an account are active: there is a limit, which holds for all nodes together. */

import type { Tx } from '../session.ts';
import { statement } from '../statement.ts';

/** A condition: whether a task is active. */
export const ACTIVE = `status IN ('RUNNING', 'CANCELLING')`;

/**
 * Has starts of tasks in an account and a region follow one another, on all nodes: each counts those that are active. The
 * row is removed like a lease that has ended.
 */
const LOCK = statement<never>(`
  INSERT INTO squab.leases (name, node, held_until)
  VALUES ('moves ' || $1::text || ' ' || $2::text, '', clock_timestamp())
  ON CONFLICT (name) DO UPDATE SET held_until = excluded.held_until`);

const COUNT = statement<{ tasks: number }>(`
  SELECT count(*) AS tasks FROM squab.move_tasks t
    CROSS JOIN LATERAL (SELECT account, region FROM squab.queues WHERE queues.id = t.source_id OFFSET 0) q
  WHERE t.number > 0 AND ${ACTIVE} AND q.account = $1 AND q.region = $2`);

/** Counts the active tasks of an account in a region. None is started before the transaction has ended. */
export async function lockAndCountActive(tx: Tx, account: string, region: string): Promise<number> {
  // Of two statements, the second one sees what those have done that held the lock before.
  const [, [counted]] = await Promise.all([tx.run(LOCK, [account, region]), tx.run(COUNT, [account, region])]);
  return counted!.tasks;
}
