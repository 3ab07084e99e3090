/** Passwords in ~/.pgpass. See https://www.postgresql.org/docs/current/libpq-pgpass.html. */

import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

interface Account {
  host: string;
  port: string;
  database: string;
  user: string;
}

/** Returns the password of the first line that fits; undefined if there is none, or no file that only its owner can read. */
export function storedPassword({ host, port, database, user }: Account): string | undefined {
  const windows = process.platform === 'win32';
  const home = windows ? join(process.env.APPDATA ?? '', 'postgresql/pgpass.conf') : join(homedir(), '.pgpass');
  const path = process.env.PGPASSFILE ?? home;
  let text: string;
  try {
    if (!windows && (statSync(path).mode & 0o077) !== 0) return undefined;
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  // Connections over a socket are those of localhost.
  const account = [host.startsWith('/') ? 'localhost' : host, port, database, user];
  for (const line of text.split(/\r?\n/).filter((line) => !line.startsWith('#'))) {
    const fields = fieldsOf(line);
    if (fields.length < 5) continue;
    if (account.every((value, index) => fields[index] === '*' || unescaped(fields[index]!) === value))
      return unescaped(fields[4]!);
  }
  return undefined;
}

/** Splits a line at colons that no backslash precedes. */
function fieldsOf(line: string): string[] {
  return line.match(/(?:^|:)((?:\\.|[^:\\])*)/g)?.map((field, index) => (index === 0 ? field : field.slice(1))) ?? [];
}

const unescaped = (field: string) => field.replace(/\\(.)/g, '$1');
