/** Pipelined requests, which a client sends without waiting for responses. */

import type { RequestListener, Server } from 'node:http';
import type { Socket } from 'node:net';
import { skipPacket } from '../time/packets.ts';
import type { HttpLimits } from './limits.ts';
import { resetConnection } from './sockets.ts';

/**
 * Makes the server run the requests of a connection one after the other. A packet can contain hundreds of them; run in
 * parallel, their responses could take gigabytes of memory if the client does not read them. A request that waits costs
 * what Node.js needs to parse it, 20 to 30 µs and two to three KiB: too many of them keep others waiting. So a connection
 * on which more than `pipelined` requests wait is reset, and so is one that makes a further request wait while
 * `pipelinedInAll` are waiting on all connections.
 */
export function serializePipelined(
  server: Server,
  { pipelined, pipelinedInAll }: Pick<HttpLimits, 'pipelined' | 'pipelinedInAll'>,
): void {
  const [handle] = server.listeners('request') as [RequestListener];
  server.off('request', handle);
  const waiting = new WeakMap<Socket, number>();
  let inAll = 0;
  const change = (socket: Socket, by: number) => {
    waiting.set(socket, waiting.get(socket)! + by);
    inAll += by;
  };
  server.on('request', (request, response) => {
    const { socket } = request;
    // Node.js assigns the socket to a response when its turn comes.
    if (response.socket !== null) return handle(request, response);
    if (socket.destroyed) return;
    if (!waiting.has(socket)) {
      waiting.set(socket, 0);
      // Not as soon as it is reset: the next connection would have the same number parsed in the same turn.
      socket.once('close', () => change(socket, -waiting.get(socket)!));
    }
    if (waiting.get(socket)! === pipelined || inAll >= pipelinedInAll) {
      resetConnection(socket);
      skipPacket(socket);
      return;
    }
    change(socket, 1);
    response.once('socket', () => {
      change(socket, -1);
      handle(request, response);
    });
  });
}
