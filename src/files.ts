/**
 * Files on a machine with other users: replaces a file without following links, reads a file that another user may have
 * created, and finds out whether other users can read or change a file. Windows has no such modes; there, the user's
 * profile folder protects files.
 */

import { constants, lstatSync, realpathSync, type Stats, statSync } from 'node:fs';
import { mkdtemp, open, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Mode bits for users who neither own the file nor belong to its group. */
const OTHERS_READ = 0o004;
const OTHERS_WRITE = 0o002;
const OTHERS_ENTER = 0o001;
/** In a folder with this mode bit, such as /tmp, users can rename and delete only their own files. */
const STICKY = 0o1000;

/**
 * Writes a file atomically: readers see either the old file or the new one. Replaces a link at this path instead of
 * following it. The text is first written to a new folder beside the file, which has an unpredictable name and to which
 * only this user can write. `mode`: the mode of the new file; by default, that of new files.
 */
export async function replaceFile(path: string, text: string, mode?: number): Promise<void> {
  const folder = await mkdtemp(join(dirname(path), `.${basename(path)}.`));
  const written = join(folder, basename(path));
  try {
    await writeFile(written, text, { flag: 'wx', mode });
    await rename(written, path);
  } finally {
    // A reader that was waiting for the file may already have deleted everything.
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Reads a file of up to `bytesMax` bytes. Resolves to undefined if the file is longer, is not a regular file (reading a
 * pipe, for example, may never end), or is planted. Rejects with the system's error if the file cannot be opened.
 */
export async function readSmallFile(path: string, bytesMax: number): Promise<string | undefined> {
  if (isPlanted(path)) return undefined;
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const found = await file.stat();
    // Looks again at what was opened: another user may have created it only now.
    if (!found.isFile() || isPlanted(path, found)) return undefined;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytesMax + 1), 0, bytesMax + 1, 0);
    return bytesRead > bytesMax ? undefined : buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/**
 * Returns whether another user may have created this to mislead Squab: it belongs to another user, and is either no
 * regular file, such as a link, or in a folder where every user can create files, such as /tmp. `found`: what `lstat` says,
 * or what was opened, for a caller that does more with it: the other user may replace it in the meantime.
 */
export function isPlanted(path: string, found = lstatSync(path, { throwIfNoEntry: false })): boolean {
  if (!found || isTrusted(found)) return false;
  if (!found.isFile()) return true;
  const { mode } = statSync(dirname(path));
  return (mode & OTHERS_WRITE) !== 0 && (mode & STICKY) !== 0;
}

/**
 * Returns a clause that says why users other than this one and root can change a file or folder. Returns undefined if
 * they cannot, or if it does not exist. Ignores the permissions of the group, which the owner chose.
 */
export function whyOthersCanChange(path: string): string | undefined {
  return look(path, (found, real) => {
    if (!isTrusted(found)) return `it belongs to another user (uid ${found.uid})`;
    if (found.mode & OTHERS_WRITE && isReachable(real)) {
      return `every user of this machine may change it (${modeOf(found)})`;
    }
    // Whoever can rename a folder above it can put another one in its place.
    for (let place = real; place !== dirname(place); place = dirname(place)) {
      const above = statSync(dirname(place));
      if (above.mode & OTHERS_WRITE && !(above.mode & STICKY) && isReachable(place)) {
        return `every user of this machine may replace it (${modeOf(above)} of ${dirname(place)})`;
      }
    }
    return undefined;
  });
}

/** Like `whyOthersCanChange`, for reading a file. */
export function whyOthersCanRead(path: string): string | undefined {
  return look(path, (found, real) => {
    if (!(found.mode & OTHERS_READ) || !isReachable(real)) return undefined;
    return `every user of this machine may read it (${modeOf(found)})`;
  });
}

function look(path: string, find: (found: Stats, real: string) => string | undefined): string | undefined {
  if (process.getuid === undefined) return undefined;
  try {
    const real = realpathSync(path);
    return find(statSync(real), real);
  } catch {
    return undefined;
  }
}

function modeOf({ mode }: Stats): string {
  return `mode ${(mode & 0o7777).toString(8).padStart(4, '0')}`;
}

/** Returns whether a file belongs to this user or to root. */
function isTrusted({ uid }: Stats): boolean {
  return process.getuid === undefined || uid === process.getuid() || uid === 0;
}

/** Returns whether other users can enter all folders above a file. */
function isReachable(path: string): boolean {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (!(statSync(folder).mode & OTHERS_ENTER)) return false;
    if (folder === dirname(folder)) return true;
  }
}
