/** The progress of a slow command: one line at the bottom of a terminal, and nothing if there is no terminal. */

const CLEAR = '\r\x1b[K';
const BAR = 24;

export interface Progress {
  /** Shows the current step and, if the numbers are given, how much of it is done. */
  show(doing: string, done?: number, all?: number): void;
  /** Clears the line. */
  end(): void;
}

/** Returns a progress line on standard error, so that a command's output can be redirected. */
export function progressLine(stream: { isTTY?: boolean; write(text: string): unknown } = process.stderr): Progress {
  if (!stream.isTTY) return { show() {}, end() {} };
  let shown = '';
  return {
    show(doing, done, all) {
      const line = done === undefined || !all ? `${doing} …` : `${doing} ${bar(done / all)} ${done} of ${all}`;
      // Writing to a terminal is slower than most of the steps, so an unchanged line is not written again.
      if (line !== shown) stream.write(`${CLEAR}${line}`);
      shown = line;
    },
    end() {
      if (shown !== '') stream.write(CLEAR);
      shown = '';
    },
  };
}

function bar(part: number): string {
  const full = Math.round(part * BAR);
  return `[${'='.repeat(full)}${' '.repeat(BAR - full)}]`;
}
