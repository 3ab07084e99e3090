/** Statements that differ only in their number of keys or rows. */

import type { Statement } from 'better-sqlite3';
import type { Connection } from '../database.ts';

export type Value = string | number | null;

/** Larger statements save no more time, and each size has a statement of its own, which stays in memory. */
const ROWS_AT_ONCE = 16;

/** Divides keys or rows into portions for a statement each. */
export function* portionsOf<T>(rows: readonly T[]): Generator<readonly T[]> {
  if (rows.length <= ROWS_AT_ONCE) yield rows;
  else for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) yield rows.slice(from, from + ROWS_AT_ONCE);
}

/**
 * Returns a function that returns the statement for a number of keys or rows. Each statement is prepared when it is
 * first needed: `sqlOf` gets `part` repeated that many times, separated by commas.
 */
export function bySize<Row>(
  connection: Connection,
  part: string,
  sqlOf: (parts: string) => string,
): (size: number) => Statement<Value[], Row> {
  const statements = new Map<number, Statement<Value[], Row>>();
  return (size) => {
    let statement = statements.get(size);
    if (!statement) {
      statement = connection.prepare<Value[], Row>(sqlOf(Array(size).fill(part).join(', ')));
      statements.set(size, statement);
    }
    return statement;
  };
}
