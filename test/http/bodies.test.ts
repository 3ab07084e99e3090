/** Bodies that cost much: in many small pieces, or long ones that are complete at the same time. */

import { createServer, IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import Fastify from 'fastify';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { readBodies } from '../../src/http/bodies.ts';
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

describe('long bodies', () => {
  /** Serves an app that records the turn of the event loop in which it gets each body, with the length of the body. */
  async function recordTurns() {
    const app = Fastify({ bodyLimit: 2_000_000 });
    readBodies(app);
    const bodies: { turn: number; length: number }[] = [];
    let turn = 0;
    const count = () => {
      turn++;
      next = setImmediate(count);
    };
    let next = setImmediate(count);
    const sockets: Socket[] = [];
    app.addHook('onRequest', async ({ raw }) => void sockets.push(raw.socket));
    app.post('/', async ({ body }) => {
      bodies.push({ turn, length: (body as Buffer).length });
      return '';
    });
    await app.listen({ port: 0, host: '127.0.0.1' });
    running.push(() => {
      clearImmediate(next);
      return app.close();
    });
    const { port } = app.server.address() as AddressInfo;
    /** Opens connections, and sends all of a request on each but the last byte. Resolves once the app has read them. */
    const begin = async (lengths: readonly number[]) => {
      const connections = await Promise.all(lengths.map(() => RawConnection.open(port)));
      const sent = lengths.map((length) => rawRequest('POST /', [HOST], 'a'.repeat(length)).slice(0, -1));
      for (const [index, connection] of connections.entries()) {
        onTestFinished(() => void connection.socket.destroy());
        connection.send(sent[index]!);
      }
      const all = sent.join('').length;
      await vi.waitUntil(() => sockets.reduce((sum, { bytesRead }) => sum + bytesRead, 0) === all, 10_000);
      return connections;
    };
    return { bodies, begin };
  }

  it('that are complete at the same time share turns of the event loop, which short ones need not wait for', async () => {
    const { bodies, begin } = await recordTurns();
    const lengths = [...Array(6).fill(1_500_000), 1000];
    const connections = await begin(lengths);
    for (const connection of connections) connection.send('a');
    await Promise.all(connections.map((connection) => connection.answer()));
    expect(bodies.map(({ length }) => length).toSorted((a, b) => a - b)).toEqual(lengths.toReversed());
    const inTurn = Map.groupBy(bodies, ({ turn }) => turn);
    for (const together of inTurn.values()) {
      expect(together.filter(({ length }) => length > 1000).length).toBeLessThanOrEqual(2);
    }
    expect(bodies.findIndex(({ length }) => length === 1000)).toBeLessThan(6);
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
