/**
 * Where Squab caches code from one start to the next: V8's compiled code, and the executable's SQLite. Cached code is run,
 * so it must be in a folder that only this user can change. The machine's shared temporary folder, Node's default, is not.
 */

import { existsSync, lstatSync, mkdirSync, type Stats } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';

/**
 * Mode bits that let the group or all users write, all bits for them, and the one that keeps users from renaming other
 * users' files.
 */
const WRITABLE_BY_OTHERS = 0o022;
const OPEN_TO_OTHERS = 0o077;
const STICKY = 0o1000;

/** Returns the folder, created with mode 0700; undefined if there is none that only this user can enter. */
export function cacheFolder(environment: Readonly<Record<string, string | undefined>>): string | undefined {
  try {
    const base = baseFolder(environment);
    if (base === undefined) return undefined;
    const folder = join(base, 'squab');
    makeFolders(folder);
    return isOnlyOurs(folder) ? folder : undefined;
  } catch {
    return undefined;
  }
}

/** Like `mkdirSync` with `recursive`, which never returns where the system allows no folders, as in /proc. */
function makeFolders(folder: string): void {
  if (existsSync(folder)) return;
  if (dirname(folder) !== folder) makeFolders(dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}

/** The user's folder for caches: by the XDG Base Directory Specification, relative paths are ignored. */
function baseFolder({ XDG_CACHE_HOME, LOCALAPPDATA }: Readonly<Record<string, string | undefined>>) {
  if (XDG_CACHE_HOME && isAbsolute(XDG_CACHE_HOME)) return XDG_CACHE_HOME;
  if (process.platform === 'win32') return LOCALAPPDATA;
  const home = homedir();
  return isAbsolute(home) && dirname(home) !== home ? join(home, '.cache') : undefined;
}

/**
 * Returns whether the folder is this user's, and no other user can enter or replace it: each folder above it must belong to
 * this user or to root. Other users must not even enter, because Node.js creates folders in it that the group may write to
 * if the user's umask says so. Windows has no such modes; there the folder is below the user's profile.
 */
export function isOnlyOurs(folder: string): boolean {
  const uid = process.getuid?.();
  if (uid === undefined) return true;
  const own = lstatSync(folder);
  if (!own.isDirectory() || own.uid !== uid || (own.mode & OPEN_TO_OTHERS) !== 0) return false;
  for (let place = dirname(folder); ; place = dirname(place)) {
    const above = lstatSync(place);
    const isSafe = (above.mode & WRITABLE_BY_OTHERS) === 0 || (above.mode & STICKY) !== 0;
    if (!above.isDirectory() || (above.uid !== uid && above.uid !== 0) || !isSafe) return false;
    if (place === dirname(place)) return true;
  }
}

/** Returns whether a file or folder belongs to this user, and no other user can write to it. Always true on Windows. */
export function isProtected({ uid, mode }: Stats): boolean {
  const ours = process.getuid?.();
  return ours === undefined || (uid === ours && (mode & WRITABLE_BY_OTHERS) === 0);
}
