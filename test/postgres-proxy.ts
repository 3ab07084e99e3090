/** A proxy in front of a PostgreSQL server, with which tests cut connections, and imitate poolers. */

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface DatabaseProxy {
  /** The URL of the server, through the proxy. */
  readonly url: string;
  /** How many connections clients have tried to make. */
  readonly attempts: number;
  /** Ends all connections, and refuses new ones. */
  cut(): void;
  /** Lets bytes neither in nor out, without ending the connections, as a network that has failed. */
  freeze(): void;
  /** Allows connections again, and lets bytes through. */
  restore(): void;
  close(): Promise<void>;
}

/**
 * `dropOptions`: the server never sees the settings of the session, as with a pooler that ignores them. `refuses`: a
 * connection is refused if its settings contain this text, as by a server that cannot do what one of them says.
 */
export async function proxyOf(
  url: string,
  { dropOptions = false, refuses = undefined as string | undefined } = {},
): Promise<DatabaseProxy> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let mode: 'open' | 'cut' | 'frozen' = 'open';
  let attempts = 0;
  const server = createServer((client) => {
    attempts++;
    if (mode === 'cut') {
      client.destroy();
      return;
    }
    const upstream = connect(Number(target.port), target.hostname);
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => {});
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      if (mode === 'frozen') one.pause();
    }
    client.once('data', (first) => {
      if (refuses !== undefined && first.includes(refuses)) {
        client.end(refusal('22023', `invalid value for parameter "${refuses}"`));
        return;
      }
      upstream.write(dropOptions ? withoutOptions(first) : first);
      client.on('data', (part) => upstream.write(part));
    });
    upstream.on('data', (part) => client.write(part));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const through = new URL(url);
  through.host = `127.0.0.1:${(server.address() as { port: number }).port}`;
  return {
    url: through.href,
    get attempts() {
      return attempts;
    },
    cut() {
      mode = 'cut';
      for (const socket of sockets) socket.destroy();
    },
    freeze() {
      mode = 'frozen';
      for (const socket of sockets) socket.pause();
    },
    restore() {
      mode = 'open';
      for (const socket of sockets) socket.resume();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A startup packet is its length, the version, and names and values that end with a zero each. */
function withoutOptions(packet: Buffer): Buffer {
  const words = packet.subarray(8).toString('utf8').split('\0');
  const place = words.indexOf('options');
  if (place === -1) return packet;
  words.splice(place, 2);
  const rest = Buffer.from(words.join('\0'));
  const head = Buffer.from(packet.subarray(0, 8));
  head.writeInt32BE(8 + rest.length);
  return Buffer.concat([head, rest]);
}

/** A server that lets clients log in, and never answers a statement, as a pooler without a server behind it. */
export async function silentServer(): Promise<{ port: number; close(): void }> {
  const [loggedIn, ready] = [Buffer.from('R\0\0\0\x08\0\0\0\0'), Buffer.from('Z\0\0\0\x05I')];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => socket.write(Buffer.concat([loggedIn, ready])));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { port: (server.address() as { port: number }).port, close };
}

/** A server that refuses each connection, as PostgreSQL does. Resolves to its port and a function that ends it. */
export async function refusingServer(code: string, message: string): Promise<{ port: number; close(): void }> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(refusal(code, message)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as { port: number }).port, close: () => server.close() };
}

function refusal(code: string, message: string): Buffer {
  const fields = ['SFATAL', 'VFATAL', `C${code}`, `M${message}`].map((field) => `${field}\0`).join('');
  const body = Buffer.from(`${fields}\0`);
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
