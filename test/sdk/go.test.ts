/** The AWS SDK for Go, which verifies the MD5s of texts. The test program is go/. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serve } from '../stores.ts';
import { BUILD_MS, EVERYDAY_OPERATIONS, environment, lack, output, TOPIC_OPERATIONS } from './programs.ts';

const cwd = join(import.meta.dirname, 'go');
const lacking = lack('Go', 'go', ['version']);

describe.skipIf(lacking)(`the AWS SDK for Go${lacking}`, () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'squab-go-'));
    await output('go', ['build', '-buildvcs=false', '-o', folder, '.'], { cwd, env: process.env });
  }, BUILD_MS);
  afterAll(() => rm(folder, { recursive: true }));

  it('performs everyday operations', async () => {
    const squab = await serve();
    try {
      const text = await output(join(folder, 'go'), [], { env: environment(squab.url) });
      expect(text.trim().split('\n')).toEqual([...EVERYDAY_OPERATIONS, ...TOPIC_OPERATIONS]);
    } finally {
      await squab.stop();
    }
  });
});
