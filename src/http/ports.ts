/** More ports than one: who comes in by any of them is a client of the one HTTP server, with its limits and its end. */

import type { Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';

export class Doors {
  readonly #server: HttpServer;
  readonly #open: Server[] = [];

  constructor(server: HttpServer) {
    this.#server = server;
  }

  /** Listens on one more port; resolves to it, which for 0 is one that was free. Rejects with the error of the system. */
  async open(host: string, port: number): Promise<number> {
    // What Node's HTTP server asks for itself.
    const door = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      this.#server.emit('connection', socket);
    });
    door.maxConnections = this.#server.maxConnections;
    await new Promise<void>((resolve, reject) => {
      door.once('error', reject);
      door.listen(port, host, resolve);
    });
    this.#open.push(door);
    return (door.address() as AddressInfo).port;
  }

  /** Lets nobody in any more; resolves when those who came in are gone, whom the HTTP server sends away. */
  async close(): Promise<void> {
    await Promise.all(this.#open.map((door) => new Promise((resolve) => door.close(resolve))));
  }
}
