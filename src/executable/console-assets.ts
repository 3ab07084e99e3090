/**
 * The files of the console in the single-file executable. The build uses this module instead of http/console-files.ts,
 * which reads them from a folder.
 */

import { getAsset, getRawAsset } from 'node:sea';

/** Returns all files, by name. */
export async function readConsole(): Promise<Map<string, Buffer>> {
  const names = JSON.parse(getAsset('console.json', 'utf8')) as string[];
  // A copy, since the memory of an asset must not be written to.
  return new Map(names.map((name) => [name, Buffer.from(Buffer.from(getRawAsset(`console/${name}`)))]));
}
