/** `squab check DIR` and `squab check --database URL`: check the integrity of data. */

import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UsageError } from '../settings/config.ts';
import { DatabaseUnusable } from '../storage/postgres/opening/target.ts';
import { DataFolderError } from '../storage/sqlite/data-folder.ts';
import { type Checked, checkFolder } from '../storage/sqlite/offline/check-folder.ts';
import { plural, readArguments } from './arguments.ts';
import { say } from './output.ts';
import { progressLine } from './progress.ts';

const INTACT = 0;
const PROBLEMS = 1;

const help = `squab check: checks the integrity of a data folder, or of a database

Usage: squab check DIR
       squab check --database URL [--database-schema NAME]

Checks the database in a data folder (squab --data DIR): its structure, the bodies of messages, and whether counts,
messages, message groups, move tasks, topics and subscriptions are consistent. It changes nothing. The folder must not be
in use; a folder that Squab left behind in a crash can be checked.

Checks the tables in a PostgreSQL database (squab --database URL) likewise, as of one moment; Squabs may be using it.

Exit code: 0 if the data is intact, 1 if there are problems, 2 if the data could not be checked.`;

/**
 * Returns the exit code: 0 if the data is intact, 1 if there are problems. Throws UsageError if there is nothing to
 * check, the folder is in use, or the database cannot be used.
 */
export async function run(args: readonly string[]): Promise<number> {
  const flags = readArguments(args, { values: ['database', 'database-schema'] });
  if (!flags) {
    console.log(help);
    return INTACT;
  }
  const { positionals } = flags;
  const database = flags.values.get('database') ?? (positionals.length === 0 ? process.env.SQUAB_DATABASE : undefined);
  const checked = await (database === undefined || database === ''
    ? checkFolderOf(positionals)
    : checkDatabaseOf(database, flags.values.get('database-schema') ?? process.env.SQUAB_DATABASE_SCHEMA, positionals));
  say(...described(checked));
  return checked.problems.length === 0 ? INTACT : PROBLEMS;
}

/** What was checked, and what was found. */
interface Found {
  what: string;
  bytes: number;
  queues: number;
  messages: number;
  problems: string[];
}

async function checkFolderOf([folder, ...others]: readonly string[]): Promise<Found> {
  if (folder === undefined) {
    throw new UsageError('check needs a data folder or a database: squab check DIR, or squab check --database URL.');
  }
  if (others.length > 0)
    throw new UsageError(`check takes one folder, but was also given ${JSON.stringify(others[0])}.`);
  const path = resolve(folder);
  await checkIsFolder(path);
  const { file, ...found } = check(path);
  return { what: file, ...found };
}

async function checkDatabaseOf(url: string, schema: string | undefined, [folder]: readonly string[]): Promise<Found> {
  if (folder !== undefined) {
    throw new UsageError(
      `check takes a folder or a database, but was given both: ${JSON.stringify(folder)} is a folder.`,
    );
  }
  const { checkDatabase } = await import('../storage/postgres/checking/check-database.ts');
  const progress = progressLine();
  try {
    const { where, ...found } = await checkDatabase({ url, schema }, (doing, done, all) =>
      progress.show(`Checking ${doing}`, done, all),
    );
    return { what: where, ...found };
  } catch (error) {
    throw error instanceof DatabaseUnusable ? new UsageError(`Not checked: ${error.message}`) : error;
  } finally {
    progress.end();
  }
}

async function checkIsFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (!found) throw new UsageError(`The folder ${folder} does not exist.`);
  if (!found.isDirectory()) throw new UsageError(`${folder} is not a folder. Give the folder of squab --data.`);
}

function check(folder: string): Checked {
  const progress = progressLine();
  try {
    return checkFolder(folder, (doing, done, all) => progress.show(`Checking ${doing}`, done, all));
  } catch (error) {
    throw error instanceof DataFolderError ? new UsageError(`Not checked: ${error.message}`) : error;
  } finally {
    progress.end();
  }
}

function described({ what, bytes, queues, messages, problems }: Found): string[] {
  const size = `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
  const summary = `${what}: ${plural(queues, 'queue')}, ${plural(messages, 'message')}, ${size}.`;
  if (problems.length === 0) return [summary, 'The data is intact.'];
  return [summary, ...problems.map((problem) => `- ${problem}`), 'The data is damaged.'];
}
