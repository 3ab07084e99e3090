/** Prints the output of commands. Quoted text can neither control the terminal nor look like a line of its own. */

import { printableLine } from '../printable.ts';

/** Prints lines on standard output. */
export function say(...lines: string[]): void {
  console.log(lines.map(printableLine).join('\n'));
}

/** Prints a line on standard error. */
export function complain(line: string): void {
  console.error(printableLine(line));
}
