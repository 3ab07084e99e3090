/** Bodies in many small pieces, which cost much more than their bytes. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type Squab, start } from '../../src/index.ts';
import { skipPacket } from '../../src/time/packets.ts';
import { RawConnection, rawExchange, rawRequest } from './raw-http.ts';

const running: (() => Promise<unknown>)[] = [];
afterEach(() => Promise.all(running.splice(0).map((stop) => stop())));

async function serve(): Promise<Squab> {
  const squab = await start({ port: 0, logLevel: 'silent' });
  running.push(() => squab.stop());
  return squab;
}

const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
const chunked = (path: string, chunks: readonly string[]) =>
  [`POST ${path} HTTP/1.1`, 'Host: localhost', 'Transfer-Encoding: chunked', '', `${chunks.join('')}${chunk('')}`].join(
    '\r\n',
  );

describe('a body', () => {
  it.each(['/', '/_squab/reset', '/2015-03-31/functions/f/invocations'])(
    'in too many small chunks is refused: %s',
    async (path) => {
      const { port } = await serve();
      const refused = await rawExchange(port, chunked(path, Array(10_000).fill(chunk('a'))));
      expect(refused).toMatchObject({ status: 400, headers: { connection: 'close' } });
      expect(refused.body).toContain('The request body arrives in too many small pieces.');
    },
  );

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
    first.send(chunked('/skip', Array(100).fill(chunk('a'))) + rawRequest('GET /skipped', ['Host: localhost']));
    first.socket.end();
    await first.closed;
    expect(pieces).toEqual([1]);
    expect((await rawExchange(port, chunked('/', Array(100).fill(chunk('a'))))).status).toBe(200);
    expect(pieces).toEqual([1, 100]);
  });
});
