/**
 * Posts a request to a subscriber, and judges the answer.
 * Source: developer guide, "Amazon SNS message delivery retries" and "Fanout to HTTP/S endpoints".
 */

import type { ClientRequest } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Clock, Millis } from '../../time/clock.ts';
import { AddressNotAllowed, checkLiteral, lookUpNear } from './addresses.ts';
import { type Outcome, outcomeOfStatus } from './outcome.ts';

// An import would load Node.js's WebSocket client, too: see http/not-http.ts.
const { request: requestHttp } = process.getBuiltinModule('node:http');

/** "If the subscriber does not respond within 15 seconds, the attempt has failed." */
const ANSWER_MS: Millis = 15_000;

/** Only the status matters. Shorter bodies are read, so that the subscriber sees no broken connection. */
const READ_BYTES_MAX = 64 * 1024;

export interface PostRequest {
  url: string;
  headers: Readonly<Record<string, string>>;
  body: string;
}

export interface PostOptions {
  /** Real time: a subscriber needs it even while SNS's clock is frozen. */
  machine: Clock;
  /** Whether endpoints may have any address. Otherwise, only loopback and private ones are allowed. */
  publicEndpoints: boolean;
  /** Whether the certificates of HTTPS endpoints are not checked. */
  anyCertificate: boolean;
  /** Ends the attempt. */
  signal: AbortSignal;
}

/** Resolves to undefined if the signal ended the attempt. Never rejects. */
export function post(given: PostRequest, options: PostOptions): Promise<Outcome | undefined> {
  const { machine, signal } = options;
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(undefined);
    let request: ClientRequest;
    try {
      request = opened(given, options);
    } catch (error) {
      return resolve(outcomeOfError(error));
    }
    let status: number | undefined;
    /** Once the status has arrived, it counts, even if the rest of the answer does not arrive. */
    const end = (otherwise?: Outcome) => {
      cancelAlarm();
      signal.removeEventListener('abort', abort);
      request.destroy();
      resolve(status === undefined ? otherwise : outcomeOfStatus(status));
    };
    const abort = () => end();
    const cancelAlarm = machine.at(machine.now() + ANSWER_MS, () =>
      end({ kind: 'failed', reason: `the endpoint did not answer within ${ANSWER_MS / 1000} seconds` }),
    );
    signal.addEventListener('abort', abort);
    request.on('error', (error) => end(outcomeOfError(error)));
    request.on('response', (response) => {
      status = response.statusCode;
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > READ_BYTES_MAX) end();
      });
      response.on('error', () => end());
      response.on('end', () => end());
    });
    request.end(given.body);
  });
}

/** Throws if the URL, its address or a header is not valid. */
function opened({ url, headers, body }: PostRequest, options: PostOptions): ClientRequest {
  const { publicEndpoints, anyCertificate } = options;
  const target = new URL(url);
  if (target.protocol !== 'http:' && target.protocol !== 'https:') throw new TypeError(`no scheme for requests`);
  if (!publicEndpoints) checkLiteral(target.hostname.replaceAll(/^\[|\]$/g, ''));
  const lookup: { lookup?: LookupFunction } = publicEndpoints ? {} : { lookup: lookUpNear };
  const common = {
    method: 'POST',
    headers: { ...headers, 'Content-Length': Buffer.byteLength(body) },
    // A connection of its own: the subscriber may close one that is kept open just when the next request is sent.
    agent: false,
    ...lookup,
  };
  if (target.protocol === 'http:') return requestHttp(target, common);
  return requestHttps(target, { ...common, rejectUnauthorized: !anyCertificate });
}

function outcomeOfError(error: unknown): Outcome {
  if (error instanceof AddressNotAllowed) return { kind: 'refused', reason: error.message };
  // For a name with several addresses, there is an error for each.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const { code = '', message } = first as NodeJS.ErrnoException;
  if (first instanceof TypeError || first instanceof URIError) {
    return { kind: 'refused', reason: `the endpoint is not a valid URL for requests (${message})` };
  }
  if (/CERT|SIGNATURE/.test(code)) {
    const hint = 'to accept every certificate, start Squab with --any-certificate';
    return { kind: 'failed', reason: `the certificate of the endpoint is not valid (${code}); ${hint}` };
  }
  return { kind: 'failed', reason: `the endpoint cannot be reached (${code || message})` };
}
