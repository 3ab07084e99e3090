/**
 * Recognizes faults of the disk and the files that hold the data, turns them into errors for the callers, and decides
 * when a fault is over. The rule behind all of this: Squab acknowledges nothing that is not in the file that the next
 * start will open.
 */

import { statSync } from 'node:fs';
import { StoreUnavailable } from '../store.ts';
import type { Connection } from './database.ts';

/** Prefixes of SQLite's error codes, and Squab's messages. FILE stands for the path, CODE for SQLite's error. */
const FAULTS: readonly [code: RegExp, message: string][] = [
  [/^SQLITE_FULL/, 'The disk that holds FILE is full. Free some space on it.'],
  [/^SQLITE_(IOERR|CANTOPEN)/, 'FILE cannot be read or written (CODE). Check its disk.'],
  [/^SQLITE_(READONLY|PERM|AUTH)/, 'FILE is not writable (CODE). Make it writable for the user that runs Squab.'],
  [/^SQLITE_(CORRUPT|NOTADB)/, 'FILE is damaged. Stop Squab and run `squab check` on its folder.'],
  [/^SQLITE_(BUSY|LOCKED|PROTOCOL)/, 'FILE is locked by another program. Stop that program.'],
  [/^SQLITE_NOMEM/, 'There is not enough memory to work on FILE. Make more memory available.'],
];

export class Faults {
  readonly #connection: Connection;
  readonly #changes;
  readonly #path: string | undefined;
  /** The database and its log, which SQLite creates with the first write. */
  readonly #files: { path: string; id: string | undefined }[];
  #fault: StoreUnavailable | undefined;
  /** How many rows had been changed when the last verb failed, including changes that were rolled back. */
  #changesAtFailure = 0;
  #listener: (fault: StoreUnavailable | undefined) => void = () => {};

  /** `path` is that of the open database file; undefined if the data are in memory. */
  constructor(connection: Connection, path: string | undefined) {
    this.#connection = connection;
    this.#changes = connection.prepare<[], number>('SELECT total_changes()').pluck();
    this.#path = path;
    this.#files = path === undefined ? [] : [path, `${path}-wal`].map((file) => ({ path: file, id: identityOf(file) }));
  }

  /** Whether a verb has failed and none has been stored since. */
  get ongoing(): boolean {
    return this.#fault !== undefined;
  }

  onFault(listener: (fault: StoreUnavailable | undefined) => void): void {
    this.#listener = listener;
  }

  /**
   * Throws StoreUnavailable if a file is no longer where it was: SQLite would go on writing to a file that has been
   * deleted or moved. This takes 2 µs per file, which every turn can afford.
   */
  check(): void {
    for (const file of this.#files) {
      const id = this.#identityNow(file.path);
      file.id ??= id;
      if (id === file.id) continue;
      throw new StoreUnavailable(
        `${file.path} is gone: it was deleted, moved or replaced while Squab was using it. ` +
          'Put it back, or restart Squab to use the file that is there now.',
      );
    }
  }

  /** Throws StoreUnavailable if the folders above the file cannot be entered any more. */
  #identityNow(path: string): string | undefined {
    try {
      return identityOf(path);
    } catch (error) {
      throw new StoreUnavailable(`${path} cannot be reached (${codeOf(error)}). Check the folders above it.`, {
        cause: error,
      });
    }
  }

  /**
   * Records that a verb failed with `error`, and reports a new fault to the listener. Returns the error for the
   * callers: StoreUnavailable for a fault of the disk or the files, else `error` itself.
   */
  record(error: unknown): unknown {
    const fault = error instanceof StoreUnavailable ? error : this.#asUnavailable(error);
    if (!fault) return error;
    this.#changesAtFailure = this.#changesNow();
    if (this.#fault?.message !== fault.message) this.#listener(fault);
    this.#fault = fault;
    return fault;
  }

  /** Takes note of a committed turn. Only a turn that wrote something proves that the fault is over. */
  committed(): void {
    if (!this.#fault || this.#changesNow() === this.#changesAtFailure) return;
    this.#fault = undefined;
    this.#listener(undefined);
  }

  #asUnavailable(error: unknown): StoreUnavailable | undefined {
    const code = codeOf(error);
    const template = FAULTS.find(([pattern]) => pattern.test(code))?.[1];
    if (template === undefined) return undefined;
    const file = this.#path ?? 'the database in memory';
    const message = template.replace('FILE', file).replace('CODE', `${code}: ${(error as Error).message}`);
    return new StoreUnavailable(message[0]!.toUpperCase() + message.slice(1), { cause: error });
  }

  #changesNow(): number {
    return this.#connection.open ? this.#changes.get()! : 0;
  }
}

/** Whether every verb would fail like this, however small. (On a full disk a small one may still find room.) */
export function affectsAllVerbs(error: unknown): boolean {
  return error instanceof StoreUnavailable || /^SQLITE_(IOERR|READONLY|CANTOPEN|BUSY)/.test(codeOf(error));
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function identityOf(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found && `${found.dev}:${found.ino}`;
}
