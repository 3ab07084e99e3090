/** Full memory, in a process of its own: however small Node's heap is, Squab refuses sends rather than running out of it. */

import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root, run } from '../commands/command.ts';
import { client } from '../helpers.ts';

const CLI = join(root, 'dist/cli.cjs');
const BODY = 'x'.repeat(100_000);
const SENDERS = 16;

/** In a thread with this limit; `squab/jest` runs Squab in a thread, too. */
const WORKER = `new (require('node:worker_threads').Worker)(
  "process.argv.push('--port', '0'); import(" + JSON.stringify(${JSON.stringify(CLI)}) + ")",
  { eval: true, resourceLimits: { maxOldGenerationSizeMb: 64 } },
)`;

it.each<[where: string, args: string[], env: Record<string, string>]>([
  ['NODE_OPTIONS', [CLI, '--port', '0'], { NODE_OPTIONS: '--max-old-space-size=64' }],
  ['an argument of Node.js', ['--max_old_space_size=64', CLI, '--port', '0'], {}],
  ['the limits of a thread', ['--eval', WORKER], {}],
])('a heap of 64 MiB, set by %s, does not overflow', async (_where, args, env) => {
  const { child, output } = run(process.execPath, args, { env });
  const [, url] = await output(/"url":"([^"]+)".*"msg":"Squab is listening"/);
  const { call } = client('JSON', url!);
  await call('CreateQueue', { QueueName: 'q' });
  let sent = 0;
  const refusals: unknown[] = [];
  const send = async () => {
    // Long after the first refusal, too.
    while (refusals.length < 200) {
      await call('SendMessage', { QueueUrl: 'q', MessageBody: BODY }).then(
        () => sent++,
        (error) => refusals.push(error),
      );
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, send));
  expect(sent).toBeGreaterThan(200);
  for (const refusal of refusals) expect(refusal).toMatchObject({ code: 'ServiceUnavailable' });
  expect((await call('ReceiveMessage', { QueueUrl: 'q' })).Messages).toHaveLength(1);
  expect(child.exitCode).toBeNull();
});
