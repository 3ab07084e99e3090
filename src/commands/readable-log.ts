/** Formats log lines for a terminal. Anywhere else, the log stays JSON. */

import { printable } from '../printable.ts';

const LEVELS: Record<number, string> = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' };

/** Members of every line that are shown differently, or are of no use to a reader. */
const OMITTED = new Set(['level', 'time', 'pid', 'hostname', 'msg', 'reqId']);

interface Entry {
  level: number;
  time: number;
  msg: string;
  err?: { stack?: string };
}

/** Returns a stream that takes JSON lines and writes readable ones. It drops `info` lines: the banner replaces them. */
export function readableLog(out: { write(text: string): unknown }): { write(line: string): void } {
  return {
    write(line) {
      const { err, ...entry } = JSON.parse(line) as Entry;
      if (entry.level === 30) return;
      const time = new Date(entry.time).toISOString().slice(11, 23);
      const rest = Object.entries(entry).filter(([name]) => !OMITTED.has(name));
      const [inside, below]: [string[], string[]] = [[], []];
      for (const [name, value] of rest) {
        if (typeof value === 'string' && value.includes('\n'))
          below.push(`\n  ${name}:\n${printable(value).replace(/^/gm, '    ')}`);
        else inside.push(` ${name}=${printable(isPlain(value) ? value : JSON.stringify(value))}`);
      }
      const details = [...inside, ...below].join('');
      const message = printable(entry.msg).replaceAll('\n', '\n  ');
      const stack = err?.stack ? `\n${printable(err.stack).replace(/^/gm, '  ')}` : '';
      out.write(`${time} ${LEVELS[entry.level] ?? entry.level} ${message}${details}${stack}\n`);
    },
  };
}

/** Returns whether this is a text that looks neither like several details nor like a list, an object or a text in quotes. */
function isPlain(value: unknown): value is string {
  return typeof value === 'string' && !/\s|^["{[]|^$/.test(value);
}
