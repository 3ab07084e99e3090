/** A Squab behind a port that can be closed and opened again, so that a page loses it and gets it back. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** `target` is the port of Squab. */
export async function openProxy(target: number) {
  let port = 0;
  let server: Server;
  const open = async () => {
    server = createServer(async (request, response) => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers;
      const init = { method: request.method!, headers: headers as Record<string, string> };
      const hasBody = request.method === 'POST';
      const answer = await fetch(`http://127.0.0.1:${target}${request.url}`, {
        ...init,
        ...(hasBody && { body: Buffer.concat(parts) }),
      }).catch(() => undefined);
      if (!answer) return response.destroy();
      response.writeHead(answer.status, Object.fromEntries(answer.headers));
      response.end(Buffer.from(await answer.arrayBuffer()));
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  };
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  await open();
  return { open, close, port };
}
