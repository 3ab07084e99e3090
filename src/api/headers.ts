/** Reads headers of a request. */

import { TRACE_HEADER_MAX } from '../queues/limits.ts';
import { ownText } from '../queues/own-text.ts';

export type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Returns the only value of a header, or all of its lines as one, with commas, as Node.js joins them. */
export function textOf(headers: Headers, name: string): string | undefined {
  const header = headers[name];
  return header === undefined ? undefined : String(header);
}

/**
 * Returns the value that a proxy set in a header such as `X-Forwarded-Proto`; undefined if proxies are not trusted.
 * Only the last value counts: a proxy appends its own to those that it received, which anyone may have written.
 */
export function forwarded(
  headers: Headers,
  name: 'x-forwarded-for' | 'x-forwarded-host' | 'x-forwarded-proto',
  trustProxy: boolean,
): string | undefined {
  if (!trustProxy) return undefined;
  const values = textOf(headers, name)?.split(',') ?? [];
  return values.map((value) => value.trim()).findLast((value) => value !== '');
}

/** Returns the trace header of a request. Messages keep it, but not the rest of a header that is longer. */
export function traceHeaderOf(headers: Headers): string | undefined {
  const header = textOf(headers, 'x-amzn-trace-id');
  if (header === undefined) return undefined;
  const text = header.trim().slice(0, TRACE_HEADER_MAX);
  return text.length < header.length ? ownText(text) || undefined : text;
}
