/** Runs a Python script that tests Squab with boto3, and reports its results as tests. */

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { StartOptions } from '../../src/index.ts';
import { onNodes, serve } from '../stores.ts';
import { environment, lack, run } from './programs.ts';

interface ScriptOptions {
  /** Returns options of Squab and variables of the script's environment. */
  prepare?: () => Promise<{ options: StartOptions; variables: Record<string, string> }>;
  /** Sentences about what each node has for itself. They are skipped if requests go to several nodes in turn. */
  perNode?: readonly string[];
}

/** Declares a test for each sentence of a script in this folder. Sentences are the docstrings of its functions. */
export function describeScript(
  title: string,
  file: string,
  { prepare = async () => ({ options: {}, variables: {} }), perNode = [] }: ScriptOptions = {},
): void {
  const script = join(import.meta.dirname, file);
  const lacking = lack('boto3', 'python3', ['-c', 'import boto3']);
  const sentences = [...readFileSync(script, 'utf8').matchAll(/^ {4}"(.+)"$/gm)].map(([, sentence]) => sentence!);
  const skipped = onNodes ? perNode : [];

  describe.skipIf(lacking)(`${title}, with boto3${lacking}`, () => {
    const problems = new Map<string, string>();
    let ending = '';

    beforeAll(async () => {
      const { options, variables } = await prepare();
      const squab = await serve(options);
      const { code, stdout, stderr } = await run('python3', [script, ...skipped], {
        env: environment(squab.url, variables),
      });
      for (const text of stdout.trim().split('\n')) {
        const { sentence, problem = '' } = JSON.parse(text) as { sentence: string; problem?: string };
        problems.set(sentence, problem);
      }
      ending = `The script ended with ${code} before this test. ${stderr}`;
      await squab.stop();
    });

    const check = (sentence: string) => expect(problems.get(sentence) ?? ending).toBe('');
    const isSkipped = (sentence: string) => skipped.includes(sentence);
    it.each(sentences.filter((sentence) => !isSkipped(sentence)))('%s', check);
    // On several nodes, a request about what one of them has for itself may reach another one.
    it.skipIf(onNodes).each(sentences.filter(isSkipped))('%s', check);
  });
}

/** Options and variables for a script that serves the function `python`, on a port that is free now. */
export async function withFunction(): Promise<{ options: StartOptions; variables: Record<string, string> }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const functions = { python: `http://127.0.0.1:${port}` };
  return { options: { functions }, variables: { FUNCTION_PORT: String(port) } };
}
