/**
 * SQLite in the single-file executable. An operating system loads native code only from a file, so the code inside the
 * executable is written to one. Such a file must never be one that another user could have put there. The build uses
 * this module instead of better-sqlite3's `lib/binding.js`, which looks for a file beside itself.
 */

import {
  closeSync,
  constants,
  fstatSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getAsset, getRawAsset } from 'node:sea';
import { cacheFolder, isOnlyOurs, isProtected } from '../commands/cache-folder.ts';

/** The assets of the executable: the code, and its SHA-256 in hexadecimal, which is part of the file's name. */
const CODE = 'sqlite.node';
const CHECKSUM = 'sqlite.sha256';

let loaded: unknown;

/** Returns SQLite's binding. Throws an Error with advice if it cannot be loaded. */
export function getBinding(): unknown {
  loaded ??= load(Buffer.from(getRawAsset(CODE)), `sqlite-${getAsset(CHECKSUM, 'utf8')}.node`);
  return loaded;
}

/** Loads the code from the user's cache, or, if that is impossible, from a temporary folder. */
function load(code: Buffer, name: string): unknown {
  const cache = cacheFolder(process.env);
  try {
    if (cache !== undefined) return loadFile(cachedFile(cache, name, code));
  } catch {
    // The cache may be full, read-only, or on a file system from which no code may be run.
  }
  try {
    return loadTemporarily(name, code);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `Cannot load SQLite, which has to be in a file: ${reason}. Set XDG_CACHE_HOME (on Windows, LOCALAPPDATA) to a ` +
        'folder that no other user can change, on a file system that allows programs to run.',
    );
  }
}

/**
 * Returns a file in `folder` that contains exactly `code`. Files arrive under their final name complete, by renaming, so
 * that several executables can start at the same time.
 */
function cachedFile(folder: string, name: string, code: Buffer): string {
  const file = join(folder, name);
  if (contains(file, code)) return file;
  const unfinished = mkdtempSync(join(folder, 'unfinished-'));
  try {
    const written = join(unfinished, name);
    writeFileSync(written, code, { flag: 'wx', mode: 0o600 });
    renameSync(written, file);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return file;
}

/** Whether `file` is a regular file that only this user can change, and contains exactly `code`. */
function contains(file: string, code: Buffer): boolean {
  let opened: number | undefined;
  try {
    // Windows has no symbolic links in a user's profile unless the user makes them, and no such flags. A pipe must not be
    // waited for.
    opened = openSync(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
    const status = fstatSync(opened);
    return status.isFile() && isProtected(status) && status.size === code.length && code.equals(readFileSync(opened));
  } catch {
    return false;
  } finally {
    if (opened !== undefined) closeSync(opened);
  }
}

/**
 * Loads the code from a new folder that is removed at once. Windows does not remove files that are in use, so there the
 * folder stays. Throws an Error if another user could replace the folder.
 */
function loadTemporarily(name: string, code: Buffer): unknown {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'squab-'));
  try {
    if (!isOnlyOurs(folder)) throw new Error(`other users can replace folders in ${tmpdir()}`);
    const file = join(folder, name);
    writeFileSync(file, code, { flag: 'wx', mode: 0o600 });
    return loadFile(file);
  } finally {
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // On Windows.
    }
  }
}

function loadFile(file: string): unknown {
  const module = { exports: {} };
  process.dlopen(module, file);
  return module.exports;
}
