/** Statements that differ only in how many keys or rows they are about. */

import type { Statement } from 'better-sqlite3';
import type { Connection } from './database.ts';

export type Value = string | number | null;

/** Hands out the statement for so many; each is prepared when it is first needed. `parts` is that many times `part`. */
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
