/** Pipelined requests, which a client sends without waiting for responses. */

import type { RequestListener, Server } from 'node:http';
import type { Socket } from 'node:net';
import { resetConnection } from './sockets.ts';

/**
 * Makes the server run the requests of a connection one after the other. A packet can contain hundreds of them; run in
 * parallel, their responses could take gigabytes of memory if the client does not read them. Resets a connection on
 * which more than `limit` requests wait. A request that waits costs only what Node.js needs to parse it.
 */
export function serializePipelined(server: Server, limit: number): void {
  const [handle] = server.listeners('request') as [RequestListener];
  server.off('request', handle);
  const waiting = new WeakMap<Socket, number>();
  server.on('request', (request, response) => {
    const { socket } = request;
    // Node.js assigns the socket to a response when its turn comes.
    if (response.socket !== null) return handle(request, response);
    // It goes on parsing a packet after the connection was reset.
    if (socket.destroyed) return;
    const count = (waiting.get(socket) ?? 0) + 1;
    if (count > limit) return resetConnection(socket);
    waiting.set(socket, count);
    response.once('socket', () => {
      waiting.set(socket, waiting.get(socket)! - 1);
      handle(request, response);
    });
  });
}
