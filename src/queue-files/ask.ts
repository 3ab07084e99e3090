/**
 * Asks SQS for its operations, in the spelling of the JSON wire: the Squab of this process, or one that listens somewhere.
 * So a queue of a file is made as any client makes one, by the same rules.
 */

import { dispatch } from '../api/dispatch.ts';
import { queueUrls } from '../api/names.ts';
import { operations } from '../api/operations/index.ts';
import {
  ALGORITHM,
  canonicalRequest,
  type SignedRequest,
  signatureOf,
  signingKey,
  stringToSign,
} from '../api/sigv4.ts';
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
  const own = { ...env, cooldowns: undefined, fifoQuotas: undefined, autoCreate: false };
  const urls = queueUrls('http://localhost');
  const observer = { answered() {}, failed: (_action: string, error: unknown) => failed(error), wrongSignature() {} };
  return async (operation, input, { account = defaults.account, region = defaults.region }) => {
    const request = {
      ...{ method: 'POST', path: '/', query: '', headers: headersOf(operation) },
      body: Buffer.from(JSON.stringify(input)),
      raw: { rawHeaders: [], socket: {} },
    };
    const call = {
      ...{ env: own, urls, caller: { account, region }, pathQueue: undefined, traceHeader: undefined },
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
 * Asks over HTTP. Requests are signed: with `keys`, or else with a made-up key, which is the account where one is named.
 * `now` is the machine's time. Rejects with Refused, or NoSqs.
 */
export function askOver(url: string, keys: Keys | undefined, now: () => number): Ask {
  return async (operation, input, { account, region = 'us-east-1' }) => {
    const body = Buffer.from(JSON.stringify(input));
    const signedBy = keys ?? { accessKeyId: account ?? 'squab', secretAccessKey: 'squab' };
    const headers = signed(new URL(url), { ...headersOf(operation) }, body, region, signedBy, now());
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual' }).catch((error: Error) => {
      const { message } = (error.cause as Error | undefined) ?? error;
      throw new NoSqs(
        `Nothing answers at ${url}: ${message || error.message}. Start Squab, or name another with --url URL.`,
      );
    });
    return answerOf(response.status, await response.text(), url);
  };
}

function signed(url: URL, headers: Record<string, string>, body: Buffer, region: string, keys: Keys, now: number) {
  const timestamp = new Date(now).toISOString().replace(/[:-]|\.\d+/g, '');
  const sent: Record<string, string> = {
    ...headers,
    host: url.host,
    'x-amz-date': timestamp,
    ...(keys.sessionToken && { 'x-amz-security-token': keys.sessionToken }),
  };
  const names = Object.keys(sent).sort();
  const request: SignedRequest = {
    ...{ method: 'POST', path: url.pathname, query: url.search.slice(1), body },
    rawHeaders: Object.entries(sent).flat(),
  };
  const scope = { date: timestamp.slice(0, 8), region, service: 'sqs', terminator: 'aws4_request' };
  const text = stringToSign(timestamp, scope, canonicalRequest(request, names));
  const signature = signatureOf(signingKey(keys.secretAccessKey, scope), text).toString('hex');
  const credential = `${keys.accessKeyId}/${scope.date}/${region}/${scope.service}/${scope.terminator}`;
  const authorization = `${ALGORITHM} Credential=${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  const { host: _setByFetch, ...own } = sent;
  return { ...own, authorization };
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
