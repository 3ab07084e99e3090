/** The examples do what their README says. Only environment variables point them at Squab. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Squab, start } from '../../src/index.ts';
import { environment, lack, output } from '../sdk/programs.ts';
import { WatchedClock } from '../sdk/watched-clock.ts';

const examples = join(import.meta.dirname, '../../examples');

/** Runs an example. The clock advances when the example waits for the order, which the queue delays. */
async function run(command: string, file: string): Promise<{ text: string; squab: Squab }> {
  const clock = new WatchedClock();
  const squab = await start({ port: 0, clock });
  try {
    const polled = clock.untilPolled(20);
    const text = output(command, [join(examples, file)], { env: environment(squab.url) });
    // An example that fails before it polls must not be waited for.
    await Promise.race([polled, text]);
    await clock.advance(2000);
    return { text: await text, squab };
  } finally {
    await squab.stop();
  }
}

/** The output of an example according to the README. */
function promised({ url }: Squab): string {
  const [, lines = ''] = /\n\n((?: {4}.*\n)+)\nWithout `AWS_ENDPOINT/.exec(
    readFileSync(join(examples, 'README.md'), 'utf8'),
  )!;
  return lines.replace(/^ {4}/gm, '').replace('http://127.0.0.1:9324', url);
}

describe.each([
  ['everyday.py', lack('boto3', 'python3', ['-c', 'import boto3']), 'python3'],
  ['everyday.js', '', process.execPath],
] as const)('examples/%s%s', (file, lacking, command) => {
  it.skipIf(lacking)('sends an order and processes it', async () => {
    const { text, squab } = await run(command, file);
    expect(text).toBe(promised(squab));
  });
});
