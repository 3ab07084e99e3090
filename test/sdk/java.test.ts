/** The AWS SDK for Java, which verifies the MD5s of texts and attributes. The test program is java/. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serve } from '../stores.ts';
import { BUILD_MS, EVERYDAY_OPERATIONS, environment, lack, output, TOPIC_OPERATIONS } from './programs.ts';

const cwd = join(import.meta.dirname, 'java');
const lacking = lack('Maven', 'mvn', ['--version']) || lack('JDK', 'javac', ['-version']);

describe.skipIf(lacking)(`the AWS SDK for Java${lacking}`, () => {
  let folder: string;
  const maven = (goal: string, env: NodeJS.ProcessEnv) =>
    output('mvn', ['--quiet', '--batch-mode', `-DbuildFolder=${folder}`, goal], { cwd, env });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'squab-java-'));
    await maven('compiler:compile', process.env);
  }, BUILD_MS);
  afterAll(() => rm(folder, { recursive: true }));

  it(
    'performs everyday operations',
    async () => {
      const squab = await serve();
      try {
        const text = await maven('exec:java', environment(squab.url));
        // Some versions of Maven reset the terminal's colours even if they used none.
        expect(stripVTControlCharacters(text).trim().split('\n')).toEqual([
          ...EVERYDAY_OPERATIONS,
          ...TOPIC_OPERATIONS,
        ]);
      } finally {
        await squab.stop();
      }
    },
    BUILD_MS,
  );
});
