/**
 * The arithmetic of AWS Signature Version 4: canonical request, string to sign, signature. All texts hold a character for
 * each byte that came, as Node hands them out, so that what is hashed is what was sent.
 * Source: IAM User Guide, "Create a signed AWS API request"; AWS's test suite for it is in test/data.
 */

import { createHmac, hash } from 'node:crypto';
import type { Request } from '../wire.ts';

export const ALGORITHM = 'AWS4-HMAC-SHA256';

/** `Credential` behind the access key: `20260101/us-east-1/sqs/aws4_request`. */
export interface Scope {
  date: string;
  region: string;
  service: string;
  terminator: string;
}

export type SignedRequest = Pick<Request, 'method' | 'path' | 'query' | 'body'> & Pick<Request['raw'], 'rawHeaders'>;

/** How a parameter or header stands in a canonical request. */
type Shown = (name: string, value: string) => string;
const asItIs: Shown = (_name, value) => value;

/** The request in the form that is signed; `signedHeaders` are names in lower case, in the order of the signature. */
export function canonicalRequest(
  request: SignedRequest,
  signedHeaders: readonly string[],
  shown: Shown = asItIs,
): string {
  const headers = headerValues(request.rawHeaders);
  return [
    request.method,
    canonicalPath(request.path),
    canonicalQuery(request.query, shown),
    ...signedHeaders.map((name) => `${name}:${shown(name, headers.get(name) ?? '')}`),
    '',
    signedHeaders.join(';'),
    sha256(request.body),
  ].join('\n');
}

/** What may be read in a log. Parameters can be messages, and headers credentials, so of others only the length is told. */
const READABLE =
  /^(Action|Version|X-Amz-(Algorithm|Date|Expires|SignedHeaders)|host|date|accept|accept-encoding|content-(type|length|encoding)|user-agent|amz-sdk-(invocation-id|request)|x-amz-(content-sha256|date|target|user-agent|api-version)|x-amzn-query-mode)$/;

/** A canonical request for people to compare with theirs, without messages, tokens or other contents. */
export function readableCanonicalRequest(request: SignedRequest, signedHeaders: readonly string[]): string {
  return canonicalRequest(request, signedHeaders, (name, value) =>
    READABLE.test(name) || value === '' ? value : `(${value.length} characters)`,
  );
}

/** `timestamp` is the request's, such as `20260101T120000Z`. */
export function stringToSign(timestamp: string, { date, region, service, terminator }: Scope, canonical: string) {
  return [ALGORITHM, timestamp, `${date}/${region}/${service}/${terminator}`, sha256(bytesOf(canonical))].join('\n');
}

/** The key for all signatures of a scope. */
export function signingKey(secret: string, { date, region, service, terminator }: Scope): Buffer {
  return [region, service, terminator].reduce((key, part) => hmac(key, part), hmac(`AWS4${secret}`, date));
}

/** The signature's 32 bytes. */
export function signatureOf(key: Buffer, text: string): Buffer {
  return hmac(key, text);
}

/** The parameters of a query string, decoded. `+` is a blank here because the Query wire reads it so. */
export function queryParameters(query: string): [name: string, value: string][] {
  return query
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const mark = part.indexOf('=');
      return mark === -1 ? [decoded(part), ''] : [decoded(part.slice(0, mark)), decoded(part.slice(mark + 1))];
    });
}

/**
 * All values of each header, by its name in lower case, as they are signed: trimmed, blanks within them single, joined by
 * commas. Blanks are those of HTTP: `\s` would take a byte of some letters for one.
 */
export function headerValues(rawHeaders: readonly string[]): ReadonlyMap<string, string> {
  const values = new Map<string, string[]>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!.toLowerCase();
    const value = rawHeaders[index + 1]!.replace(/[ \t]+/g, ' ').replace(/^ | $/g, '');
    const others = values.get(name);
    if (others) others.push(value);
    else values.set(name, [value]);
  }
  return new Map([...values].map(([name, all]) => [name, all.join(',')]));
}

export function sha256(bytes: Buffer): string {
  return hash('sha256', bytes, 'hex');
}

/** The path came encoded once, and is encoded once more. */
function canonicalPath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(encoded(segment));
  }
  return `/${segments.join('/')}${segments.length > 0 && path.endsWith('/') ? '/' : ''}`;
}

function canonicalQuery(query: string, shown: Shown): string {
  return queryParameters(query)
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => ({ name: encoded(name), value: encoded(value), shown: shown(name, encoded(value)) }))
    .sort((a, b) => order(a.name, b.name) || order(a.value, b.value))
    .map((parameter) => `${parameter.name}=${parameter.shown}`)
    .join('&');
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function encoded(text: string): string {
  return text.replace(
    /[^A-Za-z0-9._~-]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

function decoded(text: string): string {
  return text
    .replaceAll('+', ' ')
    .replace(/%([0-9A-Fa-f]{2})/g, (_escape, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text, 'latin1').digest();
}
