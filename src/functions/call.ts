/** Posts an event to a function's URL, and reads the answer. Follows no redirects. */

import { request as requestHttps } from 'node:https';
import type { Clock, Millis } from '../time/clock.ts';

// An import would load Node.js's WebSocket client, too: see http/not-http.ts.
const { request: requestHttp } = process.getBuiltinModule('node:http');

/** "6 MB each for request and response (synchronous)". Lambda developer guide, "Lambda quotas". */
export const PAYLOAD_BYTES_MAX = 6 * 1024 * 1024;

export interface Answer {
  kind: 'answer';
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Buffer;
}

/**
 * Why there is no answer. `unreached`: the function did not get the event, as far as Squab can know. `aborted`: the caller
 * ended the call.
 */
export interface NoAnswer {
  kind: 'unreached' | 'broken' | 'timed-out' | 'too-long' | 'aborted';
  reason: string;
}

export interface CallOptions {
  headers: Readonly<Record<string, string>>;
  timeoutMs: Millis;
  /** Real time: a function takes it even while the clock of SQS is frozen. */
  machine: Clock;
  /** Ends the call. */
  signal: AbortSignal;
}

/** The codes of errors that occur before a connection exists. */
const UNREACHED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ETIMEDOUT',
  'EADDRNOTAVAIL',
]);

/** Posts `body`, and resolves to the answer. Never rejects. */
export function post(url: string, body: string | Buffer, options: CallOptions): Promise<Answer | NoAnswer> {
  const { headers, timeoutMs, machine, signal } = options;
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(aborted);
    const send = url.startsWith('https:') ? requestHttps : requestHttp;
    // A connection of its own: one that is kept open may be closed by the function's server at any time.
    const request = send(url, {
      method: 'POST',
      agent: false,
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    });
    const end = (result: Answer | NoAnswer) => {
      cancelAlarm();
      signal.removeEventListener('abort', onAbort);
      if (result.kind !== 'answer') request.destroy();
      resolve(result);
    };
    const onAbort = () => end(aborted);
    const cancelAlarm = machine.at(machine.now() + timeoutMs, () =>
      end({ kind: 'timed-out', reason: `it did not answer within ${timeoutMs / 1000} seconds` }),
    );
    signal.addEventListener('abort', onAbort);
    request.on('error', (error: NodeJS.ErrnoException) => end(failureOf(error, url)));
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > PAYLOAD_BYTES_MAX) end({ kind: 'too-long', reason: 'it answered with more than 6 MB' });
        else chunks.push(chunk);
      });
      response.on('error', (error) => end(failureOf(error, url)));
      response.on('end', () => {
        if (!response.complete) return end({ kind: 'broken', reason: 'the connection broke' });
        const { statusCode: status = 0, headers: received } = response;
        end({ kind: 'answer', status, headers: received, body: Buffer.concat(chunks) });
      });
    });
    request.end(body);
  });
}

const aborted: NoAnswer = { kind: 'aborted', reason: 'Squab stopped' };

function failureOf(error: NodeJS.ErrnoException, url: string): NoAnswer {
  // A host with several addresses has one error for each.
  const first = error instanceof AggregateError ? (error.errors[0] as NodeJS.ErrnoException) : error;
  const { code = '', message } = first;
  const host = new URL(url).host;
  if (UNREACHED.has(code)) return { kind: 'unreached', reason: `${host} cannot be reached (${code})` };
  return { kind: 'broken', reason: `the connection to ${host} broke (${code || message})` };
}
