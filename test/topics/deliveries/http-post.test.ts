/** Requests to subscribers: what is sent where, and how each answer is judged. */

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import { IncomingMessage } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { VirtualClock } from '../../../src/time/virtual-clock.ts';
import { isNear } from '../../../src/topics/deliveries/addresses.ts';
import { type PostOptions, post } from '../../../src/topics/deliveries/http-post.ts';
import { type Answer, silence, startEndpoint, status } from './endpoint.ts';

/** Names of the tests' own, whose addresses change with each look-up. */
const names = vi.hoisted(() => new Map<string, string[][]>());
vi.mock('node:dns', async (original) => {
  const dns = await original<typeof import('node:dns')>();
  const lookup = (name: string, options: object, callback: (error: Error | null, addresses: object[]) => void) => {
    const answers = names.get(name);
    if (!answers) return dns.lookup(name, options as never, callback as never);
    const addresses = answers.length > 1 ? answers.shift()! : answers[0]!;
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
  return { ...dns, lookup };
});

const tls = (name: string) => readFileSync(join(import.meta.dirname, '../../data/tls', name), 'utf8');

function posted(url: string, given: Partial<PostOptions> = {}, headers: Record<string, string> = {}) {
  const options: PostOptions = {
    machine: new VirtualClock(),
    publicEndpoints: false,
    anyCertificate: false,
    signal: new AbortController().signal,
    ...given,
  };
  return post({ url, headers, body: 'Größe' }, options);
}

describe('a request', () => {
  it('is a POST to the URL, with its user and password, its headers and its body', async () => {
    const endpoint = await startEndpoint();
    const url = endpoint.url.replace('//', '//user:p%40ss@');
    expect(await posted(url, {}, { 'x-amz-sns-message-type': 'Notification' })).toEqual({ kind: 'delivered' });
    expect(endpoint.requests).toMatchObject([
      {
        method: 'POST',
        path: '/path?a=b',
        body: 'Größe',
        headers: {
          authorization: `Basic ${Buffer.from('user:p@ss').toString('base64')}`,
          'content-length': '7',
          'x-amz-sns-message-type': 'Notification',
        },
      },
    ]);
  });

  it.each([
    [200, 'delivered'],
    [204, 'delivered'],
    [299, 'delivered'],
    [301, 'refused'],
    [307, 'refused'],
    [400, 'refused'],
    [404, 'refused'],
    [429, 'failed'],
    [500, 'failed'],
    [503, 'failed'],
  ])('that is answered with %i is %s', async (code, kind) => {
    const { url } = await startEndpoint(status(code));
    expect(await posted(url)).toMatchObject({ kind });
  });

  it('does not follow redirects', async () => {
    const elsewhere = await startEndpoint();
    const { url } = await startEndpoint(status(302, { location: elsewhere.url }));
    expect(await posted(url)).toEqual({
      kind: 'refused',
      reason: 'the endpoint answered with status 302, and redirects are not followed',
    });
    expect(elsewhere.requests).toEqual([]);
  });

  it('fails if the endpoint does not answer within 15 seconds', async () => {
    const endpoint = await startEndpoint(silence);
    const machine = new VirtualClock();
    const outcome = posted(endpoint.url, { machine });
    await endpoint.arrived(1);
    await machine.advance(14_999);
    expect(await Promise.race([outcome, 'none yet'])).toBe('none yet');
    await machine.advance(1);
    expect(await outcome).toEqual({ kind: 'failed', reason: 'the endpoint did not answer within 15 seconds' });
  });

  const endless: Answer = (response) => {
    response.writeHead(200);
    const write = () => {
      while (response.writable && response.write('x'.repeat(10_000)));
      if (response.writable) response.once('drain', write);
    };
    write();
  };
  const unfinished: Answer = (response) => response.writeHead(200).flushHeaders();
  const broken: Answer = (response) =>
    response.writeHead(200, { 'content-length': '9' }).write('x', () => response.destroy());

  it.each([
    [
      'is judged by its status if it continues in small pieces',
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(1000)}`,
      { kind: 'delivered' },
    ],
    [
      'is not waited for if it switches to another protocol',
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      { kind: 'failed', reason: expect.stringContaining('(it switches to another protocol)') },
    ],
    [
      'is not waited for if interim ones do not end',
      'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(100),
      { kind: 'failed', reason: 'the endpoint cannot be reached (it sends too many interim answers)' },
    ],
  ])('its answer %s', async (_title, answer, outcome) => {
    const server = createServer((socket) => socket.on('error', () => {}).once('data', () => socket.write(answer)));
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const pieces = vi.spyOn(IncomingMessage.prototype, 'push');
    onTestFinished(() => pieces.mockRestore());
    expect(await posted(`http://127.0.0.1:${port}/`, { machine: new VirtualClock() })).toEqual(outcome);
    expect(pieces.mock.calls.length).toBeLessThan(400);
  });

  it.each([
    ['is endless', endless],
    ['breaks off', broken],
  ])('is judged by the status of an answer that %s', async (_title, answer) => {
    const { url } = await startEndpoint(answer);
    expect(await posted(url)).toEqual({ kind: 'delivered' });
  });

  it('is judged by the status of an answer that is not complete after 15 seconds', async () => {
    const machine = new VirtualClock();
    const { url } = await startEndpoint(unfinished);
    const head = new Promise<void>((resolve) => {
      const onHead = () => {
        unsubscribe('http.client.response.finish', onHead);
        resolve();
      };
      subscribe('http.client.response.finish', onHead);
    });
    const outcome = posted(url, { machine });
    await head;
    await machine.advance(15_000);
    expect(await outcome).toEqual({ kind: 'delivered' });
  });

  it('fails if the endpoint cannot be reached, or does not speak HTTP', async () => {
    expect(await posted('http://127.0.0.1:1/')).toEqual({
      kind: 'failed',
      reason: 'the endpoint cannot be reached (ECONNREFUSED)',
    });
    const server = createServer((socket) => socket.end('220 smtp\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    expect(await posted(`http://127.0.0.1:${port}/`)).toMatchObject({ kind: 'failed' });
    server.close();
  });

  it.each(['http://', 'ftp://127.0.0.1/', 'http://127.0.0.1:99999/', 'http://%zz/', 'http://a%:b@127.0.0.1/', 'x'])(
    'is refused if the endpoint is %s',
    async (url) => {
      expect(await posted(url)).toMatchObject({
        kind: 'refused',
        reason: expect.stringMatching(/^the endpoint is not a valid URL for requests/),
      });
    },
  );

  it('is refused if a header cannot be sent', async () => {
    expect(await posted('http://127.0.0.1:1/', {}, { 'Content-Type': 'a\r\nb: c' })).toMatchObject({ kind: 'refused' });
  });

  it('ends at once when it is aborted', async () => {
    const endpoint = await startEndpoint(silence);
    const abort = new AbortController();
    const outcome = posted(endpoint.url, { signal: abort.signal });
    await endpoint.arrived(1);
    abort.abort();
    expect(await outcome).toBeUndefined();
    expect(await posted(endpoint.url, { signal: abort.signal })).toBeUndefined();
    expect(endpoint.requests.length).toBe(1);
  });

  it('checks the certificate of the endpoint, unless any is accepted', async () => {
    const endpoint = await startEndpoint(status(200), { cert: tls('cert.pem'), key: tls('key.pem') });
    expect(await posted(endpoint.url)).toEqual({
      kind: 'failed',
      reason:
        'the certificate of the endpoint is not valid (DEPTH_ZERO_SELF_SIGNED_CERT); ' +
        'to accept every certificate, start Squab with --any-certificate',
    });
    expect(await posted(endpoint.url, { anyCertificate: true })).toEqual({ kind: 'delivered' });
    expect(endpoint.requests.length).toBe(1);
  });
});

describe('the address of an endpoint', () => {
  it.each([
    '127.0.0.1',
    '127.9.9.9',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '::1',
    'fd00::1',
    '0.0.0.0',
    '::ffff:10.0.0.1',
    '::',
  ])('can be %s', (address) => {
    expect(isNear(address)).toBe(true);
  });

  it.each([
    '8.8.8.8',
    '169.254.169.254',
    '172.32.0.1',
    '172.15.0.1',
    '11.0.0.1',
    '2001:4860::8888',
    'fe80::1',
    'fe80::1%eth0',
    '::ffff:8.8.8.8',
    '::ffff:808:808',
    '100.64.0.1',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    ...['fd00:ec2::254', 'fd20:ce::254', 'fd00:c1::a9fe:a9fe', 'fd00:a9fe:a9fe::1', 'fd00:42::42'],
    'localhost',
  ])('cannot be %s', (address) => {
    expect(isNear(address)).toBe(false);
  });

  it.each([
    ['http://8.8.8.8/', '8.8.8.8'],
    ['http://169.254.169.254/latest/meta-data', '169.254.169.254'],
    ['http://134744072/', '8.8.8.8'],
    ['http://0x08.8.8.8/', '8.8.8.8'],
    ['https://[2001:4860::8888]/', '2001:4860::8888'],
    ['http://[::ffff:8.8.8.8]/', '::ffff:808:808'],
  ])('is refused: %s', async (url, address) => {
    expect(await posted(url)).toEqual({
      kind: 'refused',
      reason:
        `${address} is neither loopback nor private. To allow requests to every address, start Squab with ` +
        '--public-endpoints.',
    });
  });

  it('is refused for a name outside, and only its allowed addresses are used', async () => {
    const endpoint = await startEndpoint();
    const { port } = new URL(endpoint.url);
    names.set('outside.test', [['8.8.8.8', '2001:4860::8888']]);
    names.set('both.test', [['8.8.8.8', '127.0.0.1']]);
    expect(await posted(`http://outside.test:${port}/`)).toEqual({
      kind: 'refused',
      reason:
        'outside.test has the address 8.8.8.8, 2001:4860::8888, which is neither loopback nor private. To allow requests ' +
        'to every address, start Squab with --public-endpoints.',
    });
    expect(await posted(`http://both.test:${port}/`)).toEqual({ kind: 'delivered' });
    expect(endpoint.requests[0]!.headers.host).toBe(`both.test:${port}`);
  });

  it('is looked up once, so that a name cannot have another address by the time of the connection', async () => {
    const endpoint = await startEndpoint();
    const { port } = new URL(endpoint.url);
    const answers = [['127.0.0.1'], ['8.8.8.8']];
    names.set('rebinding.test', answers);
    expect(await posted(`http://rebinding.test:${port}/`)).toEqual({ kind: 'delivered' });
    expect(answers).toEqual([['8.8.8.8']]);
    expect(await posted(`http://rebinding.test:${port}/`)).toMatchObject({ kind: 'refused' });
  });

  it('can be any, if public endpoints are allowed', async () => {
    // Addresses for documentation (RFC 5737) are not routed: the attempt ends with the test's signal, or fails.
    const abort = new AbortController();
    const outcome = posted('http://192.0.2.1:1/', { publicEndpoints: true, signal: abort.signal });
    await new Promise((resolve) => setImmediate(resolve));
    abort.abort();
    expect((await outcome)?.kind).not.toBe('refused');
  });
});
