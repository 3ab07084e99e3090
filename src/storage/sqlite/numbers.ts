/**
 * Issues increasing numbers, none of them twice, even after a crash: the database always holds a number larger than
 * all issued ones. It is written once per million numbers, so a restart leaves a gap.
 */

import type { Connection } from './database.ts';

const RESERVED_AT_ONCE = 1_000_000;

export class Numbers {
  readonly #read;
  readonly #write;
  #next = 0;
  #reserved = 0;

  constructor(connection: Connection) {
    this.#read = connection.prepare<[], number>('SELECT value FROM numbers').pluck();
    this.#write = connection.prepare('UPDATE numbers SET value = ?');
    this.reload();
  }

  /** Starts from the number in the database. Needed after a rollback, which may have undone a reservation. */
  reload(): void {
    this.#next = Math.max(this.#next, this.#read.get()!);
    this.#reserved = this.#read.get()!;
  }

  /** Writes to the database, as a test of whether that works. This uses up one number. */
  write(): void {
    this.#reserved++;
    this.#write.run(this.#reserved);
  }

  /** Issues a number. May write, so it must be called in a transaction. */
  next(): number {
    if (this.#next >= this.#reserved) {
      this.#reserved = this.#next + RESERVED_AT_ONCE;
      this.#write.run(this.#reserved);
    }
    return this.#next++;
  }
}
