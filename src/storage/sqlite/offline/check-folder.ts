/**
 * Checks the data in a folder: that SQLite can read all of it, that bodies are as they were sent, and that the tables
 * are consistent with each other (check-rules.ts). It only reads, so damaged data stays as evidence.
 */

import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { HIDDEN_ACCOUNT } from '../../hidden.ts';
import { databaseFile } from '../data-folder.ts';
import type { Connection } from '../database.ts';
import { rules } from './check-rules.ts';
import { isNotOfTheData, readFolder } from './reading.ts';

/** How many problems of one kind are listed; the others are only counted. */
const LISTED = 10;

export interface Checked {
  /** The path of the database file. */
  file: string;
  /** The size of the file in bytes. */
  bytes: number;
  /** How many queues and messages there are, without hidden queues. */
  queues: number;
  messages: number;
  /** A sentence for each problem. If there are none, the data is intact. */
  problems: string[];
}

/** Called with the part that is being checked (it completes "Checking …") and, if known, its progress in rows. */
export type Progress = (doing: string, done?: number, all?: number) => void;

/**
 * Checks the data that a Squab left in `folder`. Throws DataFolderError if the folder has no database, is in use, or
 * cannot be read for a reason other than damage.
 */
export function checkFolder(folder: string, progress: Progress = () => {}): Checked {
  const file = databaseFile(folder);
  const problems: string[] = [];
  const look = (connection: Connection) => {
    problems.push(...problemsOf(connection, progress));
    const hidden = `SELECT generation FROM queues WHERE account = '${HIDDEN_ACCOUNT}'`;
    return {
      queues: rowsOf(connection, `queues WHERE account <> '${HIDDEN_ACCOUNT}'`),
      messages: rowsOf(connection, `messages WHERE generation NOT IN (${hidden})`),
    };
  };
  const counted = attempt(problems, 'The file cannot be opened', () => readFolder(folder, look)) ?? {
    queues: 0,
    messages: 0,
  };
  return { file, bytes: statSync(file).size, ...counted, problems };
}

function problemsOf(connection: Connection, progress: Progress): string[] {
  const problems: string[] = [];
  progress('the structure of the file');
  attempt(problems, 'The structure of the file cannot be read', () => {
    const found = connection.pragma(`integrity_check(${LISTED})`) as { integrity_check: string }[];
    const wrong = found.map((row) => row.integrity_check).filter((text) => text !== 'ok');
    problems.push(...wrong.map((text) => `The structure of the file is damaged: ${text.replaceAll('\n', '; ')}.`));
  });
  for (const { about, sql, say } of rules) {
    progress(about);
    attempt(problems, `Cannot check ${about}`, () => {
      problems.push(...listed(about, connection.prepare<[], Record<string, unknown>>(sql).iterate(), say));
    });
  }
  attempt(problems, 'The bodies of messages cannot be read', () =>
    problems.push(...alteredBodies(connection, progress)),
  );
  return problems;
}

/** Returns the bodies that do not match their MD5 digests. SQLite has no checksums that would detect such damage. */
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
  return listed(
    'bodies',
    altered(),
    ({ message_id, key }) => `The body of message ${message_id} (${key}) was altered.`,
  );
}

/** Returns the sentences for the first problems, and one for the number of others. */
function listed<Row>(about: string, rows: Iterable<Row>, say: (row: Row) => string): string[] {
  const problems: string[] = [];
  let others = 0;
  for (const row of rows) {
    if (problems.length < LISTED) problems.push(say(row));
    else others++;
  }
  if (others > 0) problems.push(`${others} more of this kind (${about}).`);
  return problems;
}

/**
 * Runs `look`. If SQLite cannot read something because of damage, adds that to the problems and returns undefined.
 */
function attempt<T>(problems: string[], problem: string, look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (!(error instanceof Database.SqliteError) || isNotOfTheData(error)) throw error;
    problems.push(`${problem}: ${error.message} (${error.code}).`);
    return undefined;
  }
}

function rowsOf(connection: Connection, rows: string): number {
  return connection.prepare<[], number>(`SELECT count(*) FROM ${rows}`).pluck().get()!;
}
