/**
 * Recognizes faults of the disk and the files that hold the data, turns them into errors for the callers, and decides
 * when a fault is over. The rule behind all of this: Squab acknowledges nothing that is not in the file that the next
 * start will open.
 */

import { constants, copyFileSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs';
import { CatalogueFull } from '../catalogue-bound.ts';
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

/** SQLite's log has the name of the database with this suffix. */
export const LOG_SUFFIX = '-wal';

/** A file that nothing except Squab's own SQLite connection may change. */
interface OwnFile {
  path: string;
  /** The device and inode of the file that is open; undefined until it exists. */
  id: string | undefined;
  /** The number of bytes that it had after the last change by SQLite. */
  size: number;
}

export class Faults {
  readonly #connection: Connection;
  readonly #changes;
  readonly #path: string | undefined;
  /** The database and its log, which SQLite creates with the first write. */
  readonly #files: OwnFile[];
  #fault: StoreUnavailable | undefined;
  /** How many rows had been changed when the last verb failed, including changes that were rolled back. */
  #changesAtFailure = 0;
  #listener: (fault: StoreUnavailable | undefined) => void = () => {};

  /** `path` is that of the open database file; undefined if the data is in memory. */
  constructor(connection: Connection, path: string | undefined) {
    this.#connection = connection;
    this.#changes = connection.prepare<[], number>('SELECT total_changes()').pluck();
    this.#path = path;
    const paths = path === undefined ? [] : [path, `${path}${LOG_SUFFIX}`];
    this.#files = paths.map((file) => ({ path: file, id: found(file)?.id, size: 0 }));
    this.wrote();
  }

  /** Whether a verb has failed and none has been stored since. */
  get ongoing(): boolean {
    return this.#fault !== undefined;
  }

  onFault(listener: (fault: StoreUnavailable | undefined) => void): void {
    this.#listener = listener;
  }

  /**
   * Throws StoreUnavailable if a file was deleted, moved, replaced or truncated: SQLite would go on writing to the file
   * that it has open, or beyond the end of the truncated file. Must be called before each write. This takes about 2 µs per file, as does `wrote`, which every turn can afford.
   */
  check(): void {
    for (const file of this.#files) {
      const now = this.#now(file.path);
      file.id ??= now?.id;
      if (now?.id !== file.id) {
        throw new StoreUnavailable(
          `${file.path} is gone: it was deleted, moved or replaced while Squab was using it. ` +
            'Put it back, or restart Squab to use the file that is there now.',
        );
      }
      if (now && now.size < file.size) {
        throw new StoreUnavailable(
          `${file.path} was truncated while Squab was using it: it has ${now.size} bytes, and had ${file.size} after ` +
            "Squab's last write. Any data beyond that is lost. Restart Squab to continue with what is left; if it " +
            'does not start, restore a copy of the folder.',
        );
      }
    }
  }

  /** Records the sizes of the files. Must be called after each write. Never throws, since the write has succeeded. */
  wrote(): void {
    for (const file of this.#files) {
      try {
        file.size = found(file.path)?.size ?? file.size;
      } catch {
        // The next check reports the reason.
      }
    }
  }

  /**
   * Closes the connection, which merges the log into the database. SQLite would also merge what is left of a truncated
   * log, including a part of a transaction, which would corrupt the database. Such a log is kept for the next start,
   * which recovers the complete transactions in it.
   */
  close(): void {
    try {
      this.check();
    } catch (error) {
      this.record(error);
    }
    const log = this.#files.find((file) => file.path.endsWith(LOG_SUFFIX) && isTruncated(file));
    if (!log) {
      this.#connection.close();
      return;
    }
    const kept = `${log.path}.kept`;
    rmSync(kept, { force: true });
    copyFileSync(log.path, kept, constants.COPYFILE_EXCL);
    try {
      // SQLite cannot read the first page of an empty log, so it merges nothing.
      truncateSync(log.path);
      this.#connection.close();
    } finally {
      // SQLite deletes the log if it had been merged completely before.
      if (found(log.path)) renameSync(kept, log.path);
      else rmSync(kept);
    }
  }

  /** Throws StoreUnavailable if the folders above the file cannot be entered any more. */
  #now(path: string): { id: string; size: number } | undefined {
    try {
      return found(path);
    } catch (error) {
      throw new StoreUnavailable(`${path} cannot be reached (${codeOf(error)}). Check the folders above it.`, {
        cause: error,
      });
    }
  }

  /**
   * Records that a verb failed with `error`, and reports a new fault to the listener. Returns the error for the
   * callers: StoreUnavailable for a fault of the disk or the files, else `error` itself. (CatalogueFull is no fault of them.)
   */
  record(error: unknown): unknown {
    if (error instanceof CatalogueFull) return error;
    const fault = error instanceof StoreUnavailable ? error : this.#asUnavailable(error);
    if (!fault) return error;
    this.#changesAtFailure = this.#changesNow();
    if (this.#fault?.message !== fault.message) this.#listener(fault);
    this.#fault = fault;
    return fault;
  }

  /** Takes note of a committed turn. Only a turn that wrote something proves that the fault is over. */
  committed(): void {
    this.wrote();
    if (!this.#fault || this.#changesNow() === this.#changesAtFailure) return;
    this.#fault = undefined;
    this.#listener(undefined);
  }

  #asUnavailable(error: unknown): StoreUnavailable | undefined {
    const code = codeOf(error);
    const template = FAULTS.find(([pattern]) => pattern.test(code))?.[1];
    if (template === undefined) return undefined;
    try {
      this.check();
    } catch (cause) {
      // The state of the files explains SQLite's error.
      if (cause instanceof StoreUnavailable) return cause;
    }
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
  if (error instanceof CatalogueFull) return false;
  return error instanceof StoreUnavailable || /^SQLITE_(IOERR|READONLY|CANTOPEN|BUSY)/.test(codeOf(error));
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Returns whether a file is still in its place, but shorter than after the last write. */
function isTruncated({ path, id, size }: OwnFile): boolean {
  try {
    const now = found(path);
    return now !== undefined && now.id === id && now.size < size;
  } catch {
    return false;
  }
}

function found(path: string): { id: string; size: number } | undefined {
  const file = statSync(path, { throwIfNoEntry: false });
  return file && { id: `${file.dev}:${file.ino}`, size: file.size };
}
