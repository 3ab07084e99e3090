/** Bodies in many small pieces, which cost much more than their bytes. */

import { createServer, IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Squab, start } from '../../src/index.ts';
import { skipPacket } from '../../src/time/packets.ts';
import { client } from '../helpers.ts';
import { RawConnection, rawExchange, rawRequest } from './raw-http.ts';

const running: (() => Promise<unknown>)[] = [];
afterEach(() => Promise.all(running.splice(0).map((stop) => stop())));

async function serve(): Promise<Squab> {
  const squab = await start({ port: 0, logLevel: 'silent' });
  running.push(() => squab.stop());
  return squab;
}

const HOST = 'Host: localhost';
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
/** Ten thousand chunks of one byte. */
const SMALL: readonly string[] = Array(10_000).fill(chunk('a'));

/** Returns a request with these chunks; a POST, unless the line begins with another method. */
function chunked(line: string, chunks: readonly string[], headers: readonly string[] = []): string {
  const start = `${line.startsWith('/') ? 'POST ' : ''}${line} HTTP/1.1`;
  return [start, HOST, 'Transfer-Encoding: chunked', ...headers, '', `${chunks.join('')}${chunk('')}`].join('\r\n');
}

describe('a body', () => {
  it.each(['/', '/_squab/reset', '/2015-03-31/functions/f/invocations'])(
    'in too many small chunks is refused: %s',
    async (path) => {
      const { port } = await serve();
      const refused = await rawExchange(port, chunked(path, SMALL));
      expect(refused).toMatchObject({ status: 400, headers: { connection: 'close' } });
      expect(refused.body).toContain('The request body arrives in too many small pieces.');
    },
  );

  const poll = 'GET /?Action=ReceiveMessage&QueueUrl=q&WaitTimeSeconds=20';
  it.each([
    ['of a request that waits for its turn', [rawRequest(poll, [HOST]), chunked('/', SMALL)]],
    ['of a long poll', [chunked(poll, SMALL)]],
    ['of an event stream', [chunked('GET /_squab/events', SMALL)]],
    ['of a request that has been answered', [chunked('GET /health', SMALL)]],
    ['of a request that is refused', [chunked('/', SMALL, ['Origin: http://elsewhere.example'])]],
    ['of a request without a route', [chunked('PROPFIND /', SMALL)]],
  ])('that is not read, in too many small chunks, closes the connection: %s', async (_which, requests) => {
    const { port, url } = await serve();
    await client('JSON', url).call('CreateQueue', { QueueName: 'q' });
    const pieces = vi.spyOn(IncomingMessage.prototype, 'push');
    onTestFinished(() => pieces.mockRestore());
    const connection = await RawConnection.open(port);
    onTestFinished(() => void connection.socket.destroy());
    // The head alone first: what follows in the same packet is not read if the request is refused.
    const request = requests.join('');
    const body = request.lastIndexOf('\r\n\r\n1\r\n') + 4;
    connection.send(request.slice(0, body));
    await rawExchange(port, rawRequest('GET /health', [HOST]));
    connection.send(request.slice(body));
    await connection.closed;
    expect(pieces.mock.calls.length).toBeLessThan(400);
  });

  it('may have many chunks if most of them are not small', async () => {
    const { port } = await serve();
    const action = [...'Action=ListQueues&Ignored='].map(chunk);
    const ignored = Array(1000).fill(chunk('a'.repeat(200)));
    expect(await rawExchange(port, chunked('/', [...action, ...ignored]))).toMatchObject({ status: 200 });
  });
});

describe('skipPacket', () => {
  it('skips the rest of a packet, and nothing that other connections send later', async () => {
    const pieces: number[] = [];
    const server = createServer((request, response) => {
      const at = pieces.push(0) - 1;
      request.on('data', () => {
        pieces[at]!++;
        if (request.url !== '/skip') return;
        skipPacket(request.socket);
        skipPacket(request.socket);
      });
      request.on('end', () => response.end('read'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    running.push(() => new Promise((resolve) => server.close(resolve)));
    const { port } = server.address() as AddressInfo;
    const first = await RawConnection.open(port);
    first.send(chunked('/skip', Array(100).fill(chunk('a'))) + rawRequest('GET /skipped', [HOST]));
    first.socket.end();
    await first.closed;
    expect(pieces).toEqual([1]);
    expect((await rawExchange(port, chunked('/', Array(100).fill(chunk('a'))))).status).toBe(200);
    expect(pieces).toEqual([1, 100]);
  });
});
