/**
 * Frees what purged and deleted queues have left behind: everything with a generation that no queue uses any more. The
 * generation itself is kept until a minute after it was found empty, because a send that began before the purge may
 * commit after it. The minute is measured by the database's clock: it is about transactions, not about messages.
 */

import type { Lane } from '../lanes.ts';
import { statement } from '../statement.ts';

/** The largest number of messages that a transaction frees. */
const PORTION = 500;

/** How many generations are looked at together. */
const GENERATIONS = 500;

/**
 * The next generations after $1, and whether anything is left of them that is freed in portions. (EXISTS would not do: the
 * planner may read all contents once for it.)
 */
const NEXT = statement<{ generation: number; is_empty: boolean; is_noted: boolean }>(`
  SELECT a.generation, a.empty_at IS NOT NULL AS is_noted,
    (SELECT 1 FROM squab.contents c WHERE c.generation = a.generation AND c.generation > 0 LIMIT 1) IS NULL
      AND (SELECT 1 FROM squab.groups g WHERE g.generation = a.generation LIMIT 1) IS NULL AS is_empty
  FROM squab.abandoned a WHERE a.generation > $1 ORDER BY a.generation LIMIT $2`);

/** Deletes up to $2 messages of a generation. */
const FREE_MESSAGES = statement<{ key: number }>(`
  WITH portion AS MATERIALIZED (
    SELECT key FROM squab.contents WHERE generation = $1 AND generation > 0 ORDER BY sent_at, key LIMIT $2
  ), freed AS (
    DELETE FROM squab.messages WHERE generation = $1 AND key = ANY (ARRAY(SELECT key FROM portion))
  )
  DELETE FROM squab.contents WHERE key = ANY (ARRAY(SELECT key FROM portion)) RETURNING key`);

/** Deletes up to $2 groups of a generation. */
const FREE_GROUPS = statement<{ number: number }>(`
  WITH portion AS MATERIALIZED (SELECT number FROM squab.groups WHERE generation = $1 LIMIT $2)
  DELETE FROM squab.groups WHERE number = ANY (ARRAY(SELECT number FROM portion)) RETURNING number`);

/** Notes since when generations have been empty, or that they are not. */
const NOTE_EMPTY = statement<never>(
  'UPDATE squab.abandoned SET empty_at = clock_timestamp() WHERE generation = ANY ($1::bigint[]) AND empty_at IS NULL',
);
const NOTE_FULL = statement<never>(
  'UPDATE squab.abandoned SET empty_at = NULL WHERE generation = ANY ($1::bigint[]) AND empty_at IS NOT NULL',
);

/** Forgets generations that have been empty for a minute, with their counts. */
const FORGET = statement<never>(`
  WITH forgotten AS (
    DELETE FROM squab.abandoned
    WHERE generation = ANY ($1::bigint[]) AND empty_at < clock_timestamp() - interval '1 minute' RETURNING generation
  ), uncounted AS (
    DELETE FROM squab.counts WHERE generation = ANY (ARRAY(SELECT generation FROM forgotten))
  )
  DELETE FROM squab.hidden WHERE generation = ANY (ARRAY(SELECT generation FROM forgotten))`);

/** Frees up to `limit` messages and groups of abandoned generations. Returns how many. */
export async function freeAbandoned(lane: Lane, limit: number): Promise<number> {
  let freed = 0;
  for (let after = 0; freed < limit; ) {
    const page = await lane.run((session) => session.run(NEXT, [after, GENERATIONS]));
    const empty = page.filter(({ is_empty }) => is_empty);
    const full = page.filter(({ is_empty }) => !is_empty).map(({ generation }) => generation);
    if (full.length > 0) await lane.run((session) => session.run(NOTE_FULL, [full]));
    for (const generation of full) {
      freed += await freeOne(lane, generation, limit - freed);
      if (freed >= limit) return freed;
    }
    const noted = empty.filter(({ is_noted }) => is_noted).map(({ generation }) => generation);
    const others = [...empty.filter(({ is_noted }) => !is_noted).map(({ generation }) => generation), ...full];
    if (noted.length > 0) await lane.run((session) => session.run(FORGET, [noted]));
    if (others.length > 0) await lane.run((session) => session.run(NOTE_EMPTY, [others]));
    if (page.length < GENERATIONS) break;
    after = page.at(-1)!.generation;
  }
  return freed;
}

/** Frees up to `limit` messages and groups of a generation. Returns how many. */
async function freeOne(lane: Lane, generation: number, limit: number): Promise<number> {
  let freed = 0;
  for (const statement of [FREE_MESSAGES, FREE_GROUPS]) {
    while (freed < limit) {
      const portion = Math.min(limit - freed, PORTION);
      const { length } = await lane.run((session) => session.run<unknown>(statement, [generation, portion]));
      freed += length;
      if (length < portion) break;
    }
  }
  return freed;
}
