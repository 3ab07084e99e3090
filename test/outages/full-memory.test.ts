/**
 * Full memory, in a process of its own: however small Node's heap is, Squab refuses sends rather than running out of it,
 * and unread responses do not fill the rest.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { root, run } from '../commands/command.ts';
import { control } from '../control/client.ts';
import { client } from '../helpers.ts';

const CLI = join(root, 'dist/cli.cjs');
const BODY = 'x'.repeat(100_000);
/** 600 kB in a response of the Query wire. */
const QUOTES = '"'.repeat(100_000);
const SENDERS = 16;
const SILENT_READERS = 40;

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
  // There is no room for the copy, but the message has been received.
  await control(url!).post('/faults', { effect: { type: 'duplicate' } });
  expect((await call('ReceiveMessage', { QueueUrl: 'q' })).Messages).toHaveLength(1);
  expect(child.exitCode).toBeNull();
});

it('responses that clients do not read do not overflow a heap of 64 MiB', async () => {
  const { child, output } = run(process.execPath, ['--max-old-space-size=64', CLI, '--port', '0'], {});
  const [, url] = await output(/"url":"([^"]+)".*"msg":"Squab is listening"/);
  const { call } = client('JSON', url!);
  await call('CreateQueue', { QueueName: 'q' });
  for (let n = 0; n < 10; n++) await call('SendMessage', { QueueUrl: 'q', MessageBody: QUOTES });
  // Printing several at once would take a part of the heap that queues may fill.
  const few = await call('ReceiveMessage', { QueueUrl: 'q', MaxNumberOfMessages: 10, VisibilityTimeout: 0 });
  expect(few.Messages).toHaveLength(1);
  const served = await Promise.all(Array.from({ length: SILENT_READERS }, () => receiveWithoutReading(url!)));
  expect(served).toContain(true);
  expect((await call('ReceiveMessage', { QueueUrl: 'q' })).Messages).toHaveLength(1);
  expect(child.exitCode).toBeNull();
});

it('a receive from a folder reads few of the contents that it does not return, so that a heap of 64 MiB does not overflow', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'squab-heap-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const { child, output } = run(
    process.execPath,
    ['--max-old-space-size=64', CLI, '--port', '0', '--data', folder],
    {},
  );
  const [, url] = await output(/"url":"([^"]+)".*"msg":"Squab is listening"/);
  const { call } = client('JSON', url!);
  await call('CreateQueue', { QueueName: 'q' });
  const send = (MessageBody: string, MessageGroupId: string) =>
    call('SendMessage', { QueueUrl: 'q', MessageBody, MessageGroupId });
  const receive = (VisibilityTimeout: number, count: number) =>
    call(
      'ReceiveMessage',
      { QueueUrl: 'q', MaxNumberOfMessages: 10, VisibilityTimeout },
      { headers: { 'x-localstack-sqs-override-message-count': String(count) } },
    );
  for (let n = 0; n < 60; n++) await send('short', 'noisy');
  expect((await receive(3600, 40)).Messages).toHaveLength(40);
  for (let n = 0; n < 100; n++) await send('long'.padEnd(1_000_000), `quiet-${n % 10}`);
  for (const count of [10, 1000]) expect((await receive(0, count)).Messages).toHaveLength(1);
  expect(child.exitCode).toBeNull();
});

/** Sends a receive of ten messages. Resolves to whether its response has begun, of which it reads no more. */
function receiveWithoutReading(url: string): Promise<boolean> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const query = 'Action=ReceiveMessage&QueueUrl=q&MaxNumberOfMessages=10&VisibilityTimeout=0';
  socket.write(`GET /?${query} HTTP/1.1\r\nHost: squab\r\n\r\n`);
  return new Promise((resolve) => {
    socket.once('data', () => resolve(Boolean(socket.pause())));
    // Squab resets such connections once their responses take too much memory.
    socket.on('error', () => {}).once('close', () => resolve(false));
  });
}
