/**
 * Gives space back to the file system that the data do not need any more: free pages of the database, and the log.
 *
 * SQLite uses free pages again, so a file does not grow because messages come and go. What was free at one look and is
 * still free at the next was not needed in between; that goes back, but for a reserve. So a queue that fills and empties
 * between two looks pays for nothing, and after a flood is over the file gets small.
 */

import type { Connection } from './database.ts';

/** 4 MiB of pages of 4 KiB. */
const PAGES_KEPT = 1024;

/** Each is a page to read, to write elsewhere, and to leave out of two lists: together some milliseconds. */
const PAGES_AT_ONCE = 100;

export class Space {
  readonly #connection: Connection;
  readonly #changes;
  /** As they were at the last look. */
  #freePages = 0;
  #changesThen = 0;
  #logIsEmpty = false;
  /** What is still to be given back in this look. */
  #surplus = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#changes = connection.prepare<[], number>('SELECT total_changes()').pluck();
  }

  /** Decides what to give back. Belongs outside of a transaction. */
  look(): void {
    const freePages = this.#connection.pragma('freelist_count', { simple: true }) as number;
    this.#surplus = Math.min(freePages, this.#freePages) - PAGES_KEPT;
    this.#freePages = freePages;
    const changes = this.#changes.get()!;
    const isIdle = changes === this.#changesThen;
    this.#changesThen = changes;
    if (!isIdle) this.#logIsEmpty = false;
    else if (!this.#logIsEmpty) this.#emptyLog();
  }

  /** Gives a portion of pages back. Belongs into a transaction. Tells whether there are more. */
  giveBack(): boolean {
    if (this.#surplus <= 0) return false;
    const pages = Math.min(this.#surplus, PAGES_AT_ONCE);
    this.#connection.pragma(`incremental_vacuum(${pages})`);
    this.#surplus -= pages;
    this.#freePages -= pages;
    this.#logIsEmpty = false;
    return this.#surplus > 0;
  }

  /** When nobody writes, the log goes into the database, and on the disk. It may take a while, but nobody waits then. */
  #emptyLog(): void {
    this.#connection.pragma('wal_checkpoint(TRUNCATE)');
    this.#logIsEmpty = true;
  }
}
