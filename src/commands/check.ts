/** `squab check DIR`: checks the integrity of a data folder. */

import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UsageError } from '../settings/config.ts';
import { DataFolderError } from '../storage/sqlite/data-folder.ts';
import { type Checked, checkFolder } from '../storage/sqlite/offline/check-folder.ts';
import { plural, readArguments } from './arguments.ts';
import { say } from './output.ts';
import { progressLine } from './progress.ts';

const INTACT = 0;
const PROBLEMS = 1;

const help = `squab check: checks the integrity of a data folder

Usage: squab check DIR

Checks the database in a data folder (squab --data DIR): its structure, the bodies of messages, and whether counts,
messages, message groups, move tasks, topics and subscriptions are consistent. It changes nothing. The folder must not be
in use; a folder that Squab left behind in a crash can be checked.

Exit code: 0 if the data is intact, 1 if there are problems, 2 if the folder could not be checked.`;

/**
 * Returns the exit code: 0 if the data is intact, 1 if there are problems. Throws UsageError if there is nothing to
 * check, or the folder is in use.
 */
export async function run(args: readonly string[]): Promise<number> {
  const folder = folderOf(args);
  if (folder === undefined) {
    console.log(help);
    return INTACT;
  }
  await checkIsFolder(folder);
  const checked = check(folder);
  say(...described(checked));
  return checked.problems.length === 0 ? INTACT : PROBLEMS;
}

/** Returns undefined if the arguments ask for help. Throws UsageError. */
function folderOf(args: readonly string[]): string | undefined {
  const flags = readArguments(args, { values: [] });
  if (!flags) return undefined;
  const [folder, ...others] = flags.positionals;
  if (folder === undefined) throw new UsageError('check needs a data folder: squab check DIR.');
  if (others.length > 0)
    throw new UsageError(`check takes one folder, but was also given ${JSON.stringify(others[0])}.`);
  return resolve(folder);
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

function described({ file, bytes, queues, messages, problems }: Checked): string[] {
  const size = `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
  const summary = `${file}: ${plural(queues, 'queue')}, ${plural(messages, 'message')}, ${size}.`;
  if (problems.length === 0) return [summary, 'The data is intact.'];
  return [summary, ...problems.map((problem) => `- ${problem}`), 'The data is damaged.'];
}
