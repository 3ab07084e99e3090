/** `squab move`: moves everything in a data folder to a database, so that several Squabs can go on with it. */

import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UsageError } from '../settings/config.ts';
import { DATA_TABLES, type StoredData } from '../storage/data-tables.ts';
import { moveIn } from '../storage/postgres/copies/moving-in.ts';
import { openDatabase } from '../storage/postgres/open.ts';
import { DatabaseUnusable } from '../storage/postgres/opening/target.ts';
import { DataFolderError } from '../storage/sqlite/data-folder.ts';
import { readTables } from '../storage/sqlite/offline/read-tables.ts';
import { type Flags, listed, plural, readArguments, refuseArguments } from './arguments.ts';
import { say } from './output.ts';
import { progressLine } from './progress.ts';

const help = `squab move: moves everything in a data folder to a database

Usage: squab move --data DIR --database URL [--database-schema NAME]

  --data DIR              data folder to read; it must not be in use, and is not changed
  --database URL          PostgreSQL database to move to, such as postgres://squab:PASSWORD@db.example.com/squab; by default
                          that in SQUAB_DATABASE
  --database-schema NAME  schema of the tables in the database; by default that in SQUAB_DATABASE_SCHEMA, or squab
  -h, --help              show this help

Moves queues with their attributes and tags, topics, subscriptions, event source mappings, move tasks, and messages as they
are: in flight, delayed or visible, with their receive counts, their order, and what is remembered for deduplication.
Receipt handles stay valid. The database must have no data of Squab's, and no Squab may be running on it. Everything is
moved, or nothing.

Exit code: 0 on success, 1 if the move failed, 2 for wrong usage.`;

/** Without a terminal, a line is printed after this many rows. */
const ROWS_PER_LINE = 100_000;

/** Throws UsageError, and errors that say what is wrong with the folder or the database. */
export async function run(args: readonly string[]): Promise<number> {
  const flags = readArguments(args, { values: ['data', 'database', 'database-schema'] });
  if (!flags) {
    console.log(help);
    return 0;
  }
  refuseArguments(flags);
  const folder = await folderOf(flags);
  const url = flags.values.get('database') ?? process.env.SQUAB_DATABASE;
  if (!url) throw new UsageError('move needs a database: squab move --data DIR --database URL.');
  const schema = flags.values.get('database-schema') ?? (process.env.SQUAB_DATABASE_SCHEMA || undefined);
  try {
    say(await move(folder, { url, schema }));
    return 0;
  } catch (error) {
    if (error instanceof DataFolderError || error instanceof DatabaseUnusable) throw new UsageError(error.message);
    throw error;
  }
}

async function folderOf({ values }: Flags): Promise<string> {
  const given = values.get('data');
  if (given === undefined) throw new UsageError('move needs a data folder: squab move --data DIR --database URL.');
  const folder = resolve(given);
  const found = await stat(folder).catch(() => undefined);
  if (!found) throw new UsageError(`The folder ${folder} does not exist.`);
  if (!found.isDirectory()) throw new UsageError(`${folder} is not a folder. Give the folder of squab --data.`);
  return folder;
}

/** Returns a sentence that says what was moved. */
function move(folder: string, target: { url: string; schema: string | undefined }): Promise<string> {
  return readTables(folder, async (data) => {
    const { sessions } = await openDatabase(target);
    const progress = progressLine();
    let lines = 0;
    try {
      const { where } = sessions.target;
      await moveIn(sessions.lane(1), where, data, (done, all) => {
        progress.show('Moving', done, all);
        if (process.stderr.isTTY || Math.floor(done / ROWS_PER_LINE) === lines) return;
        lines = Math.floor(done / ROWS_PER_LINE);
        say(`Moved ${done} of ${all} rows.`);
      });
      progress.end();
      return `Moved ${described(data)} to ${where}. ${folder} was not changed; do not serve it any more.`;
    } finally {
      progress.end();
      await sessions.close();
    }
  });
}

function described(data: StoredData): string {
  const count = (name: string) => data.count(DATA_TABLES.find((table) => table.name === name)!);
  const counts = [plural(count('queues') - data.hiddenQueues, 'queue')];
  if (count('topics') > 0) counts.push(plural(count('topics'), 'topic'));
  counts.push(plural(count('messages'), 'message'));
  return listed(counts);
}
