/** What people see of a command that takes its time: a line at the foot of a terminal, and nothing anywhere else. */

const CLEAR = '\r\x1b[K';
const BAR = 24;

export interface Progress {
  /** Shows what is being done; with numbers also how much of it is done. */
  show(doing: string, done?: number, all?: number): void;
  /** Takes the line away. */
  end(): void;
}

/** On the error stream, so that what a command prints can go elsewhere. */
export function progressLine(stream: { isTTY?: boolean; write(text: string): unknown } = process.stderr): Progress {
  if (!stream.isTTY) return { show() {}, end() {} };
  let shown = '';
  return {
    show(doing, done, all) {
      const line = done === undefined || !all ? `${doing} …` : `${doing} ${bar(done / all)} ${done} of ${all}`;
      // A terminal is slower than most of what it shows.
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
