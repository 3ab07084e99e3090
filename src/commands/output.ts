/** Prints the output of commands. Quoted text can neither control the terminal nor look like a line of its own. */

import { fstatSync, writeFileSync } from 'node:fs';
import { printableLine } from '../printable.ts';

/** Prints lines on standard output. */
export function say(...lines: string[]): void {
  console.log(lines.map(printableLine).join('\n'));
}

/**
 * Writes a text to standard output, unchanged. Rejects if the system does not take all of it: a file that is cut off may
 * look complete.
 */
export async function print(text: string): Promise<void> {
  const { stdout } = process;
  try {
    // On a disk that is nearly full, the system writes a part of the text. A stream of Node.js does not notice.
    if (fstatSync(stdout.fd).isFile()) writeFileSync(stdout.fd, text);
    else
      await new Promise<void>((resolve, reject) => stdout.write(text, (error) => (error ? reject(error) : resolve())));
  } catch (error) {
    throw new Error(`Cannot write to standard output: ${(error as Error).message}.`, { cause: error });
  }
}

/** Prints a line on standard error. */
export function complain(line: string): void {
  console.error(printableLine(line));
}
