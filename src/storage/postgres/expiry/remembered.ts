/** Forgets recent sends, receive attempts and publications whose windows have ended. */

import type { Millis } from '../../../time/clock.ts';
import type { Lane } from '../lanes.ts';
import type { Tx } from '../session.ts';
import { type Statement, statement } from '../statement.ts';

/** The largest number of records that a transaction forgets. */
const PORTION = 500;

/** A table of what is remembered: by the column `owner`, and within that by the column `id`. */
interface Memory {
  readonly find: Statement<{ owner: number; id: string }>;
  readonly forget: Statement<{ owner: number }>;
}

function memory(table: string, owner: string, id: string): Memory {
  return {
    find: statement(
      `SELECT ${owner} AS owner, ${id} AS id FROM squab.${table} WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2`,
    ),
    // In the meantime, another transaction may have begun another window for the same record.
    forget: statement(
      `DELETE FROM squab.${table} WHERE ${owner} = $1 AND ${id} = ANY ($2::text[]) AND expires_at <= $3
       RETURNING ${owner} AS owner`,
    ),
  };
}

const MEMORIES = [
  memory('deduplications', 'generation', 'deduplication_key'),
  memory('attempts', 'generation', 'attempt_id'),
  memory('publications', 'topic_id', 'deduplication_key'),
];

/** Forgets up to `limit` records whose windows have ended at `now`. Returns how many. */
export async function forgetRemembered(lane: Lane, now: Millis, limit: number): Promise<number> {
  let forgotten = 0;
  for (const one of MEMORIES) {
    while (forgotten < limit) {
      const portion = Math.min(limit - forgotten, PORTION);
      const found = await lane.run((session) => session.transaction((tx) => forgetPortion(tx, one, now, portion)));
      forgotten += found;
      if (found < portion) break;
    }
  }
  return forgotten;
}

async function forgetPortion(tx: Tx, { find, forget }: Memory, now: Millis, limit: number): Promise<number> {
  const found = await tx.run(find, [now, limit]);
  const byOwner = Map.groupBy(found, ({ owner }) => owner);
  const gone = [...byOwner].map(([owner, rows]) => tx.run(forget, [owner, rows.map(({ id }) => id), now]));
  return (await Promise.all(gone)).flat().length;
}
