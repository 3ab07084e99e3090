/**
 * Asks SQS for its operations, in the spelling of the JSON wire: the Squab of this process, or one that listens somewhere.
 * So a queue of a file is made as any client makes one, by the same rules.
 */

import {
  ALGORITHM,
  canonicalRequest,
  type Scope,
  type SignedRequest,
  signatureOf,
  signingKey,
  stringToSign,
} from '../api/auth/sigv4.ts';
import { dispatch } from '../api/dispatch.ts';
import { queueUrls } from '../api/names.ts';
import { operations } from '../api/operations/index.ts';
import type { Env } from '../queues/env.ts';

/** Whose queues are meant; what is absent is left to the Squab that is asked. */
export interface Owner {
  account?: string | undefined;
  region?: string | undefined;
}

export type Answer = Readonly<Record<string, unknown>>;
export type Ask = (operation: string, input: object, owner: Owner) => Promise<Answer>;

/** A refusal of SQS; `code` is that of the JSON wire, without its namespace. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** A server that did not answer, or not as SQS does. */
export class NoSqs extends Error {
  override readonly name = 'NoSqs';
}

const headersOf = (operation: string) => ({
  'content-type': 'application/x-amz-json-1.0',
  'x-amz-target': `AmazonSQS.${operation}`,
});

/** Asks within this process. Quotas and waits of AWS are for clients, and so are queues that are made on first use. */
export function askHere(
  env: Env,
  defaults: { account: string; region: string },
  failed: (error: unknown) => void,
): Ask {
  // Faults are for clients too.
  const own = { ...env, cooldowns: undefined, fifoQuotas: undefined, faults: undefined, autoCreate: false };
  const urls = queueUrls('http://localhost');
  const observer = {
    ...{ answered() {}, dropped() {}, wrongSignature() {} },
    failed: (_action: string, error: unknown) => failed(error),
  };
  return async (operation, input, { account = defaults.account, region = defaults.region }) => {
    const request = {
      ...{ method: 'POST', path: '/', query: '', headers: headersOf(operation) },
      body: Buffer.from(JSON.stringify(input)),
      raw: { rawHeaders: [], socket: {} },
    };
    const call = {
      ...{ env: own, urls, caller: { account, region }, pathQueue: undefined, traceHeader: undefined },
      receiver: () => 'Squab itself',
      signal: () => new AbortController().signal,
    };
    const { status, body } = await dispatch(request, env.newId(), operations, () => call, observer, undefined);
    return answerOf(status, body);
  };
}

export interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

/**
 * Asks over HTTP: signed with `keys`, where there are some; else, and for a named account, with no more than what Squab reads
 * account and region from. `now` is the machine's time. Rejects with Refused, or NoSqs.
 */
export function askOver(url: string, keys: Keys | undefined, now: () => number): Ask {
  return async (operation, input, owner) => {
    const body = Buffer.from(JSON.stringify(input));
    const named = owner.account !== undefined || owner.region !== undefined;
    const headers = headersOf(operation);
    const signed =
      keys && owner.account === undefined
        ? { ...headers, ...signature(new URL(url), headers, body, owner.region ?? 'us-east-1', keys, now()) }
        : {
            ...headers,
            ...(named && { authorization: authorization(scopeOf(owner), owner.account ?? 'squab', 'host', '0') }),
          };
    const response = await fetch(url, { method: 'POST', headers: signed, body, redirect: 'manual' }).catch(
      (error: Error) => {
        const reason = (error.cause as Error | undefined)?.message || error.message;
        throw new NoSqs(`Nothing answers at ${url}: ${reason}. Start Squab, or name another with --url URL.`);
      },
    );
    return answerOf(response.status, await response.text(), url);
  };
}

function scopeOf({ region = '' }: Owner, date = '20260101'): Scope {
  return { date, region, service: 'sqs', terminator: 'aws4_request' };
}

function authorization(
  { date, region, service, terminator }: Scope,
  accessKeyId: string,
  signedHeaders: string,
  signature: string,
): string {
  const credential = [accessKeyId, date, region, service, terminator].join('/');
  return `${ALGORITHM} Credential=${credential}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
}

function signature(
  { host, pathname, search }: URL,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
  region: string,
  { accessKeyId, secretAccessKey, sessionToken }: Keys,
  now: number,
): Record<string, string> {
  const timestamp = new Date(now).toISOString().replace(/[:-]|\.\d+/g, '');
  const added = { 'x-amz-date': timestamp, ...(sessionToken && { 'x-amz-security-token': sessionToken }) };
  const signed: Record<string, string> = { ...headers, ...added, host };
  const names = Object.keys(signed).sort();
  const rawHeaders = Object.entries(signed).flat();
  const request: SignedRequest = { method: 'POST', path: pathname, query: search.slice(1), body, rawHeaders };
  const scope = scopeOf({ region }, timestamp.slice(0, 8));
  const text = stringToSign(timestamp, scope, canonicalRequest(request, names));
  const value = signatureOf(signingKey(secretAccessKey, scope), text).toString('hex');
  return { ...added, authorization: authorization(scope, accessKeyId, names.join(';'), value) };
}

function answerOf(status: number, text: string, url = 'Squab'): Answer {
  const body = answered(text);
  if (body && status === 200) return body;
  if (body && typeof body.__type === 'string') {
    throw new Refused(body.__type.replace(/^.*#/, ''), String(body.message ?? body.__type));
  }
  throw new NoSqs(`What answers at ${url} is no SQS: it says ${status} ${JSON.stringify(text.slice(0, 100))}.`);
}

function answered(text: string): Answer | undefined {
  if (text === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Answer) : undefined;
  } catch {
    return undefined;
  }
}
