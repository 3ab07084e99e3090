/** How the command ends: cleanly at SIGINT and SIGTERM, and without losing data at SIGKILL. */

import { existsSync } from 'node:fs';
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { client } from '../helpers.ts';
import { type Command, scratch, squabServes } from './command.ts';

/** Sends the headers of an operation on the JSON wire. Resolves when Squab has read them and waits for the body. */
async function begun(url: string, operation: string, agent?: Agent): Promise<ClientRequest> {
  const headers = {
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': `AmazonSQS.${operation}`,
    expect: '100-continue',
    'transfer-encoding': 'chunked',
  };
  const begun = request(url, { method: 'POST', headers, ...(agent && { agent }) });
  begun.flushHeaders();
  await new Promise((resolve, reject) => begun.once('continue', resolve).once('error', reject));
  return begun;
}

async function answer(begun: ClientRequest): Promise<{ status: number; connection: string; body: unknown }> {
  const response = await new Promise<IncomingMessage>((resolve, reject) =>
    begun.once('response', resolve).once('error', reject),
  );
  const text = (await response.toArray()).join('');
  return { status: response.statusCode!, connection: response.headers.connection!, body: JSON.parse(text) };
}

/** Resolves when no process listens at a URL any more. */
async function closed(url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  const connects = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(Number(port), hostname);
      socket.once('connect', () => socket.destroy());
      socket.once('close', (failed) => resolve(!failed));
      socket.on('error', () => {});
    });
  while (await connects());
}

/** Sends a signal. Resolves to the exit code and the milliseconds until the process ended. */
async function stopped(
  { child, ended }: Command,
  signal: NodeJS.Signals,
): Promise<{ code: number | null; ms: number }> {
  const start = performance.now();
  child.kill(signal);
  const { code, stderr } = await ended;
  expect(stderr).toBe('');
  return { code, ms: performance.now() - start };
}

describe.each(['SIGINT', 'SIGTERM'] as const)('at %s, the command', (signal) => {
  it('ends long polls with empty responses', async () => {
    const squab = await squabServes();
    const { QueueUrl } = await client('JSON', squab.url).call('CreateQueue', { QueueName: 'q' });
    const polls = await Promise.all(Array.from({ length: 20 }, () => begun(squab.url, 'ReceiveMessage')));
    const answers = polls.map((poll) => {
      poll.end(JSON.stringify({ QueueUrl, WaitTimeSeconds: 20 }));
      return answer(poll);
    });
    const { code, ms } = await stopped(squab, signal);
    expect(code).toBe(0);
    expect(ms).toBeLessThan(10_000);
    for (const one of await Promise.all(answers)) expect(one).toEqual({ status: 200, connection: 'close', body: {} });
  });

  it('completes requests in progress, and stores the messages that they send', async () => {
    const data = join(scratch(), 'data');
    const squab = await squabServes(['--data', data]);
    const { QueueUrl } = await client('JSON', squab.url).call('CreateQueue', { QueueName: 'q' });
    const sending = await begun(squab.url, 'SendMessage');
    const [half, other] = [`{"QueueUrl":"${QueueUrl}",`, '"MessageBody":"hello"}'];
    sending.write(half);
    const ended = stopped(squab, signal);
    await closed(squab.url);
    sending.end(other);
    expect(await answer(sending)).toMatchObject({
      status: 200,
      connection: 'close',
      body: { MD5OfMessageBody: '5d41402abc4b2a76b9719d911017c592' },
    });
    expect((await ended).code).toBe(0);

    const again = await squabServes(['--data', data]);
    const { Messages } = await client('JSON', again.url).call('ReceiveMessage', { QueueUrl });
    expect(Messages).toMatchObject([{ Body: 'hello' }]);
  });

  it('closes the database, and leaves no write-ahead log behind', async () => {
    const data = scratch();
    const squab = await squabServes(['--data', data]);
    await client('JSON', squab.url).call('CreateQueue', { QueueName: 'q' });
    expect(existsSync(join(data, 'squab.db-wal'))).toBe(true);
    expect((await stopped(squab, signal)).code).toBe(0);
    expect(existsSync(join(data, 'squab.db'))).toBe(true);
    expect(existsSync(join(data, 'squab.db-wal'))).toBe(false);
  });

  it('does not wait for idle connections', async () => {
    const squab = await squabServes();
    const agent = new Agent({ keepAlive: true });
    const first = await Promise.all(Array.from({ length: 100 }, () => begun(squab.url, 'ListQueues', agent)));
    for (const one of first) one.end('{}');
    for (const one of await Promise.all(first.map(answer))) expect(one.connection).toBe('keep-alive');
    const { code, ms } = await stopped(squab, signal);
    expect(code).toBe(0);
    expect(ms).toBeLessThan(10_000);
    agent.destroy();
  });

  it('waits only briefly for a request that stalls', async () => {
    const squab = await squabServes();
    const sending = await begun(squab.url, 'SendMessage');
    sending.write('{');
    const cut = new Promise((resolve) => sending.once('error', resolve));
    const { code, ms } = await stopped(squab, signal);
    await cut;
    expect(code).toBe(0);
    expect(ms).toBeLessThan(10_000);
  });

  it('stops once even if the signal is sent twice', async () => {
    const squab = await squabServes();
    const sending = await begun(squab.url, 'ListQueues');
    squab.child.kill(signal);
    await closed(squab.url);
    squab.child.kill(signal);
    // By the time this request is answered, the second signal has arrived.
    sending.end('{}');
    expect(await answer(sending)).toMatchObject({ status: 200 });
    expect((await squab.ended).code).toBe(0);
  });
});

describe('after kill -9 with a data folder', () => {
  const killed = async ({ child, ended }: Command) => {
    child.kill('SIGKILL');
    await ended;
  };

  it('every acknowledged message exists exactly once', async () => {
    const data = scratch();
    const squab = await squabServes(['--data', data]);
    const { call } = client('JSON', squab.url);
    const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' });
    const sent = new Set<string>();
    const send = async (sender: number) => {
      for (let n = 0; ; n++) {
        const body = `${sender}-${n}`;
        await call('SendMessage', { QueueUrl, MessageBody: body });
        sent.add(body);
        if (sent.size === 500) squab.child.kill('SIGKILL');
      }
    };
    // The senders continue until Squab is gone, so it is killed in the middle of their work.
    await Promise.allSettled(Array.from({ length: 10 }, (_, sender) => send(sender)));
    await squab.ended;
    expect(sent.size).toBeGreaterThanOrEqual(500);

    const again = await squabServes(['--data', data]);
    const received: string[] = [];
    for (;;) {
      const { Messages } = await client('JSON', again.url).call('ReceiveMessage', {
        QueueUrl,
        MaxNumberOfMessages: 10,
        VisibilityTimeout: 600,
      });
      if (!Messages) break;
      for (const { Body } of Messages) received.push(Body);
    }
    expect(new Set(received).size).toBe(received.length);
    expect([...sent].filter((body) => !received.includes(body))).toEqual([]);
  });

  it('messages are still in flight and delayed, and receipt handles are still valid', async () => {
    const data = scratch();
    const first = await squabServes(['--data', data]);
    const before = client('JSON', first.url);
    const { QueueUrl } = await before.call('CreateQueue', { QueueName: 'q' });
    for (const [MessageBody, DelaySeconds] of [
      ['taken', 0],
      ['late', 900],
      ['here', 0],
    ] as const) {
      await before.call('SendMessage', { QueueUrl, MessageBody, DelaySeconds });
    }
    const { Messages } = await before.call('ReceiveMessage', { QueueUrl, VisibilityTimeout: 600 });
    expect(Messages).toMatchObject([{ Body: 'taken' }]);
    await killed(first);

    const again = await squabServes(['--data', data]);
    const after = client('JSON', again.url);
    const counts = async () =>
      (await after.call('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] })).Attributes;
    expect(await counts()).toMatchObject({
      ApproximateNumberOfMessages: '1',
      ApproximateNumberOfMessagesNotVisible: '1',
      ApproximateNumberOfMessagesDelayed: '1',
    });
    const received = await after.call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 });
    expect(received.Messages).toMatchObject([{ Body: 'here' }]);
    await after.call('DeleteMessage', { QueueUrl, ReceiptHandle: Messages[0].ReceiptHandle });
    expect(await counts()).toMatchObject({ ApproximateNumberOfMessagesNotVisible: '1' });
  });

  it('a long poll returns messages when their visibility timeout or delay ends', async () => {
    const data = scratch();
    const first = await squabServes(['--data', data]);
    const before = client('JSON', first.url);
    const { QueueUrl } = await before.call('CreateQueue', { QueueName: 'q' });
    await before.call('SendMessage', { QueueUrl, MessageBody: 'taken' });
    await before.call('ReceiveMessage', { QueueUrl, VisibilityTimeout: 1 });
    await before.call('SendMessage', { QueueUrl, MessageBody: 'late', DelaySeconds: 2 });
    await killed(first);

    const again = await squabServes(['--data', data]);
    const seen: [string, string][] = [];
    while (seen.length < 2) {
      const { Messages = [] } = await client('JSON', again.url).call('ReceiveMessage', {
        QueueUrl,
        WaitTimeSeconds: 20,
        VisibilityTimeout: 600,
        MessageSystemAttributeNames: ['ApproximateReceiveCount'],
      });
      expect(Messages).not.toEqual([]);
      for (const { Body, Attributes } of Messages) seen.push([Body, Attributes.ApproximateReceiveCount]);
    }
    expect(seen).toEqual([
      ['taken', '2'],
      ['late', '1'],
    ]);
  });
});
