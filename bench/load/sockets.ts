/** Raw connections, for clients that do not behave like one: they send parts of requests, or do not read. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Opens connections. Resolves when all are established; errors on them are ignored. */
export async function openSockets(url: string, count: number): Promise<Socket[]> {
  const { hostname, port } = new URL(url);
  const sockets = Array.from({ length: count }, () => connect({ host: hostname, port: Number(port) }));
  await Promise.all(
    sockets.map((socket) =>
      once(
        socket.on('error', () => {}),
        'connect',
      ),
    ),
  );
  return sockets;
}
