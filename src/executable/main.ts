/**
 * Where the single-file executable starts: runs the bundle with the code that V8 had compiled when a Squab was listening
 * during the build (scripts/compiled-code.ts). Node.js could keep compiled code itself, but without the functions that V8
 * compiles only when they are first called.
 */

import { getAsset, getRawAsset } from 'node:sea';
import { Script } from 'node:vm';

type Bundle = (exports: object, require: NodeJS.Require) => void;

const script = new Script(getAsset('squab.js', 'utf8'), {
  filename: 'squab.js',
  cachedData: Buffer.from(getRawAsset('squab.code')),
});
(script.runInThisContext() as Bundle)({}, require);
