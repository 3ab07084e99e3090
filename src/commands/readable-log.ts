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
      const details = rest.map(([name, value]) => {
        const text = printable(typeof value === 'string' ? value : JSON.stringify(value));
        return text.includes('\n') ? `\n  ${name}:\n${text.replace(/^/gm, '    ')}` : ` ${name}=${text}`;
      });
      const message = printable(entry.msg).replaceAll('\n', '\n  ');
      const stack = err?.stack ? `\n${printable(err.stack).replace(/^/gm, '  ')}` : '';
      out.write(`${time} ${LEVELS[entry.level] ?? entry.level} ${message}${details.join('')}${stack}\n`);
    },
  };
}
