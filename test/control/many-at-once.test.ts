/** Many requests to the control interface at the same time. */

import { describe, expect, it } from 'vitest';
import { setup } from '../helpers.ts';
import { RawConnection } from '../http/raw-http.ts';

/** Requests that last until something happens, and how many of each may be in progress. */
const LASTING = [
  ['GET /_squab/events', { method: 'GET', path: '/_squab/events', body: '', atOnce: 100 }],
  [
    'POST /_squab/queues/{name}/wait',
    { method: 'POST', path: '/_squab/queues/q/wait', body: '{"for":"sent"}', atOnce: 200 },
  ],
] as const;

describe('requests that last', () => {
  it.each(LASTING)('are limited in number: %s', async (route, { method, path, body, atOnce }) => {
    const { squab, client } = await setup();
    await client('JSON').call('CreateQueue', { QueueName: 'q' });
    const ask = async () => {
      const connection = await RawConnection.open(squab.port);
      const length = `Content-Length: ${body.length}`;
      connection.send(`${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${length}\r\n\r\n${body}`);
      return connection;
    };
    const open = await Promise.all(Array.from({ length: atOnce }, ask));
    const tooMany = await ask();
    expect(await tooMany.answer()).toMatchObject({
      status: 409,
      body: expect.stringContaining(`There are already ${atOnce} requests to ${route}`),
    });
    for (const { socket } of open) socket.resetAndDestroy();
    // A wait that ends at once, or a stream that is closed at once.
    const again = { method, body: body === '' ? null : '{"for":"empty"}', signal: AbortSignal.timeout(20_000) };
    for (let status = 409; status === 409; ) {
      const response = await fetch(squab.url + path, again);
      status = response.status;
      await response.body?.cancel();
      expect([200, 409]).toContain(status);
    }
  });
});

it('a wait searches all bodies that the journal has before it times out', async () => {
  const { squab, client } = await setup();
  await client('JSON').call('CreateQueue', { QueueName: 'q' });
  const body = 'x'.repeat(200_000);
  for (let sent = 0; sent < 40; sent++) await squab.control.messages.add('q', { body });
  const { messageId } = await squab.control.messages.add('q', { body: `${body}y` });
  const wait = { for: 'sent', bodyContains: 'xy', timeout: '1ms', afterEventId: 0 } as const;
  expect((await squab.control.waitFor('q', wait)).event).toMatchObject({ kind: 'sent', messageId });
});

it('waits that search bodies are limited in number, and those that have ended do not count', async () => {
  const { squab, client } = await setup();
  await client('JSON').call('CreateQueue', { QueueName: 'q' });
  const wait = () =>
    squab.control.waitFor('q', { for: 'sent', bodyContains: 'x', afterEventId: squab.control.events.lastId });
  const waiting = Array.from({ length: 50 }, wait);
  await expect(wait()).rejects.toMatchObject({ status: 409, message: expect.stringContaining('50 waits') });
  await squab.control.messages.add('q', { body: 'xy' });
  await Promise.all(waiting);
  const again = wait();
  await squab.control.messages.add('q', { body: 'xy' });
  expect((await again).event).toMatchObject({ kind: 'sent' });
});

it('bodies are searched for several waits with other work in between', async () => {
  const { squab, client } = await setup();
  await client('JSON').call('CreateQueue', { QueueName: 'q' });
  let turns = 0;
  let timer = setImmediate(function next() {
    turns++;
    timer = setImmediate(next);
  });
  const foundIn: number[] = [];
  const waiting = Array.from({ length: 20 }, async () => {
    const { event } = await squab.control.waitFor('q', { for: 'sent', bodyContains: 'xy', timeout: '20s' });
    foundIn.push(turns);
    return event?.messageId;
  });
  // Waits look their queue up before they listen.
  await new Promise(setImmediate);
  const { messageId } = await squab.control.messages.add('q', { body: `${'x'.repeat(1_000_000)}y` });
  expect(new Set(await Promise.all(waiting))).toEqual(new Set([messageId]));
  clearImmediate(timer);
  // Each has one portion; some answers may meet in one turn.
  expect(new Set(foundIn).size).toBeGreaterThan(5);
});
