/** Statements that differ only in their number of keys or rows. */

import type { Statement } from 'better-sqlite3';
import type { Connection } from '../database.ts';

export type Value = string | number | null;

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
