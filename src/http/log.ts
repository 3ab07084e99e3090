/**
 * Writes lines to the stream of the log. Node.js keeps in memory what a pipe does not take. A program that starts Squab
 * may read the first line and never again, and clients can cause any number of lines.
 */

import { printable } from '../printable.ts';

/** How many characters may wait for the reader of the log. */
const WAITING_MAX = 1024 * 1024;

interface Destination {
  write(line: string): unknown;
  /** The characters that wait to be written, if it is one of Node.js's streams. */
  readonly writableLength?: number;
}

export class Log {
  readonly #destination: Destination;
  /** How many lines have been dropped since the last one that was written. */
  #dropped = 0;

  constructor(destination: Destination) {
    this.#destination = destination;
  }

  /** Writes a line, or drops it while too much is waiting, until half of that has been read. */
  write(line: string): void {
    const { writableLength = 0 } = this.#destination;
    if (writableLength > (this.#dropped === 0 ? WAITING_MAX : WAITING_MAX / 2)) {
      this.#dropped++;
      return;
    }
    if (this.#dropped > 0) this.#destination.write(noticeOf(this.#dropped, line));
    this.#dropped = 0;
    // Lines can quote clients. Escaping keeps them valid JSON with the same meaning.
    this.#destination.write(printable(line));
  }
}

/** Returns a line of level `warn` that says how many are missing, at the time of the next line. */
function noticeOf(dropped: number, next: string): string {
  const { time, pid, hostname } = JSON.parse(next) as Record<string, unknown>;
  const what = dropped === 1 ? '1 line of the log is' : `${dropped} lines of the log are`;
  const msg = `${what} missing here, because nothing was reading it.`;
  return `${JSON.stringify({ level: 40, time, pid, hostname, msg })}\n`;
}
