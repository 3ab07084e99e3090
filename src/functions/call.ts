/** Posts an event to a function's URL, and reads the answer. */

import type { Clock, Millis } from '../time/clock.ts';
import { type Answer as HttpAnswer, post } from '../topics/deliveries/http-client.ts';

/** "6 MB each for request and response (synchronous)". Lambda developer guide, "Lambda quotas". */
export const PAYLOAD_BYTES_MAX = 6 * 1024 * 1024;

export interface Answer extends HttpAnswer {
  kind: 'answer';
}

/**
 * Why there is no answer. `unreached`: the function did not get the event, as far as Squab can know. `aborted`: the
 * caller ended the call.
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
export async function call(url: string, body: string | Buffer, options: CallOptions): Promise<Answer | NoAnswer> {
  const { headers, timeoutMs, machine, signal } = options;
  const limits = { timeoutMs, bodyBytesMax: PAYLOAD_BYTES_MAX };
  const ending = await post({ url, headers, body }, { ...limits, machine, signal });
  const { kind } = ending;
  switch (kind) {
    case 'complete':
      return { ...ending, kind: 'answer' };
    case 'too-long':
      return { kind, reason: 'it answered with more than 6 MB' };
    case 'timed-out':
      return { kind, reason: `it did not answer within ${timeoutMs / 1000} seconds` };
    case 'aborted':
      return { kind, reason: 'Squab stopped' };
    case 'failed':
      return failureOf(ending.error, new URL(url).host);
  }
}

function failureOf({ code = '', message }: NodeJS.ErrnoException, host: string): NoAnswer {
  if (UNREACHED.has(code)) return { kind: 'unreached', reason: `${host} cannot be reached (${code})` };
  return { kind: 'broken', reason: `the connection to ${host} broke (${code || message})` };
}
