/**
 * Sends operations of SQS and SNS, and those of Lambda on event source mappings, to the Squab in this process or to a
 * server. What a file declares is therefore created just like that of any client, by the same rules.
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
import type { Call } from '../api/operation.ts';
import { printableLine } from '../printable.ts';
import { type Form, formOf } from './forms.ts';

/** The account and region of a request. Where one is absent, the server uses its own. */
export interface Owner {
  account?: string | undefined;
  region?: string | undefined;
}

export type Answer = Readonly<Record<string, unknown>>;
/** Sends an operation. Rejects with Refused, or with NotSqs. */
export type CallSqs = (operation: string, input: object, owner: Owner) => Promise<Answer>;

/**
 * An error response from SQS, whose text cannot look like several lines. `code` is the error's name on the JSON wire, without
 * its namespace.
 */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly code: string;

  constructor(code: string, message: string) {
    super(printableLine(message));
    this.code = code;
  }
}

/** The server did not respond, or did not respond like SQS. */
export class NotSqs extends Error {
  override readonly name = 'NotSqs';
}

/**
 * Returns a function that sends operations to the Squab in this process. AWS's quotas and waits, fault rules and
 * queues that are created on first use are for clients only, so they do not apply. `failed` receives unexpected
 * errors. Links in messages lead to `base`.
 */
export function callSqsInProcess(
  { env, functions }: Pick<Call, 'env' | 'functions'>,
  defaults: { account: string; region: string },
  failed: (error: unknown) => void,
  base = 'http://localhost',
): CallSqs {
  const own = { ...env, cooldowns: undefined, fifoQuotas: undefined, faults: undefined, autoCreate: false };
  const urls = queueUrls(base);
  const observer = {
    ...{ answered() {}, withoutAction() {}, dropped() {}, wrongSignature() {} },
    failed: (_action: string, error: unknown) => failed(error),
  };
  return async (operation, input, { account = defaults.account, region = defaults.region }) => {
    const request = { ...formOf(operation, input), raw: { rawHeaders: [], socket: {} } };
    const call = {
      ...{
        env: own,
        functions,
        identity: undefined,
        urls,
        base: () => base,
        caller: { account, region },
        pathQueue: undefined,
        traceHeader: undefined,
        overrides: undefined,
      },
      receiver: () => 'Squab itself',
      signal: () => new AbortController().signal,
    };
    const { status, body, headers } = await dispatch(request, env.newId(), () => call, observer, undefined);
    return answerOf({ status, text: body, errorType: headers['x-amzn-errortype'] });
  };
}

export interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

/**
 * Returns a function that sends operations over HTTP. Requests are signed with `keys` if they are given. Without
 * keys, or for a specific account, the Authorization header only carries the account and region. `now` returns the
 * machine's time, in milliseconds since the epoch.
 */
export function callSqsOverHttp(url: string, keys: Keys | undefined, now: () => number): CallSqs {
  return async (operation, input, owner) => {
    const form = formOf(operation, input);
    const hasOwner = owner.account !== undefined || owner.region !== undefined;
    const { method, headers } = form;
    const target = new URL(url);
    if (form.path !== '/') target.pathname = form.path;
    target.search = form.query;
    const signed =
      keys && owner.account === undefined
        ? { ...headers, ...signature(target, form, owner.region ?? 'us-east-1', keys, now()) }
        : {
            ...headers,
            ...(hasOwner && {
              authorization: authorization(scopeOf(owner, form), owner.account ?? 'squab', 'host', '0'),
            }),
          };
    const body = form.body.length > 0 ? { body: new Uint8Array(form.body) } : {};
    const response = await fetch(target, { method, headers: signed, ...body, redirect: 'manual' }).catch(
      (error: Error) => {
        const untrusted = distrust(url, error);
        if (untrusted !== undefined) throw new NotSqs(`${untrusted}.`);
        const reason = (error.cause as Error | undefined)?.message || error.message;
        throw new NotSqs(`Nothing responds at ${url}: ${reason}. Start Squab, or give its URL with --url.`);
      },
    );
    const errorType = response.headers.get('x-amzn-errortype') ?? undefined;
    return answerOf({ status: response.status, text: await response.text(), errorType }, url);
  };
}

/** Codes of Node.js for a certificate that it does not trust, or that is for another name. */
const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS/;

/** Explains why a request failed if the reason is the server's certificate. Otherwise, returns undefined. */
export function distrust(url: string, error: unknown): string | undefined {
  const code = (error as { cause?: { code?: string } }).cause?.code;
  if (code === undefined || !UNTRUSTED.test(code)) return undefined;
  return (
    `${url} has a certificate that Node.js does not trust (${code}): set NODE_EXTRA_CA_CERTS to the certificate, or ` +
    'use http://, which Squab serves on the same port'
  );
}

function scopeOf({ region = '' }: Owner, { service }: Form, date = '20260101'): Scope {
  return { date, region, service, terminator: 'aws4_request' };
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
  form: Form,
  region: string,
  { accessKeyId, secretAccessKey, sessionToken }: Keys,
  now: number,
): Record<string, string> {
  const timestamp = new Date(now).toISOString().replace(/[:-]|\.\d+/g, '');
  const added = { 'x-amz-date': timestamp, ...(sessionToken && { 'x-amz-security-token': sessionToken }) };
  const { method, headers, body } = form;
  const signed: Record<string, string> = { ...headers, ...added, host };
  const names = Object.keys(signed).sort();
  const rawHeaders = Object.entries(signed).flat();
  const request: SignedRequest = { method, path: pathname, query: search.slice(1), body, rawHeaders };
  const scope = scopeOf({ region }, form, timestamp.slice(0, 8));
  const text = stringToSign(timestamp, scope, canonicalRequest(request, names));
  const value = signatureOf(signingKey(secretAccessKey, scope), text).toString('hex');
  return { ...added, authorization: authorization(scope, accessKeyId, names.join(';'), value) };
}

/** `errorType` is the code of an error of Lambda. */
interface Received {
  status: number;
  text: string;
  errorType: string | undefined;
}

function answerOf({ status, text, errorType }: Received, url = 'Squab'): Answer {
  const body = parsed(text);
  if (body && status >= 200 && status < 300) return resultIn(body);
  const error = body?.Error as { Code?: unknown; Message?: unknown } | undefined;
  if (typeof error?.Code === 'string') throw new Refused(error.Code, String(error.Message));
  const type = body?.__type ?? errorType;
  if (body && typeof type === 'string') {
    throw new Refused(type.replace(/^.*#/, ''), String(body.message ?? body.Message ?? type));
  }
  throw new NotSqs(
    `The server at ${url} is not SQS: it responded with ${status} ${JSON.stringify(text.slice(0, 100))}.`,
  );
}

/** Returns the output of an operation of SNS, which is two levels deep, and that of any other as it is. */
function resultIn(body: Answer): Answer {
  const [[name = '', response] = []] = Object.entries(body);
  const operation = /^(.+)Response$/.exec(name)?.[1];
  return operation === undefined ? body : (((response as Answer)[`${operation}Result`] ?? {}) as Answer);
}

function parsed(text: string): Answer | undefined {
  if (text === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Answer) : undefined;
  } catch {
    return undefined;
  }
}
