/** Clients that are slow, silent, greedy or do not speak HTTP: how Squab responds, without affecting other clients. */

import { afterEach, describe, expect, it } from 'vitest';
import { type HttpLimits, httpLimits } from '../../src/http/limits.ts';
import type { Squab } from '../../src/index.ts';
import { startServer } from '../../src/server.ts';
import { completeOptions } from '../../src/settings/complete.ts';
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

/** Starts a Squab with the queue `q`, and with limits short enough for a test. */
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

describe('invalid HTTP', () => {
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
    ['an invalid length', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n'],
    ['an invalid chunk', 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
    ['a space in the path', 'GET /a b HTTP/1.1\r\nHost: x\r\n\r\n'],
  ])('gets an error in XML, and the connection ends: %s', async (_what, bytes) => {
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

  it.each([
    ['without a Host', 400, 'Content-Length: 4', 'must have the header Host.'],
    ['that expects too much', 417, 'Host: x\r\nExpect: a "miracle"\r\nContent-Length: 4', 'not "a \\"miracle\\"".'],
  ])(
    'is a request %s: it gets an error on its wire, and the connection stays open',
    async (_what, status, headers, text) => {
      const { open } = await serve();
      const connection = await open();
      for (const target of ['', 'X-Amz-Target: AmazonSQS.ListQueues\r\n']) {
        connection.send(`POST / HTTP/1.1\r\n${target}${headers}\r\n\r\nabcd`);
        const answer = await connection.answer();
        expect(answer.status).toBe(status);
        expect(target ? JSON.parse(answer.body).message : answer.body.replaceAll('&quot;', '"')).toContain(text);
      }
      connection.send(LIST);
      expect((await connection.answer()).status).toBe(200);
    },
  );

  it('is cut off if the client continues after the error', async () => {
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
    ['a method of another protocol', 'PURGE / HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a request for an upgrade', 'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n', 404],
    ['HTTP/1.0', 'GET /?Action=ListQueues HTTP/1.0\r\n\r\n', 200],
    ['a whole URL as the path', 'GET http://localhost/?Action=ListQueues HTTP/1.1\r\nHost: localhost\r\n\r\n', 200],
    ['two Host headers', 'GET /?Action=ListQueues HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 200],
    ['a whole URL without a path', 'GET http://localhost?Action=ListQueues HTTP/1.1\r\nHost: localhost\r\n\r\n', 200],
  ])('does not include %s', async (_what, bytes, status) => {
    const { squab } = await serve();
    expect((await rawExchange(squab.port, bytes)).status).toBe(status);
  });
});

describe('a request is too long', () => {
  it('with more than 64 KiB of request line and headers', async () => {
    const { squab } = await serve();
    const get = (bytes: number) => rawRequest(`GET /?Action=ListQueues&QueueNamePrefix=${'q'.repeat(bytes)}`, [HOST]);
    expect((await rawExchange(squab.port, get(60_000))).body).toContain('<ListQueuesResult/>');
    const refused = await rawExchange(squab.port, get(70_000));
    expect(refused.status).toBe(413);
    expect(refused.body).toContain('longer than 65536 bytes. Send a POST with the parameters in the body.');
    const flood = rawRequest('GET /?Action=ListQueues', [
      HOST,
      ...Array.from({ length: 20_000 }, (_, n) => `x${n}: 1`),
    ]);
    expect((await rawExchange(squab.port, flood)).status).toBe(413);
  });

  it('with a host that every queue URL would repeat', async () => {
    const { squab, call } = await serve();
    const get = (host: string) => rawRequest('GET /?Action=ListQueues', [`Host: ${host}`]);
    const long = `${'h'.repeat(250)}.test`;
    expect((await rawExchange(squab.port, get(long))).body).toContain(`http://${long}/000000000000/q`);
    const refused = await rawExchange(squab.port, get('h'.repeat(60_000)));
    expect(refused.status).toBe(400);
    expect(refused.body).toContain(
      '<Message>The host is longer than 300 characters, with http:// before it.</Message>',
    );
    expect(await call('ListQueues')).toMatchObject({ QueueUrls: [expect.any(String)] });
  });

  it('with a body of more than 8 MiB, and is refused before the body is sent', async () => {
    const { open } = await serve();
    const connection = await open();
    connection.send(`POST / HTTP/1.1\r\n${HOST}\r\nContent-Length: ${8 * 1024 * 1024 + 1}\r\n\r\n`);
    expect(await connection.answer()).toMatchObject({ status: 413, headers: { connection: 'close' } });
  });
});

describe('a client', () => {
  it('that is slow to send headers gets an error', async () => {
    const { open } = await serve({ headersMs: 50 });
    const connection = await open();
    connection.send('POST / HTTP/1.1\r\n');
    const answer = await connection.answer();
    expect(answer).toMatchObject({ status: 408, headers: { connection: 'close' } });
    expect(answer.body).toContain('<Code>RequestTimeout</Code>');
  });

  it('that is slow to send a body gets an error, while an earlier poll continues', async () => {
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

  it('that is silent is cut off, and receives no message', async () => {
    const { open, call } = await serve({ silenceMs: 50 });
    const [half, polling] = [await open(), await open()];
    half.send(POLL.slice(0, -1));
    polling.send(POLL);
    // Neither connection was closed by its client, so Squab can only notice the silence.
    await Promise.all([half.ended, polling.ended]);
    await call('SendMessage', { QueueUrl: 'q', MessageBody: 'm' });
    expect((await call('ReceiveMessage', { QueueUrl: 'q' })).Messages).toMatchObject([{ Body: 'm' }]);
  });

  it('that stops reading responses does not have its further requests run', async () => {
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
    // A few responses fit into the system's buffers.
    expect(seen).toBeLessThan(count / 2);
    greedy.socket.resume();
    for (let n = 0; n < count; n++) expect((await greedy.answer()).status).toBe(200);
    expect(await inFlight()).toBe(count);
  });
});

describe('pipelined requests', () => {
  it('wait for the earlier ones, up to a number', async () => {
    const { open } = await serve({ pipelined: 20 });
    const connection = await open();
    connection.send(LIST.repeat(21));
    for (let n = 0; n < 21; n++) expect((await connection.answer()).status).toBe(200);
    // Requests that have had their turn no longer count.
    connection.send(LIST.repeat(21));
    for (let n = 0; n < 21; n++) expect((await connection.answer()).status).toBe(200);
  });

  it.each([
    ['polls', POLL],
    ['requests that are refused at once', rawRequest('GET /', [HOST, 'Expect: miracles'])],
  ])('over that number end the connection, and none of them is carried out: %s', async (_what, request) => {
    const { open, call } = await serve({ pipelined: 20 });
    const connection = await open();
    connection.send(POLL + request.repeat(1000));
    await connection.closed;
    await call('SendMessage', { QueueUrl: 'q', MessageBody: 'm' });
    expect((await call('ReceiveMessage', { QueueUrl: 'q' })).Messages).toMatchObject([{ Body: 'm' }]);
  });

  it('are limited for all connections together, until they have had their turn or their connection is reset', async () => {
    const { open, call } = await serve({ pipelined: 20, pipelinedInAll: 30 });
    const [first, second, third] = [await open(), await open(), await open()];
    first.send(POLL.repeat(21));
    second.send(POLL.repeat(21));
    await second.closed;
    await call('ListQueues', {});
    third.send(LIST.repeat(11));
    for (let n = 0; n < 11; n++) expect((await third.answer()).status).toBe(200);
    third.send(LIST.repeat(11));
    for (let n = 0; n < 11; n++) expect((await third.answer()).status).toBe(200);
    third.send(LIST.repeat(12));
    await third.closed;
  });
});

describe('connections', () => {
  it('over the limit are closed immediately', async () => {
    const { open } = await serve({ connections: 3 });
    const held = [await open(), await open()];
    for (const connection of held) {
      connection.send(LIST);
      expect((await connection.answer()).status).toBe(200);
    }
    // The third connection is that of the client that created the queue.
    await (await open()).ended;
  });

  it("stay open longer than in SDKs' connection pools, and during the longest poll that SQS allows", async () => {
    const { open } = await serve();
    const connection = await open();
    connection.send(LIST);
    expect((await connection.answer()).headers['keep-alive']).toBe('timeout=120');
    expect(httpLimits.idleMs).toBeGreaterThan(90_000);
    expect(httpLimits.silenceMs).toBeGreaterThan(2 * 20_000);
  });

  it('run pipelined requests one after the other, including polls', async () => {
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
