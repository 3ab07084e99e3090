/**
 * The load generator: kept-alive connections with one request in progress on each. It does as little work as
 * possible, so that it measures the server and not itself. It reads HTTP responses that have a Content-Length, and
 * those in chunks, as servers in Go send long ones.
 */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Sends a request, and resolves to the body of its response. Rejects if the status is not 200. */
export type Ask = (request: Buffer) => Promise<Buffer>;

/**
 * One repetition of some work: one or more requests. Resolves to the number of messages by which the queue has grown.
 */
export type Step = (ask: Ask) => Promise<number>;

export interface Load {
  requests: number;
  requestsPerSecond: number;
  /** The number of messages by which the queue has grown. */
  growth: number;
  /** Share of one core that the load generator used. Near 1, it is the bottleneck. */
  busy: number;
}

interface Waiting {
  resolve(body: Buffer): void;
  reject(error: Error): void;
}

const END_OF_HEAD = '\r\n\r\n';
const LAST_CHUNK = '\r\n0\r\n\r\n';

export class Connection {
  readonly #socket: Socket;
  #waiting: Waiting | undefined;
  /** What has been received of a response so far. */
  #chunks: Buffer[] = [];
  #length = 0;
  /** Where the response ends. It is infinity for one in chunks, which ends with the last chunk. */
  #end: number | undefined;
  #bodyStart = 0;
  #status = '';

  static async open(url: string): Promise<Connection> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    await once(socket, 'connect');
    return new Connection(socket);
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('The server closed the connection.')));
  }

  readonly ask: Ask = (request) =>
    new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.write(request);
    });

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#end === undefined && !this.#readHead(this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks)))
      return;
    const isChunked = this.#end === Infinity;
    if (!isChunked && this.#length < this.#end!) return;
    const received = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    if (isChunked && received.toString('latin1', received.length - LAST_CHUNK.length) !== LAST_CHUNK) return;
    const rest = received.subarray(this.#bodyStart, this.#end);
    const body = isChunked ? joined(rest) : rest;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#chunks = [];
    this.#length = 0;
    this.#end = undefined;
    if (this.#status === '200') waiting?.resolve(body);
    else waiting?.reject(new Error(`The server answered with status ${this.#status}: ${body}`));
  }

  #readHead(received: Buffer): boolean {
    const length = received.indexOf(END_OF_HEAD);
    if (length === -1) return false;
    const head = received.toString('latin1', 0, length);
    const contentLength = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (contentLength === undefined && !/\r\ntransfer-encoding: *chunked/i.test(head)) {
      this.#fail(new Error(`A response has no Content-Length, and is not in chunks:\n${head}`));
      return false;
    }
    this.#status = head.slice(9, 12);
    this.#bodyStart = length + END_OF_HEAD.length;
    this.#end = contentLength === undefined ? Infinity : this.#bodyStart + Number(contentLength);
    return true;
  }

  #fail(error: Error): void {
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }
}

/** Returns the body whose chunks these are. Each is preceded by its length, and the last one is empty. */
function joined(chunks: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = chunks.indexOf('\r\n', at);
    const start = lineEnd + 2;
    const length = Number.parseInt(chunks.toString('latin1', at, lineEnd), 16);
    if (length === 0) return Buffer.concat(parts);
    parts.push(chunks.subarray(start, start + length));
    at = start + length + 2;
  }
}

/** Repeats `step` on every connection for `ms` milliseconds, and then completes the steps in progress. */
export async function load(url: string, connections: number, ms: number, step: Step): Promise<Load> {
  return withConnections(url, connections, async (open) => {
    let requests = 0;
    let growth = 0;
    const cpuBefore = process.cpuUsage();
    const start = performance.now();
    await Promise.all(
      open.map(async ({ ask }) => {
        const counted: Ask = (request) => {
          requests++;
          return ask(request);
        };
        while (performance.now() - start < ms) {
          const grown = await step(counted);
          growth += grown;
        }
      }),
    );
    const elapsedMs = performance.now() - start;
    const { user, system } = process.cpuUsage(cpuBefore);
    const busy = (user + system) / 1000 / elapsedMs;
    return { requests, requestsPerSecond: (requests * 1000) / elapsedMs, growth, busy };
  });
}

/** Opens `count` connections for `work`, and closes them afterwards. */
export async function withConnections<T>(
  url: string,
  count: number,
  work: (connections: readonly Connection[]) => Promise<T>,
): Promise<T> {
  const connections = await Promise.all(Array.from({ length: count }, () => Connection.open(url)));
  try {
    return await work(connections);
  } finally {
    for (const connection of connections) connection.close();
  }
}
