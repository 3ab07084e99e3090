/**
 * Keeps the table `hidden` small. Once a second has passed, its shares of all connections are summed into slot 0, and the
 * row is removed when it has become zero. A row that is not zero is kept: its messages still exist, and the clock may go
 * back to before that second.
 */

import type { Millis } from '../../../time/clock.ts';
import { secondOf } from '../counts.ts';
import type { Lane } from '../lanes.ts';
import type { Tx } from '../session.ts';
import { statement } from '../statement.ts';

/** The largest number of rows that a transaction folds. */
const PORTION = 1000;

/** How many seconds are left alone, because verbs may still write to them. */
const RECENT_SECONDS = 10;

/** A row that is to be folded: one of a slot other than 0, or a zero. */
const IS_FOLDABLE = '(slot > 0 OR (in_flight = 0 AND delayed = 0))';

/** Which of these generations have rows to fold. */
const FOLDABLE = statement<{ generation: number }>(`
  SELECT g.generation FROM unnest($1::bigint[]) AS g (generation)
  WHERE (
    SELECT 1 FROM squab.hidden h WHERE h.generation = g.generation AND h.second < $2::bigint AND ${IS_FOLDABLE} LIMIT 1
  ) = 1`);

/** The rows of a generation that are to be folded. */
const TO_FOLD = statement<{ second: number; slot: number; in_flight: number; delayed: number }>(`
  SELECT second, slot, in_flight, delayed FROM squab.hidden
  WHERE generation = $1 AND second < $2::bigint AND ${IS_FOLDABLE}
  ORDER BY second, slot LIMIT ${PORTION} FOR UPDATE SKIP LOCKED`);

/** Removes the rows of a slot. */
const REMOVE = statement<never>(
  'DELETE FROM squab.hidden WHERE generation = $1 AND second = ANY ($2::bigint[]) AND slot = $3',
);

/** Adds to slot 0. */
const FOLD = statement<never>(`
  INSERT INTO squab.hidden AS h (generation, second, slot, in_flight, delayed)
  SELECT $1, second, 0, in_flight, delayed
  FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) AS u (second, in_flight, delayed)
  ON CONFLICT (generation, second, slot)
    DO UPDATE SET in_flight = h.in_flight + excluded.in_flight, delayed = h.delayed + excluded.delayed`);

const REMOVE_ZEROS = statement<never>(`
  DELETE FROM squab.hidden
  WHERE generation = $1 AND second = ANY ($2::bigint[]) AND slot = 0 AND in_flight = 0 AND delayed = 0`);

/** Folds the rows of these generations whose seconds have passed at `now`. */
export async function foldHidden(lane: Lane, generations: readonly number[], now: Millis): Promise<void> {
  const before = secondOf(now) - RECENT_SECONDS;
  const found = await lane.run((session) => session.run(FOLDABLE, [generations, before]));
  for (const { generation } of found) {
    for (let folded = PORTION; folded === PORTION; ) {
      folded = await lane.run((session) => session.transaction((tx) => foldPortion(tx, generation, before)));
    }
  }
}

/** Returns how many rows it has folded. */
async function foldPortion(tx: Tx, generation: number, before: number): Promise<number> {
  const rows = await tx.run(TO_FOLD, [generation, before]);
  if (rows.length === 0) return 0;
  const seconds = [...Map.groupBy(rows, ({ second }) => second)].sort(([a], [b]) => a - b);
  const sums = (column: 'in_flight' | 'delayed') =>
    seconds.map(([, shares]) => shares.reduce((sum, share) => sum + share[column], 0));
  const keys = seconds.map(([second]) => second);
  const writes: Promise<unknown>[] = [];
  for (const [slot, shares] of Map.groupBy(rows, (row) => row.slot)) {
    writes.push(tx.run(REMOVE, [generation, shares.map(({ second }) => second), slot]));
  }
  writes.push(tx.run(FOLD, [generation, keys, sums('in_flight'), sums('delayed')]));
  writes.push(tx.run(REMOVE_ZEROS, [generation, keys]));
  await Promise.all(writes);
  return rows.length;
}
