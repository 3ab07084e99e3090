/**
 * Parses the signature of a request, in the `Authorization` header or, in presigned requests, in the query string.
 * Source: IAM User Guide, "Create a signed AWS API request"; errors as observed on the service.
 */

import { SqsError } from '../../errors.ts';
import type { Request } from '../wire.ts';
import { ALGORITHM, queryParameters, type Scope } from './sigv4.ts';

export interface Signature {
  accessKeyId: string;
  scope: Scope;
  /** Names in lower case, in the order of the signature. */
  signedHeaders: string[];
  /** As the client sent it: in hexadecimal if valid. */
  signature: string;
  /** When the request was signed, in the format of the string to sign: `20260101T120000Z`. */
  timestamp: string;
  /** The same, in milliseconds since 1970. */
  signedAt: number;
  /** How long a presigned request is valid, in seconds, if it states that. */
  expiresSeconds: number | undefined;
  sessionToken: string | undefined;
}

/** "X-Amz-Expires: the maximum is 604800 seconds (7 days)." */
const EXPIRES_SECONDS_MAX = 604_800;

/** A `token` of RFC 9110, in lower case. */
const HEADER_NAME = /^[a-z0-9!#$%&'*+.^_`|~-]+$/;

/** Returns a request's signature; undefined if it has none. Throws `IncompleteSignature`, `InvalidSecurity`. */
export function signatureIn(request: Request): Signature | undefined {
  const { authorization } = request.headers;
  if (authorization !== undefined) return inHeader(request, String(authorization));
  const parameters = new Map(queryParameters(request.query));
  return parameters.has('X-Amz-Algorithm') || parameters.has('X-Amz-Signature') ? inQuery(parameters) : undefined;
}

/** Returns `InvalidSecurity`, the error for signatures older than Signature Version 4 (2012). */
export function oldSignature(): SqsError {
  return new SqsError('InvalidSecurity', 'All requests to this queue must use HTTPS and SigV4.');
}

function inHeader({ headers }: Request, authorization: string): Signature {
  if (/^AWS /.test(authorization)) throw oldSignature();
  const [algorithm] = authorization.split(/\s/, 1);
  const stated = algorithm === ALGORITHM ? authorization.slice(ALGORITHM.length) : '';
  const parts = new Map(
    stated.split(',').map((part): [string, string] => {
      const mark = part.indexOf('=');
      return [part.slice(0, mark).trim(), part.slice(mark + 1).trim()];
    }),
  );
  const timestamp = text(headers['x-amz-date']) ?? timestampOf(text(headers.date));
  const missing = ['Credential', 'Signature', 'SignedHeaders']
    .filter((name) => !parts.get(name))
    .map((name) => `Authorization header requires '${name}' parameter.`);
  if (timestamp === undefined) {
    missing.push("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
  }
  if (missing.length > 0) throw incomplete(missing.join(' '));
  return signature({
    credential: parts.get('Credential')!,
    signedHeaders: parts.get('SignedHeaders')!,
    signature: parts.get('Signature')!,
    timestamp: timestamp!,
    expiresSeconds: undefined,
    sessionToken: text(headers['x-amz-security-token']),
  });
}

function inQuery(parameters: ReadonlyMap<string, string>): Signature {
  const missing = ['X-Amz-Credential', 'X-Amz-Signature', 'X-Amz-SignedHeaders', 'X-Amz-Date']
    .filter((name) => !parameters.get(name))
    .map((name) => `AWS query-string parameters must include '${name}'.`);
  if (parameters.get('X-Amz-Algorithm') !== ALGORITHM) {
    missing.unshift(`AWS query-string parameters must include 'X-Amz-Algorithm' with the value '${ALGORITHM}'.`);
  }
  if (missing.length > 0) throw incomplete(missing.join(' '));
  return signature({
    credential: parameters.get('X-Amz-Credential')!,
    signedHeaders: parameters.get('X-Amz-SignedHeaders')!,
    signature: parameters.get('X-Amz-Signature')!,
    timestamp: parameters.get('X-Amz-Date')!,
    expiresSeconds: expiresSeconds(parameters.get('X-Amz-Expires')),
    sessionToken: parameters.get('X-Amz-Security-Token'),
  });
}

type Stated = Pick<Signature, 'signature' | 'timestamp' | 'expiresSeconds' | 'sessionToken'> & {
  credential: string;
  signedHeaders: string;
};

function signature({ credential, signedHeaders, timestamp, ...rest }: Stated): Signature {
  const elements = credential.split('/');
  if (elements.length !== 5) {
    throw incomplete(
      'Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, ' +
        `but it has ${elements.length}.`,
    );
  }
  const [accessKeyId, date, region, service, terminator] = elements as [string, string, string, string, string];
  const signedAt = instantOf(timestamp);
  if (signedAt === undefined) throw incomplete(`Date must be in ISO-8601 'basic format'. Got '${timestamp}'.`);
  const names = signedHeaders.toLowerCase().split(';');
  // No duplicates: the canonical request repeats a header's value for each name, and could become gigabytes long.
  if (!names.every((name) => HEADER_NAME.test(name)) || new Set(names).size < names.length) {
    throw incomplete('SignedHeaders must be a list of different header names, separated by semicolons.');
  }
  return {
    ...rest,
    accessKeyId,
    scope: { date, region, service, terminator },
    signedHeaders: names,
    timestamp,
    signedAt,
  };
}

function expiresSeconds(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const seconds = /^\d{1,6}$/.test(value) ? Number(value) : 0;
  if (seconds >= 1 && seconds <= EXPIRES_SECONDS_MAX) return seconds;
  throw incomplete(`X-Amz-Expires must be a number of seconds from 1 to ${EXPIRES_SECONDS_MAX}.`);
}

/** Returns a time such as `20260101T120000Z` in milliseconds since 1970; undefined if it is not a valid time. */
function instantOf(timestamp: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(timestamp);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const instant = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(instant) ? undefined : instant;
}

/** Returns a time, given in milliseconds since 1970, in the format of signatures: `20260101T120000Z`. */
export function basicFormat(instant: number): string {
  return `${new Date(instant).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
}

/** Converts the `Date` header, used in place of a missing `X-Amz-Date`, to the format of the string to sign. */
function timestampOf(date: string | undefined): string | undefined {
  if (date === undefined) return undefined;
  const instant = Date.parse(date);
  return Number.isNaN(instant) ? date : basicFormat(instant);
}

function text(header: string | string[] | undefined): string | undefined {
  return header === undefined ? undefined : String(header).trim();
}

function incomplete(message: string): SqsError {
  return new SqsError('IncompleteSignature', message);
}
