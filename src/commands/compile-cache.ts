/**
 * Where Node.js keeps what V8 made of Squab's code from one start to the next. The cache is code, so it must be in a folder
 * that only this user can change: Node's default is in the machine's shared temporary folder, where anybody could have put it.
 */

import { lstatSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';

/** Mode bits that let the group or others write, and the sticky bit, which keeps users from renaming others' files. */
const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/** The folder for the cache, created with mode 0700; undefined when there is none that this user alone can change. */
export function compileCacheFolder(environment: Readonly<Record<string, string | undefined>>): string | undefined {
  const base = baseFolder(environment);
  if (base === undefined) return undefined;
  const folder = join(base, 'squab');
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return isOurs(folder) ? folder : undefined;
  } catch {
    return undefined;
  }
}

/** The user's folder for caches: by the XDG Base Directory Specification, relative paths are ignored. */
function baseFolder({ XDG_CACHE_HOME, LOCALAPPDATA }: Readonly<Record<string, string | undefined>>) {
  if (XDG_CACHE_HOME && isAbsolute(XDG_CACHE_HOME)) return XDG_CACHE_HOME;
  if (process.platform === 'win32') return LOCALAPPDATA;
  const home = homedir();
  return isAbsolute(home) && dirname(home) !== home ? join(home, '.cache') : undefined;
}

/**
 * Whether the folder is this user's, and no other user can write to it or replace it: each folder above it must
 * belong to this user or to root. Windows has no such modes; there the folder is below the user's profile.
 */
function isOurs(folder: string): boolean {
  const uid = process.getuid?.();
  if (uid === undefined) return true;
  const own = lstatSync(folder);
  if (!own.isDirectory() || own.uid !== uid || (own.mode & WRITABLE_BY_OTHERS) !== 0) return false;
  for (let place = dirname(folder); ; place = dirname(place)) {
    const above = lstatSync(place);
    const isSafe = (above.mode & WRITABLE_BY_OTHERS) === 0 || (above.mode & STICKY) !== 0;
    if (!above.isDirectory() || (above.uid !== uid && above.uid !== 0) || !isSafe) return false;
    if (place === dirname(place)) return true;
  }
}
