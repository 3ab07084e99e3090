/**
 * A statement about all rows that have one of some keys: it takes half of what one statement for each of them does. Keys
 * without a gap between them, as those of messages that were sent together, are reached as a range, which is cheaper still.
 */

import type { Statement } from 'better-sqlite3';
import { bySize, type Value } from './by-size.ts';
import type { Connection } from './database.ts';

export class ByKeys<Row = unknown> {
  readonly #range: Statement<Value[], Row>;
  readonly #list: (keys: number) => Statement<Value[], Row>;

  /** `sql` ends with the column that has the key: `DELETE FROM contents WHERE key`. */
  constructor(connection: Connection, sql: string) {
    this.#range = connection.prepare(`${sql} BETWEEN ? AND ?`);
    this.#list = bySize(connection, '?', (keys) => `${sql} IN (${keys})`);
  }

  /** `values` are those that come before the keys. No key may be there twice. */
  run(values: readonly Value[], keys: readonly number[]): void {
    if (keys.length === 0) return;
    const [statement, bound] = this.#of(keys);
    statement.run(...values, ...bound);
  }

  /** As `run`, for a statement that finds rows. Their order is not that of the keys. */
  all(values: readonly Value[], keys: readonly number[]): Row[] {
    if (keys.length === 0) return [];
    const [statement, bound] = this.#of(keys);
    return statement.all(...values, ...bound);
  }

  #of(keys: readonly number[]): [Statement<Value[], Row>, bound: readonly number[]] {
    const [first, last] = [Math.min(...keys), Math.max(...keys)];
    if (last - first === keys.length - 1) return [this.#range, [first, last]];
    return [this.#list(keys.length), keys];
  }
}
