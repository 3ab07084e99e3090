/** Reads headers of a request. */

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
