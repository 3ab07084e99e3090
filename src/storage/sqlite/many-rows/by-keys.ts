/**
 * A statement for all rows with given keys, which takes half the time of one statement per key. Consecutive keys,
 * such as those of messages that were sent together, are looked up as a range, which is faster still.
 */

import type { Statement } from 'better-sqlite3';
import type { Connection } from '../database.ts';
import { bySize, portionsOf, type Value } from './by-size.ts';

export class ByKeys<Row = unknown> {
  readonly #range: Statement<Value[], Row>;
  readonly #list: (keys: number) => Statement<Value[], Row>;

  /** `sql` ends with the key column, as in `DELETE FROM contents WHERE key`. */
  constructor(connection: Connection, sql: string) {
    this.#range = connection.prepare(`${sql} BETWEEN ? AND ?`);
    this.#list = bySize(connection, '?', (keys) => `${sql} IN (${keys})`);
  }

  /** Runs the statement. `values` are bound before the keys. The keys must be distinct. */
  run(values: readonly Value[], keys: readonly number[]): void {
    if (keys.length === 0) return;
    for (const portion of portionsOf(keys)) {
      const [statement, bound] = this.#statementFor(portion);
      statement.run(...values, ...bound);
    }
  }

  /** Runs a statement that returns rows. They are not in the order of the keys. */
  all(values: readonly Value[], keys: readonly number[]): Row[] {
    if (keys.length === 0) return [];
    const found: Row[] = [];
    for (const portion of portionsOf(keys)) {
      const [statement, bound] = this.#statementFor(portion);
      found.push(...statement.all(...values, ...bound));
    }
    return found;
  }

  #statementFor(keys: readonly number[]): [Statement<Value[], Row>, bound: readonly number[]] {
    const [first, last] = [Math.min(...keys), Math.max(...keys)];
    if (last - first === keys.length - 1) return [this.#range, [first, last]];
    return [this.#list(keys.length), keys];
  }
}
