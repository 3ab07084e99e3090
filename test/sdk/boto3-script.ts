/** Runs a script that tries boto3 on a Squab from a process of its own, and tells what it says as tests. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { start } from '../../src/index.ts';
import { environment, lack, run } from './programs.ts';

/** Declares a test for each sentence (the docstrings of functions) of a script beside this file. */
export function describeScript(title: string, file: string): void {
  const script = join(import.meta.dirname, file);
  const lacking = lack('boto3', 'python3', ['-c', 'import boto3']);
  /** What the functions say of themselves. */
  const sentences = [...readFileSync(script, 'utf8').matchAll(/^ {4}"(.+)"$/gm)].map(([, sentence]) => sentence!);

  describe.skipIf(lacking)(`${title}, with boto3${lacking}`, () => {
    const problems = new Map<string, string>();
    let ending = '';

    beforeAll(async () => {
      const squab = await start({ port: 0 });
      const { code, stdout, stderr } = await run('python3', [script], { env: environment(squab.url) });
      for (const text of stdout.trim().split('\n')) {
        const { sentence, problem = '' } = JSON.parse(text) as { sentence: string; problem?: string };
        problems.set(sentence, problem);
      }
      ending = `The script ended with ${code} before it came to this. ${stderr}`;
      await squab.stop();
    });

    it.each(sentences)('%s', (sentence) => {
      expect(problems.get(sentence) ?? ending).toBe('');
    });
  });
}
