/**
 * Files on a machine that has other users: writing a file that nobody else could have prepared, reading one that
 * somebody else may have made, and finding out what others may do with a file. On Windows, which has no such modes,
 * a user's files are protected by the folder of their profile.
 */

import { constants, lstatSync, realpathSync, type Stats, statSync } from 'node:fs';
import { mkdtemp, open, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Bits of a mode: what users may do who neither own the file nor are in its group. */
const OTHERS_READ = 0o004;
const OTHERS_WRITE = 0o002;
const OTHERS_ENTER = 0o001;
/** In a folder with this bit, such as /tmp, users can only rename and delete their own files. */
const STICKY = 0o1000;

/**
 * Writes a file atomically: readers see either the old file or the new one. A link in its place is replaced, not
 * followed. The text is first written in a new folder beside it, whose name nobody can guess and in which nobody else
 * can write.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const folder = await mkdtemp(join(dirname(path), `.${basename(path)}.`));
  const written = join(folder, basename(path));
  try {
    await writeFile(written, text, { flag: 'wx' });
    await rename(written, path);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * Reads a file of up to `bytesMax` bytes. Resolves to undefined if it is longer, or no file at all: a pipe, for
 * example, which may never have anything to read. Rejects with the system's error if it cannot be opened.
 */
export async function readSmallFile(path: string, bytesMax: number): Promise<string | undefined> {
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    if (!(await file.stat()).isFile()) return undefined;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytesMax + 1), 0, bytesMax + 1, 0);
    return bytesRead > bytesMax ? undefined : buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/**
 * Whether another user may have put this file or link here for us to find: it belongs to that user, in a folder where
 * every user can create files, such as /tmp.
 */
export function isPlanted(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found || isTrusted(found)) return false;
  const { mode } = statSync(dirname(path));
  return (mode & OTHERS_WRITE) !== 0 && (mode & STICKY) !== 0;
}

/**
 * Returns why users other than this one and root can change a file or folder, as a clause; undefined if they cannot, or
 * if it does not exist. The group does not count: its members were chosen.
 */
export function whyOthersCanChange(path: string): string | undefined {
  return look(path, (found, real) => {
    if (!isTrusted(found)) return `it belongs to another user (uid ${found.uid})`;
    if (!isReachable(real)) return undefined;
    if (found.mode & OTHERS_WRITE) return `every user of this machine may change it (${modeOf(found)})`;
    const above = statSync(dirname(real));
    if (!(above.mode & OTHERS_WRITE) || above.mode & STICKY) return undefined;
    return `every user of this machine may replace it (${modeOf(above)} of ${dirname(real)})`;
  });
}

/** As `whyOthersCanChange`, for reading a file. */
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

/** Whether a file belongs to this user or to root, who may do everything anyway. */
function isTrusted({ uid }: Stats): boolean {
  return process.getuid === undefined || uid === process.getuid() || uid === 0;
}

/** Whether other users may enter all folders above a file. */
function isReachable(path: string): boolean {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (!(statSync(folder).mode & OTHERS_ENTER)) return false;
    if (folder === dirname(folder)) return true;
  }
}
