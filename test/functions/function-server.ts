/**
 * A server of functions, as tests need it: like a Runtime Interface Emulator, or with any other answer. Tests hold its
 * invocations, and answer them when they want to.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach } from 'vitest';

// Tests access events untyped, as a function in JavaScript would.
// biome-ignore lint/suspicious/noExplicitAny: each test asserts what it expects
type Json = any;

export interface Answer {
  status?: number;
  headers?: Record<string, string>;
  /** Sent as JSON, unless it is a text. */
  body?: unknown;
  /** Closes the connection without an answer. */
  breaks?: true;
}

/** One invocation that the server received. */
export interface Invocation {
  path: string;
  headers: IncomingMessage['headers'];
  event: Json;
  /** The bodies of the event's messages. */
  bodies: string[];
  /** Answers the invocation. */
  answer(answer?: Answer): void;
}

/** The path of a Runtime Interface Emulator. */
export const EMULATOR_PATH = '/2015-03-31/functions/function/invocations';

export class FunctionServer {
  readonly url: string;
  /** All invocations so far. */
  readonly invocations: Invocation[] = [];
  /** Returns the answer to an invocation; undefined holds it until the test answers. */
  handle: (invocation: Invocation) => Answer | undefined = () => ({});
  /** How many invocations are in progress, and the most that ever were. */
  running = 0;
  most = 0;
  readonly #waiting: (() => void)[] = [];
  #seen = 0;

  constructor(url: string) {
    this.url = url;
  }

  /** The URL as that of a Runtime Interface Emulator. */
  get emulator(): string {
    return `${this.url}${EMULATOR_PATH}`;
  }

  get bodies(): string[][] {
    return this.invocations.map(({ bodies }) => bodies);
  }

  /** Resolves to the next invocation that this method has not returned yet. */
  async next(): Promise<Invocation> {
    const index = this.#seen++;
    while (this.invocations.length <= index) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.invocations[index]!;
  }

  async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const payload = await text(request).catch(() => undefined);
    // Squab has ended the connection, as it does when it stops.
    if (payload === undefined) return;
    const event: Json = JSON.parse(payload);
    this.most = Math.max(this.most, ++this.running);
    response.on('close', () => {
      this.running--;
    });
    const invocation: Invocation = {
      ...{ path: request.url!, headers: request.headers, event },
      bodies: (event.Records ?? []).map(({ body }: Json) => body),
      answer: (answer = {}) => respond(response, answer),
    };
    this.invocations.push(invocation);
    for (const resolve of this.#waiting.splice(0)) resolve();
    const answer = this.handle(invocation);
    if (answer) invocation.answer(answer);
  }
}

/** Answers an invocation, unless it has been answered. */
function respond(response: ServerResponse, { status = 200, headers = {}, body = '', breaks }: Answer): void {
  if (response.headersSent) return;
  if (breaks) {
    response.destroy();
    return;
  }
  response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
}

const servers: Server[] = [];

/** Starts a server of functions, which is stopped after the current test. */
export async function functionServer(handle?: FunctionServer['handle']): Promise<FunctionServer> {
  let functions: FunctionServer | undefined;
  const server = createServer((request, response) => void functions!.receive(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  functions = new FunctionServer(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  if (handle) functions.handle = handle;
  return functions;
}

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});
