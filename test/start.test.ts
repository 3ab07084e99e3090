/** Invalid options of `start()`, and its log. The tests of the command cover everything else. */

import { expect, it } from 'vitest';
import { start } from '../src/index.ts';
import { client, type Output, wires } from './helpers.ts';

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

/** Starts a Squab that logs at this level. Its lines go to `lines`. */
async function logging(logLevel: 'debug' | 'info') {
  const lines: Record<string, unknown>[] = [];
  const logStream = { write: (line: string) => void lines.push(JSON.parse(line)) };
  return { lines, squab: await start({ port: 0, logLevel, logStream }) };
}

it.each(wires)(
  'logs each request over %s at level debug: queue, status, duration and message IDs, but no contents',
  async (wire) => {
    const { squab, lines } = await logging('debug');
    const { call } = client(wire, squab.url);
    const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' });
    await call('ListQueues');
    const { MessageId: first } = await call('SendMessage', { QueueUrl, MessageBody: 'a secret' });
    const Entries = ['a', 'b'].map((Id) => ({ Id, MessageBody: 'a secret' }));
    const { Successful } = await call('SendMessageBatch', { QueueUrl, Entries });
    const ids = [first, ...Successful.map(({ MessageId }: Output) => MessageId)];
    const { Messages } = await call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 });
    await call('DeleteMessage', { QueueUrl, ReceiptHandle: Messages[0].ReceiptHandle });
    await call('DeleteMessage', { QueueUrl, ReceiptHandle: 'made up' }).catch(() => {});
    await call('ReceiveMessage', { QueueUrl: `${QueueUrl}-that-does-not-exist` }).catch(() => {});
    await squab.stop();
    const logged = lines.filter(({ action }) => action !== undefined);
    const succeeded = { status: 200, msg: 'Request succeeded.', durationMs: expect.any(Number), queue: 'q' };
    const refused = { status: 400, msg: 'Request refused.', durationMs: expect.any(Number), queue: 'q' };
    expect(logged).toMatchObject([
      { ...succeeded, action: 'CreateQueue' },
      { status: 200, action: 'ListQueues' },
      { ...succeeded, action: 'SendMessage', messageIds: [first] },
      { ...succeeded, action: 'SendMessageBatch', messageIds: ids.slice(1) },
      { ...succeeded, action: 'ReceiveMessage', messageIds: expect.arrayContaining(ids) },
      { ...succeeded, action: 'DeleteMessage' },
      { ...refused, action: 'DeleteMessage', status: 404, code: 'ReceiptHandleIsInvalid' },
      {
        ...{ ...refused, action: 'ReceiveMessage', queue: 'q-that-does-not-exist' },
        code: 'AWS.SimpleQueueService.NonExistentQueue',
      },
    ]);
    expect(lines.at(-1)).toMatchObject({ msg: 'Squab has stopped' });
    expect(logged[1]).not.toHaveProperty('queue');
    const text = JSON.stringify(lines);
    for (const content of ['a secret', 'made up', Messages[0].ReceiptHandle]) expect(text).not.toContain(content);
  },
);

it('logs requests without an action at level debug', async () => {
  const { squab, lines } = await logging('debug');
  await fetch(`${squab.url}/000000000000/q?secret=1`);
  await fetch(squab.url, { method: 'POST', body: 'no=action' });
  await fetch(`${squab.url}/q`, { method: 'PUT', body: 'x' });
  await squab.stop();
  expect(lines.filter(({ level }) => level === 20)).toMatchObject([
    { method: 'GET', path: '/000000000000/q', status: 404, msg: 'Request without an action.' },
    { method: 'POST', path: '/', status: 404, msg: 'Request without an action.' },
    { method: 'PUT', path: '/q', status: 400, code: 'InvalidAction', msg: 'Request refused.' },
  ]);
});

it('logs no requests at level info', async () => {
  const { squab, lines } = await logging('info');
  await client('JSON', squab.url).call('CreateQueue', { QueueName: 'q' });
  await fetch(squab.url);
  await squab.stop();
  expect(lines.map(({ msg }) => msg)).toEqual(['Squab is listening', 'Squab has stopped']);
});
