/**
 * The ready file, which shows other programs that Squab is listening, and at which URL. It is written atomically as
 * soon as Squab is ready, and removed when Squab stops.
 */

import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

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
  // Readers see either the old file or the new one, never a half-written file.
  const temporary = `${file}.${ready.pid}.tmp`;
  try {
    await writeFile(temporary, `${JSON.stringify(ready)}\n`);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    const { code, message } = error as NodeJS.ErrnoException;
    const reason =
      {
        ENOENT: `there is no folder ${dirname(file)}`,
        EISDIR: 'it is a folder',
        EACCES: 'this user has no permission to write there',
      }[code ?? ''] ?? message;
    throw new Error(`Cannot write the ready file ${file}: ${reason}. Choose another file with --ready-file.`, {
      cause: error,
    });
  }
}

/** Reads a ready file. Resolves to undefined if the file does not exist or is not a valid ready file. */
export async function readReadyFile(file: string): Promise<Ready | undefined> {
  try {
    const found = JSON.parse(await readFile(file, 'utf8')) as Partial<Ready> | null;
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
