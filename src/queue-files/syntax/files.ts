/** The files and environment variables that a queue file may refer to. */

import { isUtf8 } from 'node:buffer';
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { QueueFileError } from './tree.ts';

export interface Surroundings {
  /**
   * Returns the text of a file, whose path is relative to the queue file; undefined if it does not exist. Throws
   * QueueFileError.
   */
  readFile(path: string): string | undefined;
  environment: Readonly<Record<string, string | undefined>>;
}

/** For a text that is not in a file. */
export const noSurroundings: Surroundings = { readFile: () => undefined, environment: {} };

/** Returns the surroundings of a file in this folder. */
export function surroundingsIn(folder: string): Surroundings {
  const texts = new Map<string, string | undefined>();
  return {
    readFile(path) {
      if (!texts.has(path)) texts.set(path, readText(resolve(folder, path), path));
      return texts.get(path);
    },
    environment: process.env,
  };
}

/** Reads a file as text. Returns undefined if it does not exist. Throws QueueFileError, with the path as `shown`. */
export function readText(path: string, shown = path): string | undefined {
  let bytes: Buffer;
  try {
    // Such as /dev/zero, which never ends. A pipe is fine: `--config <(generate)`.
    if (statSync(path).isCharacterDevice()) throw new QueueFileError(`Cannot read ${shown}: it is a device.`);
    bytes = readFileSync(path);
  } catch (error) {
    if (error instanceof QueueFileError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new QueueFileError(`Cannot read ${shown}: ${code === 'EISDIR' ? 'it is a folder' : message}.`);
  }
  // Binary data may parse as YAML, and errors would then print it on a terminal.
  if (!isUtf8(bytes) || bytes.includes(0)) throw new QueueFileError(`Cannot read ${shown}: it is not UTF-8 text.`);
  return bytes.toString();
}
