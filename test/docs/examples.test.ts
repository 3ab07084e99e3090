/** The examples do what their README says. Only environment variables point them at Squab. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Squab, start } from '../../src/index.ts';
import { OWNER } from '../api/auth/signing.ts';
import { environment, lack, output } from '../sdk/programs.ts';
import { WatchedClock } from '../sdk/watched-clock.ts';

const examples = join(import.meta.dirname, '../../examples');
const readme = readFileSync(join(examples, 'README.md'), 'utf8');
const noBoto = lack('boto3', 'python3', ['-c', 'import boto3']);

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
function promised(example: string, { url }: Squab): string {
  const [, lines = ''] = new RegExp(`\\n\`${example}\` prints:\\n\\n((?: {4}.*\\n)+)`).exec(readme)!;
  return lines.replace(/^ {4}/gm, '').replace('http://127.0.0.1:9324', url);
}

describe.each([
  ['everyday.py', noBoto, 'python3'],
  ['everyday.js', '', process.execPath],
] as const)('examples/%s%s', (file, lacking, command) => {
  it.skipIf(lacking)('sends an order and processes it', async () => {
    const { text, squab } = await run(command, file);
    expect(text).toBe(promised('everyday', squab));
  });
});

describe.each([
  ['fanout.py', noBoto, 'python3'],
  ['fanout.js', '', process.execPath],
] as const)('examples/%s%s', (file, lacking, command) => {
  // With policies enforced, the topic may send only because the queues let it.
  it.skipIf(lacking).each(['none', 'policy'] as const)('publishes to two queues, with --auth %s', async (auth) => {
    const squab = await start({ port: 0, auth, ...(auth === 'policy' && { credentials: [OWNER] }) });
    try {
      const { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY } = OWNER;
      const env = environment(squab.url, { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY });
      expect(await output(command, [join(examples, file)], { env })).toBe(promised('fanout', squab));
    } finally {
      await squab.stop();
    }
  });
});
