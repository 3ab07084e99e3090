/** Log lines for people at a terminal; everything else gets them as JSON. */

const LEVELS: Record<number, string> = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' };

/** What is in every line, and is of no use to somebody who watches. */
const UNREAD = new Set(['level', 'time', 'pid', 'hostname', 'msg', 'reqId']);

interface Entry {
  level: number;
  time: number;
  msg: string;
  err?: { stack?: string };
}

/** Takes JSON lines and writes readable ones; lines of the level `info` are left to the banner. */
export function readableLog(out: { write(text: string): unknown }): { write(line: string): void } {
  return {
    write(line) {
      const { err, ...entry } = JSON.parse(line) as Entry;
      if (entry.level === 30) return;
      const time = new Date(entry.time).toISOString().slice(11, 23);
      const rest = Object.entries(entry).filter(([name]) => !UNREAD.has(name));
      const details = rest.map(([name, value]) => {
        const text = typeof value === 'string' ? value : JSON.stringify(value);
        return text.includes('\n') ? `\n  ${name}:\n${text.replace(/^/gm, '    ')}` : ` ${name}=${text}`;
      });
      const stack = err?.stack ? `\n${err.stack.replace(/^/gm, '  ')}` : '';
      out.write(`${time} ${LEVELS[entry.level] ?? entry.level} ${entry.msg}${details.join('')}${stack}\n`);
    },
  };
}
