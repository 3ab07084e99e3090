/** What `start()` refuses, and what it logs. The command's tests have the rest. */

import { expect, it } from 'vitest';
import { start } from '../src/index.ts';
import { client } from './helpers.ts';

it.each([
  [{ dta: '.squab' }, /^There is no option dta\. There are: port, host, data, /],
  [{ account: '12' }, /^account cannot be "12": must have twelve digits\.$/],
  [{ cooldowns: 'maybe' }, /^cooldowns cannot be "maybe": must be true or false\.$/],
  [{ clock: {} }, /^clock must have now\(\) and at\(\), as a VirtualClock has\.$/],
])('refuses the options %j', async (options, message) => {
  await expect(start({ port: 0, ...(options as object) })).rejects.toThrow(message);
});

it('tells why it cannot listen, with the code of the system', async () => {
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

it('logs each request at the level debug, with its refusal and without its contents', async () => {
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
  const told = lines.filter(({ action }) => action !== undefined).map(({ action, code, msg }) => [action, code, msg]);
  expect(told).toEqual([
    ['CreateQueue', undefined, 'Request succeeded.'],
    ['SendMessage', undefined, 'Request succeeded.'],
    ['DeleteMessage', 'ReceiptHandleIsInvalid', 'Request refused.'],
  ]);
  expect(lines.at(-1)).toMatchObject({ msg: 'Squab has stopped' });
  expect(JSON.stringify(lines)).not.toContain('a secret');
});
