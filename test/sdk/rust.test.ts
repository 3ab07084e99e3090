/** The AWS SDK for Rust. The test program is rust/src/main.rs. */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { serve } from '../stores.ts';
import { EVERYDAY_OPERATIONS, environment, output } from './programs.ts';

const cwd = join(import.meta.dirname, 'rust');
const printed = String(spawnSync('cargo', ['--version'], { cwd }).stdout);
const minor = Number(/^cargo 1\.(\d+)/.exec(printed)?.[1] ?? 0);
const lacking = minor >= 94 ? '' : ' (skipped: this machine has no Rust 1.94 or newer)';
/** Timeout of the first build in a clone, which compiles the SDK. On two free cores, it takes less than a minute. */
const COMPILE_MS = 600_000;

describe.skipIf(lacking)(`the AWS SDK for Rust${lacking}`, () => {
  beforeAll(() => output('cargo', ['build', '--locked', '--quiet'], { cwd, env: process.env }), COMPILE_MS);

  it('performs everyday operations', async () => {
    const squab = await serve();
    try {
      const text = await output('cargo', ['run', '--locked', '--quiet'], { cwd, env: environment(squab.url) });
      expect(text.trim().split('\n')).toEqual(EVERYDAY_OPERATIONS);
    } finally {
      await squab.stop();
    }
  });
});
