/**
 * Faults of the place that keeps the data: which they are, what callers are told, and when they are over. Between them
 * stands one rule: nothing is acknowledged that is not in the file that the next start will open.
 */

import { statSync } from 'node:fs';
import { StoreUnavailable } from '../store.ts';
import type { Connection } from './database.ts';

/** What SQLite calls them (the begin of a code decides), and in our words; `PLACE` is the file. */
const FAULTS: readonly [code: RegExp, words: string][] = [
  [/^SQLITE_FULL/, 'The disk of PLACE is full. Free some space on it.'],
  [/^SQLITE_(IOERR|CANTOPEN)/, 'PLACE cannot be read or written (CODE). Look after its disk.'],
  [/^SQLITE_(READONLY|PERM|AUTH)/, 'PLACE may not be written (CODE). Allow it.'],
  [/^SQLITE_(CORRUPT|NOTADB)/, 'PLACE is damaged. Stop Squab, and see what `squab check` says of its folder.'],
  [/^SQLITE_(BUSY|LOCKED|PROTOCOL)/, 'PLACE is locked by another program. End that one.'],
  [/^SQLITE_NOMEM/, 'There is no memory left to work on PLACE.'],
];

export class Faults {
  readonly #connection: Connection;
  readonly #changes;
  readonly #path: string | undefined;
  /** The database and its log, which SQLite makes with the first write. */
  readonly #files: { path: string; id: string | undefined }[];
  #fault: StoreUnavailable | undefined;
  /** How many rows had been changed when the last verb failed, those that were taken back included. */
  #changesThen = 0;
  #listener: (fault: StoreUnavailable | undefined) => void = () => {};

  /** `path` of the open database file; undefined when the data are in memory. */
  constructor(connection: Connection, path: string | undefined) {
    this.#connection = connection;
    this.#changes = connection.prepare<[], number>('SELECT total_changes()').pluck();
    this.#path = path;
    this.#files = path === undefined ? [] : [path, `${path}-wal`].map((file) => ({ path: file, id: identityOf(file) }));
  }

  /** A verb has failed, and none was stored since. */
  get present(): boolean {
    return this.#fault !== undefined;
  }

  onFault(listener: (fault: StoreUnavailable | undefined) => void): void {
    this.#listener = listener;
  }

  /**
   * Throws StoreUnavailable when a file is not where it was: SQLite would go on writing to one that has no name any
   * more. It takes 2 µs a file, which is why each turn can afford it.
   */
  check(): void {
    for (const file of this.#files) {
      const id = this.#identityNow(file.path);
      file.id ??= id;
      if (id === file.id) continue;
      throw new StoreUnavailable(
        `${file.path} is gone: deleted, moved or replaced while Squab works on it. ` +
          'Put it back, or start Squab anew with what is there now.',
      );
    }
  }

  /** A folder above the file may have become one that nobody may enter. */
  #identityNow(path: string): string | undefined {
    try {
      return identityOf(path);
    } catch (error) {
      throw new StoreUnavailable(`${path} cannot be reached (${codeOf(error)}). Look after the folders above it.`, {
        cause: error,
      });
    }
  }

  /** What to tell the callers of a verb that failed: StoreUnavailable when that was a fault of the place. */
  told(error: unknown): unknown {
    const fault = error instanceof StoreUnavailable ? error : this.#explained(error);
    if (!fault) return error;
    this.#changesThen = this.#changesNow();
    if (this.#fault?.message !== fault.message) this.#listener(fault);
    this.#fault = fault;
    return fault;
  }

  /** A turn was committed. Only one that wrote something proves that the fault is over. */
  committed(): void {
    if (!this.#fault || this.#changesNow() === this.#changesThen) return;
    this.#fault = undefined;
    this.#listener(undefined);
  }

  #explained(error: unknown): StoreUnavailable | undefined {
    const code = codeOf(error);
    const words = FAULTS.find(([pattern]) => pattern.test(code))?.[1];
    if (words === undefined) return undefined;
    const place = this.#path ?? 'the database in memory';
    const message = words.replace('PLACE', place).replace('CODE', `${code}: ${(error as Error).message}`);
    return new StoreUnavailable(message[0]!.toUpperCase() + message.slice(1), { cause: error });
  }

  #changesNow(): number {
    return this.#connection.open ? this.#changes.get()! : 0;
  }
}

/** Whether each other verb would fail likewise, however small it is. On a full disk a small one may find room. */
export function concernsAll(error: unknown): boolean {
  return error instanceof StoreUnavailable || /^SQLITE_(IOERR|READONLY|CANTOPEN|BUSY)/.test(codeOf(error));
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function identityOf(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found && `${found.dev}:${found.ino}`;
}
