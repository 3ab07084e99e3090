/** Invalid options of `start()`, and its log. The tests of the command cover everything else. */

import { expect, it } from 'vitest';
import { start } from '../src/index.ts';
import { client } from './helpers.ts';

it.each([
  [{ dta: '.squab' }, /^Unknown option dta\. The options are: port, host, data, /],
  [{ account: '12' }, /^account must be a 12-digit account ID, not "12"\.$/],
  [{ cooldowns: 'maybe' }, /^cooldowns must be true or false, not "maybe"\.$/],
  [{ clock: {} }, /^clock must have the methods now\(\) and at\(\), like VirtualClock\.$/],
])('refuses the options %j', async (options, message) => {
  await expect(start({ port: 0, ...(options as object) })).rejects.toThrow(message);
});

it('reports why it cannot listen, with the error code of the operating system', async () => {
  const squab = await start({ port: 0 });
  try {
    await expect(start({ port: squab.port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
      message: expect.stringContaining(`port ${squab.port} is in use`),
    });
  } finally {
    await squab.stop();
  }
});

it('logs each request at level debug, with its error code, and without its contents', async () => {
  const lines: Record<string, unknown>[] = [];
  const squab = await start({
    port: 0,
    logLevel: 'debug',
    logStream: { write: (line) => void lines.push(JSON.parse(line)) },
  });
  const { call } = client('JSON', squab.url);
  const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' });
  await call('SendMessage', { QueueUrl, MessageBody: 'a secret' });
  await call('DeleteMessage', { QueueUrl, ReceiptHandle: 'made up' }).catch(() => {});
  await squab.stop();
  const logged = lines.filter(({ action }) => action !== undefined).map(({ action, code, msg }) => [action, code, msg]);
  expect(logged).toEqual([
    ['CreateQueue', undefined, 'Request succeeded.'],
    ['SendMessage', undefined, 'Request succeeded.'],
    ['DeleteMessage', 'ReceiptHandleIsInvalid', 'Request refused.'],
  ]);
  expect(lines.at(-1)).toMatchObject({ msg: 'Squab has stopped' });
  expect(JSON.stringify(lines)).not.toContain('a secret');
});
