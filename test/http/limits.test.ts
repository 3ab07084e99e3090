/** Clients that are slow, silent, greedy or no clients at all: what they get, and that others do not notice. */

import { afterEach, describe, expect, it } from 'vitest';
import { type HttpLimits, httpLimits } from '../../src/http/limits.ts';
import type { Squab } from '../../src/index.ts';
import { startServer } from '../../src/server.ts';
import { completeOptions } from '../../src/settings/config.ts';
import { VirtualClock } from '../../src/time/virtual-clock.ts';
import { type Client, client } from '../helpers.ts';
import { RawConnection, rawExchange, rawRequest } from './raw-http.ts';

interface Served {
  squab: Squab;
  clock: VirtualClock;
  call: Client['call'];
  open(): Promise<RawConnection>;
}

const running: Squab[] = [];
const connections: RawConnection[] = [];
afterEach(async () => {
  for (const { socket } of connections.splice(0)) socket.destroy();
  await Promise.all(running.splice(0).map((squab) => squab.stop()));
});

/** A Squab with the queue `q`, and with limits that a test can wait for. */
async function serve(limits: Partial<HttpLimits> = {}): Promise<Served> {
  const clock = new VirtualClock();
  const options = completeOptions({ port: 0, logLevel: 'silent' });
  const squab = await startServer(options, { clock, limits: { checkMs: 20, ...limits } });
  running.push(squab);
  const { call } = client('JSON', squab.url);
  await call('CreateQueue', { QueueName: 'q' });
  const open = async () => {
    const connection = await RawConnection.open(squab.port);
    connections.push(connection);
    return connection;
  };
  return { squab, clock, call, open };
}

const HOST = 'Host: localhost';
const LIST = rawRequest('GET /?Action=ListQueues', [HOST]);
const jsonRequest = (operation: string, input: object) =>
  rawRequest('POST /', [HOST, `X-Amz-Target: AmazonSQS.${operation}`], JSON.stringify(input));
const POLL = jsonRequest('ReceiveMessage', { QueueUrl: 'q', WaitTimeSeconds: 20 });

describe('what is no HTTP', () => {
  it.each([
    ['words', 'hello, is there anybody?\r\n\r\n'],
    ['TLS', Buffer.from('16030100c8010000c40303', 'hex')],
    ['another version', 'GET / HTTP/9.9\r\nHost: x\r\n\r\n'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a header without a colon', 'GET / HTTP/1.1\r\nHost\r\n\r\n'],
    ['a header with a zero byte', 'GET / HTTP/1.1\r\nHost: x\0y\r\n\r\n'],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a length that is none', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n'],
    ['a chunk that is none', 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
    ['a space in the path', 'GET /a b HTTP/1.1\r\nHost: x\r\n\r\n'],
  ])('is refused in XML, and the connection ends: %s', async (_what, bytes) => {
    const { open } = await serve();
    const connection = await open();
    connection.send(bytes);
    const answer = await connection.answer();
    expect(answer).toMatchObject({ status: 400, headers: { 'content-type': 'text/xml', connection: 'close' } });
    expect(answer.headers['x-amzn-requestid']).toMatch(/^[0-9a-f-]{36}$/);
    expect(answer.body).toContain('<Code>MalformedInput</Code>');
    connection.socket.end();
    await connection.closed;
  });

  it('is cut off when it goes on after its refusal', async () => {
    const { open, squab } = await serve();
    const connection = await open();
    connection.send('hello\r\n\r\n');
    expect((await connection.answer()).status).toBe(400);
    await connection.ended;
    while (!connection.socket.destroyed) {
      connection.send('hello again\r\n\r\n');
      await new Promise(setImmediate);
    }
    expect((await rawExchange(squab.port, LIST)).status).toBe(200);
  });

  it.each([
    ['a method of others', 'PURGE / HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a request of an upgrade', 'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n', 404],
    ['HTTP/1.0', 'GET /?Action=ListQueues HTTP/1.0\r\n\r\n', 200],
    ['a whole URL as path', 'GET http://localhost/?Action=ListQueues HTTP/1.1\r\nHost: localhost\r\n\r\n', 200],
    ['two hosts', 'GET /?Action=ListQueues HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 200],
    ['the same without a path', 'GET http://localhost?Action=ListQueues HTTP/1.1\r\nHost: localhost\r\n\r\n', 200],
  ])('does not include %s', async (_what, bytes, status) => {
    const { squab } = await serve();
    expect((await rawExchange(squab.port, bytes)).status).toBe(status);
  });
});

describe('a request that is too long', () => {
  it('has more than 64 KiB of line and headers', async () => {
    const { squab } = await serve();
    const get = (bytes: number) => rawRequest(`GET /?Action=ListQueues&QueueNamePrefix=${'q'.repeat(bytes)}`, [HOST]);
    expect((await rawExchange(squab.port, get(60_000))).body).toContain('<ListQueuesResult/>');
    const refused = await rawExchange(squab.port, get(70_000));
    expect(refused.status).toBe(413);
    expect(refused.body).toContain('longer than 65536 bytes. Send a POST, with the parameters in its body.');
    const flood = rawRequest('GET /?Action=ListQueues', [
      HOST,
      ...Array.from({ length: 20_000 }, (_, n) => `x${n}: 1`),
    ]);
    expect((await rawExchange(squab.port, flood)).status).toBe(413);
  });

  it('has more than 8 MiB of body, and is refused before it is sent', async () => {
    const { open } = await serve();
    const connection = await open();
    connection.send(`POST / HTTP/1.1\r\n${HOST}\r\nContent-Length: ${8 * 1024 * 1024 + 1}\r\n\r\n`);
    expect(await connection.answer()).toMatchObject({ status: 413, headers: { connection: 'close' } });
  });
});

describe('a client that is slow', () => {
  it('with its headers, is refused', async () => {
    const { open } = await serve({ headersMs: 50 });
    const connection = await open();
    connection.send('POST / HTTP/1.1\r\n');
    const answer = await connection.answer();
    expect(answer).toMatchObject({ status: 408, headers: { connection: 'close' } });
    expect(answer.body).toContain('<Code>RequestTimeout</Code>');
  });

  it('with its body, is refused, while a poll goes on that began before', async () => {
    const { open, call, clock } = await serve({ headersMs: 50, requestMs: 50 });
    const polling = await open();
    polling.send(POLL);
    for (let times = 0; times < 3; times++) {
      const slow = await open();
      slow.send(jsonRequest('SendMessage', { QueueUrl: 'q', MessageBody: 'm' }).slice(0, -1));
      expect((await slow.answer()).status).toBe(408);
    }
    await clock.advance(19_999);
    await call('SendMessage', { QueueUrl: 'q', MessageBody: 'm' });
    expect((await polling.answer()).body).toContain('"Body":"m"');
  });

  it('or says nothing at all, is cut off, and takes no message', async () => {
    const { open, call } = await serve({ silenceMs: 50 });
    const [half, polling] = [await open(), await open()];
    half.send(POLL.slice(0, -1));
    polling.send(POLL);
    // What is half-open here is open on both sides there: nobody says that he is gone.
    await Promise.all([half.ended, polling.ended]);
    await call('SendMessage', { QueueUrl: 'q', MessageBody: 'm' });
    expect((await call('ReceiveMessage', { QueueUrl: 'q' })).Messages).toMatchObject([{ Body: 'm' }]);
  });

  it('to read, does not have its next requests carried out', async () => {
    const { open, call } = await serve();
    const count = 50;
    for (let n = 0; n < count; n++) await call('SendMessage', { QueueUrl: 'q', MessageBody: 'x'.repeat(1024 * 1024) });
    const greedy = await open();
    greedy.socket.pause();
    greedy.send(jsonRequest('ReceiveMessage', { QueueUrl: 'q' }).repeat(count));
    const inFlight = async () => {
      const attributes = { QueueUrl: 'q', AttributeNames: ['ApproximateNumberOfMessagesNotVisible'] };
      return Number((await call('GetQueueAttributes', attributes)).Attributes.ApproximateNumberOfMessagesNotVisible);
    };
    let seen = -1;
    for (let same = 0; same < 50; same++) {
      const now = await inFlight();
      if (now !== seen || now === 0) same = 0;
      seen = now;
    }
    // Some fit into the buffers of the system.
    expect(seen).toBeLessThan(count / 2);
    greedy.socket.resume();
    for (let n = 0; n < count; n++) expect((await greedy.answer()).status).toBe(200);
    expect(await inFlight()).toBe(count);
  });
});

describe('connections', () => {
  it('beyond the limit are closed at once', async () => {
    const { open } = await serve({ connections: 3 });
    const held = [await open(), await open()];
    for (const connection of held) {
      connection.send(LIST);
      expect((await connection.answer()).status).toBe(200);
    }
    // The third is the client that made the queue.
    await (await open()).ended;
  });

  it('are kept for longer than the pools of SDKs keep them, and polls may be silent for as long as SQS allows', async () => {
    const { open } = await serve();
    const connection = await open();
    connection.send(LIST);
    expect((await connection.answer()).headers['keep-alive']).toBe('timeout=120');
    expect(httpLimits.idleMs).toBeGreaterThan(90_000);
    expect(httpLimits.silenceMs).toBeGreaterThan(2 * 20_000);
  });

  it('serve requests that do not wait for answers one after the other, polls too', async () => {
    const { open, clock } = await serve();
    const connection = await open();
    const send = jsonRequest('SendMessage', { QueueUrl: 'q', MessageBody: 'm' });
    connection.send(`${POLL}${LIST}${send}${POLL}`);
    expect(
      (await Promise.race([connection.answer(), clock.advance(20_000).then(() => connection.answer())])).body,
    ).toBe('{}');
    const bodies = [await connection.answer(), await connection.answer(), await connection.answer()].map(
      ({ body }) => body,
    );
    expect(bodies).toEqual([
      expect.stringContaining('ListQueuesResult'),
      expect.stringContaining('MD5OfMessageBody'),
      expect.stringContaining('"Body":"m"'),
    ]);
  });
});
