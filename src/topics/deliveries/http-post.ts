/**
 * Posts a request to a subscriber, and judges the answer.
 * Source: developer guide, "Amazon SNS message delivery retries" and "Fanout to HTTP/S endpoints".
 */

import type { Clock, Millis } from '../../time/clock.ts';
import { AddressNotAllowed, checkLiteral, lookUpAny, lookUpNear } from './addresses.ts';
import { type PostRequest, post as postOverHttp } from './http-client.ts';
import { type Outcome, outcomeOfStatus } from './outcome.ts';

/** "If the subscriber does not respond within 15 seconds, the attempt has failed." */
const ANSWER_MS: Millis = 15_000;

/** Only the status matters. Shorter bodies are read, so that the subscriber sees no broken connection. */
const READ_BYTES_MAX = 64 * 1024;

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
export async function post(request: PostRequest, options: PostOptions): Promise<Outcome | undefined> {
  const { machine, signal, publicEndpoints, anyCertificate } = options;
  try {
    if (!publicEndpoints) checkLiteral(new URL(request.url).hostname.replaceAll(/^\[|\]$/g, ''));
  } catch (error) {
    return outcomeOfError(error as Error);
  }
  const ending = await postOverHttp(request, {
    ...{ machine, signal, timeoutMs: ANSWER_MS, bodyBytesMax: READ_BYTES_MAX },
    lookup: publicEndpoints ? lookUpAny : lookUpNear,
    rejectUnauthorized: !anyCertificate,
  });
  // Once the status has arrived, it counts, even if the rest of the answer does not arrive.
  if (ending.status !== undefined) return outcomeOfStatus(ending.status);
  if (ending.kind === 'failed') return outcomeOfError(ending.error);
  if (ending.kind === 'aborted') return undefined;
  return { kind: 'failed', reason: `the endpoint did not answer within ${ANSWER_MS / 1000} seconds` };
}

function outcomeOfError(error: NodeJS.ErrnoException): Outcome {
  if (error instanceof AddressNotAllowed) return { kind: 'refused', reason: error.message };
  const { code = '', message } = error;
  if (error instanceof TypeError || error instanceof URIError) {
    return { kind: 'refused', reason: `the endpoint is not a valid URL for requests (${message})` };
  }
  if (/CERT|SIGNATURE/.test(code)) {
    const hint = 'to accept every certificate, start Squab with --any-certificate';
    return { kind: 'failed', reason: `the certificate of the endpoint is not valid (${code}); ${hint}` };
  }
  return { kind: 'failed', reason: `the endpoint cannot be reached (${code || message})` };
}
