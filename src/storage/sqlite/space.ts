/**
 * Returns to the file system the space that the data no longer needs: free pages of the database, and the log.
 *
 * SQLite reuses free pages, so a file does not grow just because messages come and go. Pages that were free at one
 * check and are still free at the next were not needed in between; they are returned, except for a reserve. So a queue
 * that fills and empties between two checks costs nothing extra, and after a flood of messages the file shrinks again.
 */

import type { Connection } from './database.ts';
import type { Faults } from './disk-faults.ts';

/** 4 MiB of pages of 4 KiB. */
const PAGES_KEPT = 1024;

/** Each page has to be read, written elsewhere and removed from two lists, a few milliseconds for this many. */
const PAGES_AT_ONCE = 100;

export class Space {
  readonly #connection: Connection;
  readonly #faults: Faults;
  readonly #changes;
  /** The state at the last check. */
  #freePages = 0;
  #changesAtLook = 0;
  #logIsEmpty = false;
  /** How many pages are still to be returned after this check. */
  #surplus = 0;

  constructor(connection: Connection, faults: Faults) {
    this.#connection = connection;
    this.#faults = faults;
    this.#changes = connection.prepare<[], number>('SELECT total_changes()').pluck();
  }

  /** Starts a check: decides how much to return. Must be called outside of a transaction. */
  look(): void {
    const freePages = this.#connection.pragma('freelist_count', { simple: true }) as number;
    this.#surplus = Math.min(freePages, this.#freePages) - PAGES_KEPT;
    this.#freePages = freePages;
    const changes = this.#changes.get()!;
    const isIdle = changes === this.#changesAtLook;
    this.#changesAtLook = changes;
    if (!isIdle) this.#logIsEmpty = false;
    else if (!this.#logIsEmpty) this.#emptyLog();
  }

  /** Returns a portion of pages to the file system. Must be called in a transaction. Returns whether more are left. */
  giveBack(): boolean {
    if (this.#surplus <= 0) return false;
    const pages = Math.min(this.#surplus, PAGES_AT_ONCE);
    this.#connection.pragma(`incremental_vacuum(${pages})`);
    this.#surplus -= pages;
    this.#freePages -= pages;
    this.#logIsEmpty = false;
    return this.#surplus > 0;
  }

  /** Merges the log into the database on disk, and truncates it. This may take a while, but only happens while idle. */
  #emptyLog(): void {
    this.#faults.check();
    this.#connection.pragma('wal_checkpoint(TRUNCATE)');
    this.#faults.wrote();
    this.#logIsEmpty = true;
  }
}
