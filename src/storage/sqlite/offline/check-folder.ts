/**
 * Checks the data of a folder: that SQLite can read all of it, that bodies are what was sent, and that the tables agree with
 * each other as check-rules.ts says. It only reads, so what is damaged stays as evidence.
 */

import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { type Connection, databaseFile } from '../database.ts';
import { rules } from './check-rules.ts';
import { readFolder } from './reading.ts';

/** So many problems of one kind are named; the others are only counted. */
const NAMED = 10;

export interface Checked {
  /** The database file. */
  file: string;
  bytes: number;
  queues: number;
  messages: number;
  /** A sentence for each; none: the data are sound. */
  problems: string[];
}

/** Hears what is being looked at, and where it is counted how much of it, for people who wait. */
export type Progress = (doing: string, done?: number, all?: number) => void;

/** Checks what a Squab left in `folder`. Throws DataFolderError when it cannot be checked: it is not there, or in use. */
export function checkFolder(folder: string, progress: Progress = () => {}): Checked {
  const file = databaseFile(folder);
  const problems: string[] = [];
  const look = (connection: Connection) => {
    problems.push(...problemsOf(connection, progress));
    return { queues: rowsOf(connection, 'queues'), messages: rowsOf(connection, 'messages') };
  };
  const counted = caught(problems, 'It cannot be opened', () => readFolder(folder, look)) ?? { queues: 0, messages: 0 };
  return { file, bytes: statSync(file).size, ...counted, problems };
}

function problemsOf(connection: Connection, progress: Progress): string[] {
  const problems: string[] = [];
  progress('the structure of the file');
  caught(problems, 'Its structure cannot be read', () => {
    const found = connection.pragma(`integrity_check(${NAMED})`) as { integrity_check: string }[];
    const wrong = found.map((row) => row.integrity_check).filter((text) => text !== 'ok');
    problems.push(...wrong.map((text) => `The structure of the file is damaged: ${text.replaceAll('\n', '; ')}.`));
  });
  for (const { about, sql, say } of rules) {
    progress(about);
    caught(problems, `What is to be known of ${about} cannot be read`, () => {
      problems.push(...named(about, connection.prepare<[], Record<string, unknown>>(sql).iterate(), say));
    });
  }
  caught(problems, 'The bodies of messages cannot be read', () =>
    problems.push(...alteredBodies(connection, progress)),
  );
  return problems;
}

/** SQLite has no checksums: what went wrong inside a body only the body's own digest tells. */
function alteredBodies(connection: Connection, progress: Progress): string[] {
  const all = rowsOf(connection, 'contents');
  const rows = connection.prepare<[], { key: number; message_id: string; body: Buffer; body_md5: string }>(
    'SELECT key, message_id, CAST(body AS BLOB) AS body, body_md5 FROM contents',
  );
  function* altered() {
    let seen = 0;
    for (const row of rows.iterate()) {
      if (seen++ % 10_000 === 0) progress('the bodies of messages', seen - 1, all);
      if (createHash('md5').update(row.body).digest('hex') !== row.body_md5) yield row;
    }
  }
  return named('bodies', altered(), ({ message_id, key }) => `The body of message ${message_id} (${key}) was altered.`);
}

function named<Row>(about: string, rows: Iterable<Row>, say: (row: Row) => string): string[] {
  const problems: string[] = [];
  let others = 0;
  for (const row of rows) {
    if (problems.length < NAMED) problems.push(say(row));
    else others++;
  }
  if (others > 0) problems.push(`${others} more of this kind (${about}).`);
  return problems;
}

/** Undefined when SQLite could not read something, which is a problem like others. */
function caught<T>(problems: string[], problem: string, look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (!(error instanceof Database.SqliteError)) throw error;
    problems.push(`${problem}: ${error.message} (${error.code}).`);
    return undefined;
  }
}

function rowsOf(connection: Connection, table: string): number {
  return connection.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get()!;
}
