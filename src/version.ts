/** The version of Squab. */

import { readFile } from 'node:fs/promises';

let cached: Promise<string> | undefined;

/** Returns the version in package.json. */
export function version(): Promise<string> {
  cached ??= readFile(new URL('../package.json', import.meta.url), 'utf8').then(
    (text) => (JSON.parse(text) as { version: string }).version,
  );
  return cached;
}
