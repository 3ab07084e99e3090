/** Posts a request to an endpoint or a function over HTTP, and reads the answer. Follows no redirects. */

import type { ClientRequest, IncomingHttpHeaders } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Clock, Millis } from '../../time/clock.ts';
import { Pieces, skipPacket } from '../../time/packets.ts';

// An import would load Node.js's WebSocket client, too: see http/not-http.ts.
const { request: requestHttp } = process.getBuiltinModule('node:http');

export interface PostRequest {
  url: string;
  headers: Readonly<Record<string, string>>;
  body: string | Buffer;
}

export interface ClientOptions {
  /** Real time: the server needs it even while the clock of SQS is frozen. */
  machine: Clock;
  /** Ends the request. */
  signal: AbortSignal;
  /** How long the server may take until its answer is complete. */
  timeoutMs: Millis;
  /** How many bytes of the answer's body are read. */
  bodyBytesMax: number;
  /** Looks the host's name up, instead of Node.js. */
  lookup?: LookupFunction | undefined;
  /** Whether the server needs a valid certificate. */
  rejectUnauthorized?: boolean | undefined;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/**
 * How a request ended. `failed`: the connection broke or could not be made, or the URL or a header is not valid. The
 * status is undefined if it had not arrived by then.
 */
export type Ending =
  | ({ kind: 'complete' } & Answer)
  | { kind: 'too-long' | 'timed-out' | 'aborted'; status: number | undefined }
  | { kind: 'failed'; status: number | undefined; error: NodeJS.ErrnoException };

/** How many answers with a status such as 103 the server may send before its answer. */
const INTERIM_MAX = 10;

/** Posts a request. Never rejects. */
export function post(given: PostRequest, options: ClientOptions): Promise<Ending> {
  const { machine, signal, timeoutMs, bodyBytesMax } = options;
  return new Promise((resolve) => {
    if (signal.aborted) return resolve({ kind: 'aborted', status: undefined });
    let request: ClientRequest;
    try {
      request = opened(given, options);
    } catch (error) {
      return resolve({ kind: 'failed', status: undefined, error: firstOf(error as Error) });
    }
    let status: number | undefined;
    const end = (ending: Ending) => {
      cancelAlarm();
      signal.removeEventListener('abort', abort);
      request.destroy();
      resolve(ending);
    };
    const fail = (error: Error) => end({ kind: 'failed', status, error: firstOf(error) });
    const abort = () => end({ kind: 'aborted', status });
    const cancelAlarm = machine.at(machine.now() + timeoutMs, () => end({ kind: 'timed-out', status }));
    signal.addEventListener('abort', abort);
    request.on('error', fail);
    // Without a listener, Node.js closes the connection, and reports nothing.
    request.on('upgrade', (_answer, socket) => {
      socket.destroy();
      fail(new Error('it switches to another protocol'));
    });
    let interim = 0;
    request.on('information', () => {
      if (++interim <= INTERIM_MAX) return;
      fail(new Error('it sends too many interim answers'));
      skipPacket(request.socket!);
    });
    request.on('response', (response) => {
      const { statusCode = 0, headers } = response;
      status = statusCode;
      const chunks: Buffer[] = [];
      let bytes = 0;
      const pieces = new Pieces();
      const push = response.push.bind(response);
      // Node.js's parser calls this for each piece, which would be buffered before the first of a packet is read.
      response.push = (piece: Buffer | null) => {
        if (piece === null || !pieces.areTooMany(piece)) return push(piece);
        skipPacket(response.socket);
        fail(new Error('the answer arrives in too many small pieces'));
        return true;
      };
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        chunks.push(chunk);
        if (bytes > bodyBytesMax) end({ kind: 'too-long', status });
      });
      response.on('error', fail);
      response.on('end', () => {
        if (response.complete) end({ kind: 'complete', status: statusCode, headers, body: Buffer.concat(chunks) });
        else fail(new Error('the answer is not complete'));
      });
    });
    request.end(given.body);
  });
}

/** Throws TypeError or URIError if the URL or a header is not valid. */
function opened({ url, headers, body }: PostRequest, options: ClientOptions): ClientRequest {
  const { lookup, rejectUnauthorized } = options;
  const target = new URL(url);
  if (target.protocol !== 'http:' && target.protocol !== 'https:') throw new TypeError('no scheme for requests');
  const common = {
    method: 'POST',
    headers: { ...headers, 'Content-Length': Buffer.byteLength(body) },
    // A connection of its own: the server may close one that is kept open just when the next request is sent.
    agent: false,
    ...(lookup && { lookup }),
  };
  if (target.protocol === 'http:') return requestHttp(target, common);
  return requestHttps(target, { ...common, ...(rejectUnauthorized !== undefined && { rejectUnauthorized }) });
}

/** Returns the first error of a host with several addresses, which has one for each. */
function firstOf(error: Error): NodeJS.ErrnoException {
  return error instanceof AggregateError ? error.errors[0] : error;
}
