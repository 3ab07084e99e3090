/** One Squab on several ports. */

import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { type Squab, start } from '../../src/index.ts';
import { client } from '../helpers.ts';

const running: Squab[] = [];
const servers: Server[] = [];

async function squabOn(port: number | readonly number[]): Promise<Squab> {
  const squab = await start({ port });
  running.push(squab);
  return squab;
}

async function takenPort(): Promise<number> {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((squab) => squab.stop()));
  for (const server of servers.splice(0)) server.close();
});

it('serves the same queues on each port, with queue URLs for the port of the request', async () => {
  const { url, port, ports } = await squabOn([0, 0, 0]);
  expect(new Set(ports).size).toBe(3);
  expect([port, url]).toEqual([ports[0], `http://127.0.0.1:${ports[0]}`]);
  const [first, ...others] = ports.map((one) => client('JSON', `http://127.0.0.1:${one}`));
  const { QueueUrl } = await first!.call('CreateQueue', { QueueName: 'q' });
  await first!.call('SendMessage', { QueueUrl, MessageBody: 'b' });
  for (const [index, { call }] of others.entries()) {
    const found = await call('GetQueueUrl', { QueueName: 'q' });
    expect(found.QueueUrl).toBe(`http://127.0.0.1:${ports[index + 1]}/000000000000/q`);
  }
  expect((await others[1]!.call('ReceiveMessage', { QueueUrl })).Messages).toHaveLength(1);
});

it('says which of the ports is in use, and stops listening on the others', async () => {
  const taken = await takenPort();
  const { port: free, stop } = await squabOn(0);
  await stop();
  await expect(start({ port: [free, taken] })).rejects.toMatchObject({
    code: 'EADDRINUSE',
    message: expect.stringContaining(`port ${taken} is in use`),
  });
  expect((await squabOn(free)).port).toBe(free);
});

it('ends the long polls and connections of every port when it stops', async () => {
  const { ports, stop } = await squabOn([0, 0]);
  const { call } = client('JSON', `http://127.0.0.1:${ports[1]}`);
  const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' });
  const poll = call('ReceiveMessage', { QueueUrl, WaitTimeSeconds: 20 });
  // The response to a later request shows that the poll has arrived.
  await call('ListQueues');
  await stop();
  expect(await poll).toEqual({});
  await expect(fetch(`http://127.0.0.1:${ports[1]}/`)).rejects.toThrow();
});

it.each([
  ['9324,9324', 'port must not repeat a port (except 0), not "9324,9324".'],
  [[], 'port must be at least one port, not [].'],
  ['9324,http', 'port must be a number from 0 to 65535, not "9324,http".'],
  ['9324,', 'port must be a number from 0 to 65535, not "9324,".'],
])('rejects the ports %j', async (port, message) => {
  await expect(start({ port: port as number[] })).rejects.toThrow(message);
});
