/**
 * Ever larger numbers, never given out twice, also not after a crash: the database always holds a number that is larger
 * than all that were given out. It is written once for many numbers; a restart leaves a gap.
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

  /** Starts from what the database holds; needed after a rollback, which may have taken back a reservation. */
  reload(): void {
    this.#next = Math.max(this.#next, this.#read.get()!);
    this.#reserved = this.#read.get()!;
  }

  /** Writes, which shows whether that is possible. It costs a number. */
  write(): void {
    this.#reserved++;
    this.#write.run(this.#reserved);
  }

  /** May write, so it belongs inside a transaction. */
  next(): number {
    if (this.#next >= this.#reserved) {
      this.#reserved = this.#next + RESERVED_AT_ONCE;
      this.#write.run(this.#reserved);
    }
    return this.#next++;
  }
}
