/**
 * Runs the executable's bundle until Squab is listening, and writes the code that V8 has compiled by then. Must be run by
 * the Node.js that goes into the executable, without options: V8 accepts only code of the same version and options.
 *
 *     node scripts/compiled-code.ts BUNDLE OUTPUT
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Script } from 'node:vm';

const [bundle, output] = process.argv.splice(2, 2, '--port', '0') as [string, string];
const script = new Script(readFileSync(bundle, 'utf8'), { filename: 'squab.js' });
process.stdout.write = (text) => {
  if (!String(text).includes('Squab is listening')) throw new Error(`Squab printed: ${text}`);
  writeFileSync(output, script.createCachedData());
  process.exit();
};
script.runInThisContext()({}, createRequire(import.meta.url));
