/** Reads of the control interface run one after another, so one whose client has gone must not keep others waiting. */

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
