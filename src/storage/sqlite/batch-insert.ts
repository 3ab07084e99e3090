/** Rows that are put into a table together: a statement for many rows takes half of what one for each of them does. */

import { bySize, type Value } from './by-size.ts';
import type { Connection } from './database.ts';

/** More rows in one statement save nothing more. */
const ROWS_AT_ONCE = 16;

export class BatchInsert {
  readonly #statement;
  #rows: Value[][] = [];

  /** `insert` is a statement as far as to `VALUES`, `row` what stands behind it for one row: `(?, ?, 0)`. */
  constructor(connection: Connection, insert: string, row: string) {
    this.#statement = bySize(connection, row, (rows) => `${insert} ${rows}`);
  }

  /** A row for the next `write`. */
  add(...row: Value[]): void {
    this.#rows.push(row);
  }

  write(): void {
    if (this.#rows.length === 0) return;
    const rows = this.#rows;
    this.#rows = [];
    for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
      const chunk = rows.slice(from, from + ROWS_AT_ONCE);
      this.#statement(chunk.length).run(...chunk.flat());
    }
  }

  /** Leaves out what was not written yet, when a transaction is rolled back. */
  forget(): void {
    this.#rows = [];
  }
}
