/** The files of the console, as the build puts them into `dist/console`. The single-file executable has its own. */

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Beside the bundle that this is part of; if Squab runs from its sources, where the last build has put it. */
const folder = join(import.meta.dirname, import.meta.filename.endsWith('.ts') ? '../../dist/console' : 'console');

/** Reads all files, by name. Throws an error of the file system if there are none. */
export async function readConsole(): Promise<Map<string, Buffer>> {
  const names = await readdir(folder);
  return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const)));
}
