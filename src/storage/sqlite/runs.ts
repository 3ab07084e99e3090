/** Keys that follow each other without a gap, from the first to the last: one statement can reach all their rows. */
export type Run = [first: number, last: number];

/**
 * The runs that these keys make. Messages that were sent together have keys in a row, and mostly go out, and are deleted,
 * together; where they are not, each is a run of its own.
 */
export function runsOf(keys: readonly number[]): Run[] {
  const runs: Run[] = [];
  for (const key of keys.toSorted((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run?.[1] === key - 1) run[1] = key;
    else runs.push([key, key]);
  }
  return runs;
}
