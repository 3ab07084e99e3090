/** Load balancers as simple as they come, between clients and several Squabs. */

import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createSocketServer, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface Balancer {
  url: string;
  stop(): Promise<void>;
}

/** Starts a load balancer that passes each request on to the next node, or to the one after that if it refuses connections. */
export async function balanceRequests(nodes: () => readonly string[]): Promise<Balancer> {
  let requests = 0;
  const server = createServer(async (incoming, outgoing) => {
    const body = await buffer(incoming).catch(() => undefined);
    // The client has gone.
    if (!body) return;
    const urls = nodes();
    const first = requests++;
    for (let attempt = 0; attempt < urls.length; attempt++) {
      const answer = await passOn(incoming, body, urls[(first + attempt) % urls.length]!, (abort) =>
        outgoing.once('close', abort),
      );
      if (answer === 'refused') continue;
      if (answer === 'lost') {
        outgoing.destroy();
        return;
      }
      outgoing.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(outgoing);
      answer.once('error', () => outgoing.destroy());
      return;
    }
    outgoing.writeHead(502).end();
  });
  const url = `http://127.0.0.1:${await portOf(server, '127.0.0.1')}`;
  return {
    url,
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function passOn(
  { url, method, headers }: IncomingMessage,
  body: Buffer,
  node: string,
  onAbort: (abort: () => void) => void,
): Promise<IncomingMessage | 'refused' | 'lost'> {
  return new Promise((resolve) => {
    const passed = httpRequest(new URL(url!, node), { method, headers, agent: false }, resolve);
    passed.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED' ? 'refused' : 'lost'));
    onAbort(() => passed.destroy());
    passed.end(body);
  });
}

/** Starts a load balancer that passes each connection on to the next node: what is in a connection of HTTPS only nodes can read. */
export async function balanceConnections(nodes: () => readonly string[]): Promise<Balancer> {
  let connections = 0;
  const open = new Set<Socket>();
  const server = createSocketServer((near) => {
    const urls = nodes();
    const { hostname, port } = new URL(urls[connections++ % urls.length]!);
    const far = connect(Number(port), hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one);
      one.on('error', () => {});
      one.once('close', () => {
        open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  const url = new URL(nodes()[0]!);
  url.port = String(await portOf(server, url.hostname));
  return {
    url: url.origin,
    stop() {
      for (const socket of open) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function portOf(server: Server | ReturnType<typeof createSocketServer>, host: string): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return (server.address() as AddressInfo).port;
}
