/**
 * Who calls, and which queue a request is about: region and account of a request, and queue URLs.
 * Source: developer guide, "Queue and message identifiers"; "Signature Version 4" for the credential scope.
 */

import type { QueueKey } from '../storage/store.ts';

export interface Caller {
  account: string;
  region: string;
}

export interface Defaults {
  account: string;
  region: string;
}

/**
 * Region: from the credential scope, else from a host name of AWS's pattern, else the default. Account: an access key of
 * twelve digits stands for the account of that number, so that tests can keep apart; else the default.
 */
export function callerOf(
  {
    authorization,
    credential,
    host,
  }: { authorization?: string | undefined; credential?: string | undefined; host?: string | undefined },
  defaults: Defaults,
): Caller {
  const [accessKey = '', , region = ''] = scopeOf(authorization, credential).split('/');
  return {
    account: /^\d{12}$/.test(accessKey) ? accessKey : defaults.account,
    region: region || regionOfHost(host) || defaults.region,
  };
}

/** Who calls, in a word: access key, user agent and address, as far as the request has them. */
export function nameOfCaller(
  authorization: string | undefined,
  credential: string | undefined,
  userAgent: string | undefined,
  address: string | undefined,
): string {
  const accessKey = scopeOf(authorization, credential).split('/', 1)[0];
  return `${accessKey || 'nobody by name'} with ${userAgent || 'no user agent'} from ${address ?? 'nowhere'}`;
}

/** `{access key}/{date}/{region}/sqs/aws4_request`; empty when the request has none. */
function scopeOf(authorization: string | undefined, credential: string | undefined): string {
  return credential ?? (authorization && /Credential=([^,\s]+)/.exec(authorization)?.[1]) ?? '';
}

/** The region in a host name of AWS's pattern, such as `sqs.eu-west-1.localhost`. */
export function regionOfHost(host: string | undefined): string | undefined {
  if (!host) return undefined;
  const match = /^(?:[^.]+\.)?sqs(?:-fips)?\.([a-z]{2}(?:-[a-z]+)+-\d)\.|^([a-z]{2}(?:-[a-z]+)+-\d)\.queue\./.exec(
    host,
  );
  return match?.[1] ?? match?.[2];
}

/**
 * The queue that a URL, a path or a bare name stands for. Only the last two segments count, so any host and any prefix
 * will do. Undefined when there is no name in it.
 */
export function queueKeyOf(url: string | undefined, caller: Caller): QueueKey | undefined {
  if (!url) return undefined;
  const path = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '').replace(/[?#].*$/, '');
  const segments = path.split('/').filter((segment) => segment !== '');
  const name = segments.at(-1);
  if (name === undefined) return undefined;
  const account = segments.at(-2);
  return { region: caller.region, account: account && /^\d{12}$/.test(account) ? account : caller.account, name };
}

export type QueueUrls = (queue: QueueKey) => string;

/** Prints queue URLs below a base such as `http://localhost:9324`. */
export function queueUrls(base: string): QueueUrls {
  return ({ account, name }) => `${base}/${account}/${name}`;
}
