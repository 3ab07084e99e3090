/** Invalid options of `start()`, and its log. The tests of the command cover everything else. */

import { expect, it } from 'vitest';
import { start } from '../src/index.ts';
import { client } from './helpers.ts';

it.each([
  [{ dta: '.squab' }, /^There is no option dta\. There are: port, host, data, /],
  [{ account: '12' }, /^account cannot be "12": must have twelve digits\.$/],
  [{ cooldowns: 'maybe' }, /^cooldowns cannot be "maybe": must be true or false\.$/],
  [{ clock: {} }, /^clock must have now\(\) and at\(\), as a VirtualClock has\.$/],
])('rejects the options %j', async (options, message) => {
  await expect(start({ port: 0, ...(options as object) })).rejects.toThrow(message);
});

it('reports why it cannot listen, with the error code of the operating system', async () => {
  const squab = await start({ port: 0 });
  try {
    await expect(start({ port: squab.port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
      message: expect.stringContaining(`port ${squab.port} is taken`),
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
    ['CreateQueue', undefined, 'Answered.'],
    ['SendMessage', undefined, 'Answered.'],
    ['DeleteMessage', 'ReceiptHandleIsInvalid', 'Refused.'],
  ]);
  expect(lines.at(-1)).toMatchObject({ msg: 'Squab has stopped' });
  expect(JSON.stringify(lines)).not.toContain('a secret');
});
