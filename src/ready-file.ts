/**
 * The ready file: says to other programs that a Squab listens, and where. It is there, whole, from the moment at which Squab
 * answers until it stops.
 */

import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Where a Squab listens, and the id of its process. */
export interface Ready {
  url: string;
  port: number;
  /** All of them, where it listens on several ports. */
  urls?: readonly string[];
  pid: number;
}

/** Writes the file, in one piece. Throws an Error that says why it can't. */
export async function writeReadyFile(file: string, ready: Ready): Promise<void> {
  // Readers see the old file or the new one, and never half of it.
  const unfinished = `${file}.${ready.pid}.tmp`;
  try {
    await writeFile(unfinished, `${JSON.stringify(ready)}\n`);
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => {});
    const { code, message } = error as NodeJS.ErrnoException;
    const reason =
      {
        ENOENT: `there is no folder ${dirname(file)}`,
        EISDIR: 'it is a folder',
        EACCES: 'this user may not write there',
      }[code ?? ''] ?? message;
    throw new Error(`Cannot write the ready file ${file}: ${reason}. Choose another with --ready-file.`, {
      cause: error,
    });
  }
}

/** What a ready file says; undefined while there is none, or something else. */
export async function readReadyFile(file: string): Promise<Ready | undefined> {
  try {
    const found = JSON.parse(await readFile(file, 'utf8')) as Partial<Ready> | null;
    return URL.canParse(found?.url ?? '') ? (found as Ready) : undefined;
  } catch {
    return undefined;
  }
}

/** Removes the file, unless another Squab has taken it since. */
export async function removeReadyFile(file: string, { url, pid }: Ready): Promise<void> {
  const found = await readReadyFile(file);
  if (found?.url === url && found.pid === pid) await rm(file, { force: true });
}
