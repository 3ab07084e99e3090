/** Inserts many rows with one statement, which takes half the time of one statement per row. */

import type { Connection } from '../database.ts';
import { bySize, portionsOf, type Value } from './by-size.ts';

export class BatchInsert {
  readonly #statement;
  #rows: Value[][] = [];

  /** `insert` is the statement up to and including `VALUES`; `row` is what follows for one row: `(?, ?, 0)`. */
  constructor(connection: Connection, insert: string, row: string) {
    this.#statement = bySize(connection, row, (rows) => `${insert} ${rows}`);
  }

  /** Adds a row for the next `write`. */
  add(...row: Value[]): void {
    this.#rows.push(row);
  }

  /** Inserts the rows that were added since the last `write`. */
  write(): void {
    if (this.#rows.length === 0) return;
    const rows = this.#rows;
    this.#rows = [];
    for (const portion of portionsOf(rows)) this.#statement(portion.length).run(...portion.flat());
  }

  /** Drops the rows that have not been written yet, after a rollback. */
  forget(): void {
    this.#rows = [];
  }
}
