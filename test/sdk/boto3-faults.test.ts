/** How boto3 takes faults that are ordered, from a process of its own. What is tried stands in boto3_faults.py. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { start } from '../../src/index.ts';
import { environment, lack, run } from './programs.ts';

const script = join(import.meta.dirname, 'boto3_faults.py');
const lacking = lack('boto3', 'python3', ['-c', 'import boto3']);
/** What the functions say of themselves. */
const sentences = [...readFileSync(script, 'utf8').matchAll(/^ {4}"(.+)"$/gm)].map(([, sentence]) => sentence!);

describe.skipIf(lacking)(`faults, with boto3${lacking}`, () => {
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
