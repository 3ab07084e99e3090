/**
 * Unmodified boto3, over the JSON protocol that it uses today and the Query protocol that it used until 2023. The
 * tests are in boto3_everyday.py.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serve } from '../stores.ts';
import { environment, lack, output, run } from './programs.ts';
import { WatchedClock } from './watched-clock.ts';

const script = join(import.meta.dirname, 'boto3_everyday.py');
const lacking = lack('boto3', 'python3', ['-c', 'import boto3']);
const sentences: string[] = lacking ? ['is skipped'] : JSON.parse(await output('python3', [script, '--list']));

/** A line of the script's output: a result, or a request that it waits for. */
interface Line {
  sentence?: string;
  problem?: string;
  advance?: number;
  untilPolled?: number;
}

describe.skipIf(lacking).each(['json', 'query'])(`everyday operations, with boto3 over %s${lacking}`, (wire) => {
  const problems = new Map<string, string>();
  let models: string;
  let ending = '';

  beforeAll(async () => {
    models = await mkdtemp(join(tmpdir(), 'squab-models-'));
    if (wire === 'query') await output('python3', [join(import.meta.dirname, 'query_model.py'), models]);
    const clock = new WatchedClock();
    const squab = await serve({ clock });
    const onLine = async (text: string) => {
      const { sentence, problem, advance, untilPolled } = JSON.parse(text) as Line;
      if (sentence !== undefined) problems.set(sentence, problem ?? '');
      if (advance !== undefined) await clock.advance(Math.round(advance * 1000));
      if (untilPolled !== undefined) await clock.untilPolled(untilPolled);
      return sentence === undefined ? 'done' : undefined;
    };
    const env = environment(squab.url, { AWS_DATA_PATH: models });
    const { code, stderr } = await run('python3', [script, wire], { env, onLine });
    ending = `The script ended with ${code} before this test. ${stderr}`;
    await squab.stop();
  });
  afterAll(() => rm(models, { recursive: true, force: true }));

  it.each(sentences)('%s', (sentence) => {
    expect(problems.get(sentence) ?? ending).toBe('');
  });
});
