/** An HTTP endpoint that records requests, and answers as a test decides. */

import { createServer, type IncomingHttpHeaders, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Recorded {
  method: string | undefined;
  path: string | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Answers a request, or leaves it without an answer. */
export type Answer = (response: ServerResponse, request: Recorded) => void;

export interface Endpoint {
  url: string;
  /** In the order in which they arrived. */
  requests: Recorded[];
  /** Is called once for each request; by default, it answers 200. */
  answer: Answer;
  /** Resolves when this many requests have arrived. */
  arrived(count: number): Promise<void>;
}

export const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (response) =>
    void response.writeHead(code, headers).end();

/** Never answers. */
export const silence: Answer = () => {};

/** Starts an endpoint on loopback, which ends with the test. With `tls`, it speaks HTTPS. */
export async function startEndpoint(
  answer: Answer = status(200),
  tls?: { cert: string; key: string },
): Promise<Endpoint> {
  const waiting: { count: number; resolve: () => void }[] = [];
  const endpoint: Endpoint = {
    url: '',
    requests: [],
    answer,
    arrived(count) {
      if (endpoint.requests.length >= count) return Promise.resolve();
      return new Promise((resolve) => waiting.push({ count, resolve }));
    },
  };
  const listener: RequestListener = async (request, response) => {
    const { method, url: path, headers } = request;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const recorded = { method, path, headers, body: Buffer.concat(chunks).toString() };
    endpoint.requests.push(recorded);
    for (const { count, resolve } of waiting) if (endpoint.requests.length >= count) resolve();
    endpoint.answer(response, recorded);
  };
  const server = tls ? createSecureServer(tls, listener) : createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  endpoint.url = `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}/path?a=b`;
  return endpoint;
}
