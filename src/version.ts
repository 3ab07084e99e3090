/** Which Squab this is. */

import { readFile } from 'node:fs/promises';

let known: Promise<string> | undefined;

/** The version in package.json. */
export function version(): Promise<string> {
  known ??= readFile(new URL('../package.json', import.meta.url), 'utf8').then(
    (text) => (JSON.parse(text) as { version: string }).version,
  );
  return known;
}
