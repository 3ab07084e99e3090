/** `squab check DIR`: says whether the data in a folder are sound. */

import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UsageError } from '../settings/config.ts';
import { DataFolderError } from '../storage/sqlite/database.ts';
import { type Checked, checkFolder } from '../storage/sqlite/offline/check-folder.ts';
import { plural, readArguments } from './arguments.ts';
import { progressLine } from './progress.ts';

const SOUND = 0;
const PROBLEMS = 1;

const help = `squab check: looks whether the data in a folder are sound

Usage: squab check DIR

Reads the database that a Squab with --data DIR has left: its structure, the bodies of messages, and whether counts,
messages, message groups and move tasks agree. It changes nothing. No Squab may be running on the folder; a crash may have
ended the last one.

Exit code: 0 when the data are sound, 1 when there are problems, 2 when they were not checked.`;

/** Exit codes: 0 sound, 1 problems. Throws UsageError when there is nothing to check, or it is in use. */
export async function run(args: readonly string[]): Promise<number> {
  const folder = folderOf(args);
  if (folder === undefined) {
    console.log(help);
    return SOUND;
  }
  await checkIsFolder(folder);
  const checked = check(folder);
  console.log(described(checked));
  return checked.problems.length === 0 ? SOUND : PROBLEMS;
}

/** Undefined: help is asked for. */
function folderOf(args: readonly string[]): string | undefined {
  const flags = readArguments(args, { values: [] });
  if (!flags) return undefined;
  const [folder, ...others] = flags.positionals;
  if (folder === undefined) throw new UsageError('check needs a data folder: squab check DIR.');
  if (others.length > 0) throw new UsageError(`check takes one folder, and not also ${JSON.stringify(others[0])}.`);
  return resolve(folder);
}

async function checkIsFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory()) throw new UsageError(`There is no folder ${folder}.`);
}

function check(folder: string): Checked {
  const progress = progressLine();
  try {
    return checkFolder(folder, (doing, done, all) => progress.show(`Looking at ${doing}`, done, all));
  } catch (error) {
    throw error instanceof DataFolderError ? new UsageError(error.message) : error;
  } finally {
    progress.end();
  }
}

function described({ file, bytes, queues, messages, problems }: Checked): string {
  const size = `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
  const what = `${file}: ${plural(queues, 'queue')}, ${plural(messages, 'message')}, ${size}.`;
  if (problems.length === 0) return `${what}\nThe data are sound.`;
  return [what, ...problems.map((problem) => `- ${problem}`), 'The data are not sound.'].join('\n');
}
