/**
 * Checkpoints: copying the log into the database, after which SQLite begins the log anew. A checkpoint first syncs the
 * log, which takes most of its time, and all requests wait for it. So another thread syncs the log beforehand, while
 * requests go on, and the checkpoint itself only has to sync what was written in the meantime. Durability `power` does
 * without this: it syncs the log in each commit.
 */

import { closeSync, fdatasync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Connection } from './database.ts';
import { type Faults, LOG_SUFFIX } from './disk-faults.ts';

/** A log of this many pages of 4 KiB is copied. */
const PAGES = 1000;

/** If more than this was written during a sync, the log is synced again before it is copied, but not without end. */
const PAGES_LEFT = 100;
const SYNCS_MAX = 3;

/** How often the length of the log is looked up, which takes a microsecond. */
const TURNS_BETWEEN_LOOKS = 8;

const sync = promisify(fdatasync);

export class Checkpoints {
  readonly #faults: Faults;
  readonly #log: string;
  readonly #length;
  readonly #copy;
  #turns = 0;
  /** The log, opened for syncing. */
  #file: number | undefined;
  #running: Promise<void> | undefined;
  #closed = false;

  /** `path` is that of the database. */
  constructor(connection: Connection, faults: Faults, path: string) {
    this.#faults = faults;
    this.#log = `${path}${LOG_SUFFIX}`;
    this.#length = connection.prepare<[], { log: number }>('PRAGMA wal_checkpoint(NOOP)');
    this.#copy = connection.prepare('PRAGMA wal_checkpoint(PASSIVE)');
  }

  /** Must be called after each commit. Never throws. */
  committed(): void {
    if (this.#running || this.#closed || ++this.#turns % TURNS_BETWEEN_LOOKS !== 0 || !this.#isLong()) return;
    this.#running = this.#syncAndCopy()
      // The log still has everything. If the fault lasts, a commit will report it.
      .catch(() => {})
      .finally(() => {
        this.#running = undefined;
      });
  }

  /** Must be called before the connection is closed. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
    const file = this.#file;
    this.#file = undefined;
    if (file !== undefined) closeSync(file);
  }

  async #syncAndCopy(): Promise<void> {
    this.#faults.check();
    this.#file ??= openSync(this.#log, 'r+');
    for (let syncs = 0, synced = 0; syncs < SYNCS_MAX && this.#pages() > synced + PAGES_LEFT; syncs++) {
      synced = this.#pages();
      await sync(this.#file);
      if (this.#closed) return;
    }
    this.#faults.check();
    this.#copy.get();
    this.#faults.wrote();
  }

  #isLong(): boolean {
    try {
      return this.#pages() >= PAGES;
    } catch {
      return false;
    }
  }

  #pages(): number {
    return this.#length.get()!.log;
  }
}
