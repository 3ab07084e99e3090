/** `squab migrate`: creates or updates the tables in a database, for nodes whose role may not. */

import { UsageError } from '../settings/config.ts';
import { openDatabase } from '../storage/postgres/open.ts';
import { readArguments, refuseArguments } from './arguments.ts';
import { say } from './output.ts';

const help = `squab migrate: creates or updates the tables in a database

Usage: squab migrate --database URL [--database-schema NAME]

  --database URL          PostgreSQL database, with a role that may create tables; by default that in SQUAB_DATABASE
  --database-schema NAME  schema of the tables; by default that in SQUAB_DATABASE_SCHEMA, or squab
  -h, --help              show this help

Nodes do this by themselves when they start, unless they are started with --database-migrate no. If the tables are up to
date, nothing changes. Nodes of the previous version may be running.

Exit code: 0 on success, 1 if the database cannot be used, 2 for wrong usage.`;

/** Throws UsageError, and errors that say what is wrong with the database. */
export async function run(args: readonly string[]): Promise<number> {
  const flags = readArguments(args, { values: ['database', 'database-schema'] });
  if (!flags) {
    console.log(help);
    return 0;
  }
  refuseArguments(flags);
  const url = flags.values.get('database') ?? process.env.SQUAB_DATABASE;
  if (!url) throw new UsageError('migrate needs a database: squab migrate --database URL.');
  const schema = flags.values.get('database-schema') ?? (process.env.SQUAB_DATABASE_SCHEMA || undefined);
  const { sessions } = await openDatabase({ url, schema });
  await sessions.close();
  say(`The tables in the schema ${sessions.target.schema} of ${sessions.target.where} are those of this version.`);
  return 0;
}
