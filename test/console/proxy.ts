/** A Squab behind a port that can be closed and opened again, so that a page loses it and gets it back. */

import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** `target` is the port of Squab. */
export async function openProxy(target: number) {
  let port = 0;
  let server: Server;
  const open = async () => {
    // `fetch` would replace headers by which Squab recognizes what a page requests.
    server = createServer((asked, response) => {
      const { host: _host, ...headers } = asked.headers;
      const { method, url: path } = asked;
      const passedOn = request({ port: target, host: '127.0.0.1', method, path, headers }, (answer) => {
        response.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(response);
      });
      passedOn.on('error', () => response.destroy());
      response.on('close', () => passedOn.destroy());
      asked.pipe(passedOn);
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
