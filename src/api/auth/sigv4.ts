/**
 * The computations of AWS Signature Version 4: canonical request, string to sign, signature. Strings have one
 * character for each byte received (Latin-1), as in Node.js's requests, so that the hash covers exactly what was
 * sent.
 * Source: IAM User Guide, "Create a signed AWS API request"; AWS's test suite for it is in test/data.
 */

import { createHmac, hash } from 'node:crypto';
import type { Request } from '../wire.ts';

export const ALGORITHM = 'AWS4-HMAC-SHA256';

/** The part of `Credential` after the access key: `20260101/us-east-1/sqs/aws4_request`. */
export interface Scope {
  date: string;
  region: string;
  service: string;
  terminator: string;
}

export type SignedRequest = Pick<Request, 'method' | 'path' | 'query' | 'body'> & Pick<Request['raw'], 'rawHeaders'>;

/** Returns the value to write for a parameter or header in a canonical request. */
type Show = (name: string, value: string) => string;
const unchanged: Show = (_name, value) => value;

/** Returns the request in the form that is signed. `signedHeaders`: names in lower case, in the signature's order. */
export function canonicalRequest(
  request: SignedRequest,
  signedHeaders: readonly string[],
  show: Show = unchanged,
): string {
  const headers = headerValues(request.rawHeaders);
  return [
    request.method,
    canonicalPath(request.path),
    canonicalQuery(request.query, show),
    ...signedHeaders.map((name) => `${name}:${show(name, headers.get(name) ?? '')}`),
    '',
    signedHeaders.join(';'),
    sha256(request.body),
  ].join('\n');
}

/** Names whose values may be logged. Other parameters may contain messages, and other headers credentials. */
const READABLE =
  /^(Action|Version|X-Amz-(Algorithm|Date|Expires|SignedHeaders)|host|date|accept|accept-encoding|content-(type|length|encoding)|user-agent|amz-sdk-(invocation-id|request)|x-amz-(content-sha256|date|target|user-agent|api-version)|x-amzn-query-mode)$/;

/** A value that would not be valid could be the rest of a form, with messages, that was encoded twice. */
function isReadable(name: string, value: string): boolean {
  return value === '' || (READABLE.test(name) && (!/^(Action|Version)$/.test(name) || /^[\w-]+$/.test(value)));
}

/**
 * Returns a canonical request that users can compare with theirs. It contains no messages or tokens: if a value is not
 * readable, it shows only its length.
 */
export function readableCanonicalRequest(request: SignedRequest, signedHeaders: readonly string[]): string {
  return canonicalRequest(request, signedHeaders, (name, value) =>
    isReadable(name, value) ? value : `(${value.length} characters)`,
  );
}

/** Returns the string to sign for a canonical request. `timestamp`: when it was signed, such as `20260101T120000Z`. */
export function stringToSign(timestamp: string, { date, region, service, terminator }: Scope, canonical: string) {
  return [ALGORITHM, timestamp, `${date}/${region}/${service}/${terminator}`, sha256(bytesOf(canonical))].join('\n');
}

/** Derives the key of all signatures in a scope. */
export function signingKey(secret: string, { date, region, service, terminator }: Scope): Buffer {
  return [region, service, terminator].reduce((key, part) => hmac(key, part), hmac(`AWS4${secret}`, date));
}

/** Returns the signature's 32 bytes. */
export function signatureOf(key: Buffer, text: string): Buffer {
  return hmac(key, text);
}

/** Returns the decoded parameters of a query string. `+` stands for a space, as on the Query wire. */
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
 * Returns the value of each header, by name in lower case, in the form that is signed: trimmed, with runs of
 * whitespace replaced by one space, and several values joined by commas. Whitespace is HTTP's (space and tab), since
 * `\s` would also match a byte of some non-ASCII letters.
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

/** The path arrives percent-encoded; signing encodes it once more. */
function canonicalPath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(encoded(segment));
  }
  return `/${segments.join('/')}${segments.length > 0 && path.endsWith('/') ? '/' : ''}`;
}

function canonicalQuery(query: string, show: Show): string {
  return queryParameters(query)
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => ({ name: encoded(name), value: encoded(value), shown: show(name, encoded(value)) }))
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
