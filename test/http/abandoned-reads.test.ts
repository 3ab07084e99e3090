/**
 * Reads of the control interface, searches for messages, moves of the clock and snapshots run one after another, so one whose
 * client has gone must not keep others waiting.
 */

import { expect, it, vi } from 'vitest';
import { control } from '../control/client.ts';
import { eventually } from '../eventually.ts';
import { setup } from '../helpers.ts';
import { RawConnection, rawRequest } from './raw-http.ts';

it('a read whose client has disconnected is not carried out', async () => {
  const { squab } = await setup();
  const { get, post } = control(squab.url);
  const { messages } = squab.control;
  let release = () => {};
  const first = new Promise<never>((_resolve, reject) => {
    release = () => reject(new Error('released'));
  });
  const find = vi.spyOn(messages, 'find').mockReturnValueOnce(first);
  const connections = await Promise.all(Array.from({ length: 20 }, () => RawConnection.open(squab.port)));
  for (const connection of connections) connection.send(rawRequest('GET /_squab/messages/none', ['Host: localhost']));
  await eventually(() => expect(find).toHaveBeenCalledTimes(1));
  for (const { socket } of connections) socket.destroy();
  // Writes do not wait for reads. After a few of them, the server knows of the disconnections.
  for (let times = 0; times < 10; times++) await post('/clock/freeze');
  release();
  await get('/clock');
  expect(find.mock.calls.length).toBeLessThan(5);
});

const body = (text: string) => `Content-Length: ${text.length}\r\n\r\n${text}`;

it.each([
  ['clock', 'advance', 'POST /_squab/clock/advance', '{"by":"1s"}'],
  ['clock', 'set', 'POST /_squab/clock/set', '{"to":"2030-01-01T00:00:00Z"}'],
  ['snapshots', 'take', 'PUT /_squab/snapshots/s', ''],
  ['snapshots', 'restore', 'POST /_squab/snapshots/s/restore', ''],
  ['snapshots', 'remove', 'DELETE /_squab/snapshots/s', ''],
  ['messages', 'delete', 'DELETE /_squab/messages/none', ''],
  ['messages', 'deadLetter', 'POST /_squab/messages/none/dead-letter', ''],
  ['messages', 'makeVisible', 'POST /_squab/messages/none/make-visible', ''],
  ['messages', 'replay', 'POST /_squab/messages/none/replay', ''],
] as const)('%s.%s is not carried out for a client that has disconnected', async (area, method, route, text) => {
  const { squab } = await setup();
  const { post } = control(squab.url);
  let release = () => {};
  const first = new Promise<never>((_resolve, reject) => {
    release = () => reject(new Error('released'));
  });
  const called = vi.spyOn(squab.control[area] as unknown as Record<string, () => Promise<never>>, method);
  called.mockReturnValue(first);
  const connections = await Promise.all(Array.from({ length: 20 }, () => RawConnection.open(squab.port)));
  for (const connection of connections) {
    connection.send(`${route} HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n${body(text)}`);
  }
  await eventually(() => expect(called).toHaveBeenCalledTimes(1));
  for (const { socket } of connections) socket.destroy();
  // These wait for nothing. After a few of them, the server knows of the disconnections.
  for (let times = 0; times < 10; times++) await post('/clock/freeze');
  release();
  await post('/clock/freeze');
  expect(called.mock.calls.length).toBeLessThan(5);
});
