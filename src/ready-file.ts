/**
 * The ready file, which shows other programs that Squab is listening, and at which URL. It is written atomically as
 * soon as Squab is ready, and removed when Squab stops.
 */

import { lstat, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readSmallFile, replaceFile } from './files.ts';

/** A ready file with one URL has less than 100 bytes. */
const BYTES_MAX = 65_536;

/** Others may read it, but not change it, even if the umask is 0. */
const MODE = 0o644;

/** The contents of a ready file. */
export interface Ready {
  url: string;
  port: number;
  /** All URLs, if Squab listens on several ports. */
  urls?: readonly string[];
  /** The process ID of Squab. */
  pid: number;
}

/** Writes the file atomically. Throws an Error that says why it cannot be written. */
export async function writeReadyFile(file: string, ready: Ready): Promise<void> {
  try {
    await checkReplaceable(file);
    await replaceFile(file, `${JSON.stringify(ready)}\n`, MODE);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason =
      {
        ENOENT: `there is no folder ${dirname(file)}`,
        EISDIR: 'it is a folder',
        ENOTDIR: `${dirname(file)} is not a folder`,
        EACCES: 'this user has no permission to write there',
        EPERM: 'the existing file belongs to another user',
      }[code ?? ''] ?? message;
    throw new Error(`Cannot write the ready file ${file}: ${reason}. Choose another file with --ready-file.`, {
      cause: error,
    });
  }
}

/** Throws an Error if there is anything but a file or a link: renaming would replace a device such as /dev/null. */
async function checkReplaceable(file: string): Promise<void> {
  const found = await lstat(file).catch(() => undefined);
  if (found?.isDirectory()) throw new Error('it is a folder');
  if (found && !found.isFile() && !found.isSymbolicLink()) throw new Error('it is a device, a pipe or a socket');
}

/**
 * Reads a ready file. Resolves to undefined if the file does not exist, is not a valid ready file, or was created by
 * another user in a shared folder such as /tmp.
 */
export async function readReadyFile(file: string): Promise<Ready | undefined> {
  try {
    const found = JSON.parse((await readSmallFile(file, BYTES_MAX)) ?? '') as Partial<Ready> | null;
    return URL.canParse(found?.url ?? '') ? (found as Ready) : undefined;
  } catch {
    return undefined;
  }
}

/** Removes the file, unless another Squab has overwritten it in the meantime. */
export async function removeReadyFile(file: string, { url, pid }: Ready): Promise<void> {
  const found = await readReadyFile(file);
  if (found?.url === url && found.pid === pid) await rm(file, { force: true });
}
