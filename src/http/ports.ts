/** Additional ports: a connection to any of them belongs to the one HTTP server, with its limits and its shutdown. */

import type { Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';

/**
 * How many connections may wait to be accepted while Squab is busy: as many as Linux allows by default. With Node.js's
 * default, 511, some of a thousand connections that a client opens at once are reset.
 */
export const BACKLOG = 4096;

export class Doors {
  readonly #server: HttpServer;
  readonly #open: Server[] = [];

  constructor(server: HttpServer) {
    this.#server = server;
  }

  /** Listens on another port; resolves to its number. 0 picks a free port. Rejects with the system's error. */
  async open(host: string, port: number): Promise<number> {
    // The options that Node.js's HTTP server uses for its own sockets.
    const listener = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      this.#server.emit('connection', socket);
    });
    listener.maxConnections = this.#server.maxConnections;
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject);
      listener.listen(port, host, BACKLOG, resolve);
    });
    this.#open.push(listener);
    return (listener.address() as AddressInfo).port;
  }

  /** Stops accepting connections. Resolves when all existing ones are closed, which is up to the HTTP server. */
  async close(): Promise<void> {
    await Promise.all(this.#open.map((listener) => new Promise((resolve) => listener.close(resolve))));
  }
}
