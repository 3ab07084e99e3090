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
  return `${accessKey || 'somebody unsigned'} with ${userAgent || 'no user agent'} from ${address ?? 'nowhere'}`;
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

/** LocalStack's queue URLs on a host without a region, `queue.localhost.localstack.cloud`, are those of this one. */
const REGION_OF_QUEUE_HOST = 'us-east-1';

/**
 * The region that a queue URL itself names, as those of LocalStack do (its `SQS_ENDPOINT_STRATEGY`): in the host, or in a
 * path `/queue/{region}/{account}/{name}`. A host of AWS means none: such URLs were copied, and stand for the queue here.
 */
function regionOfUrl(host: string | undefined, segments: readonly string[]): string | undefined {
  const [first, region] = segments;
  if (segments.length === 4 && first === 'queue') return region;
  if (!host || /\.(amazonaws\.com(\.cn)?|api\.aws)(:\d+)?$/i.test(host)) return undefined;
  return host.startsWith('queue.localhost.localstack.cloud') ? REGION_OF_QUEUE_HOST : regionOfHost(host);
}

/**
 * The queue that a URL, a path or a bare name stands for. The last two segments are its account and its name, whatever
 * the host and a prefix are; the region is the caller's, unless the URL names one. Undefined when there is no name in it.
 */
export function queueKeyOf(url: string | undefined, caller: Caller): QueueKey | undefined {
  if (!url) return undefined;
  const [, host, path = ''] = /^(?:[a-z][a-z0-9+.-]*:\/\/([^/?#]*))?([^?#]*)/i.exec(url)!;
  const segments = path.split('/').filter((segment) => segment !== '');
  const name = segments.at(-1);
  if (name === undefined) return undefined;
  const account = segments.at(-2);
  return {
    region: regionOfUrl(host, segments) ?? caller.region,
    account: account && /^\d{12}$/.test(account) ? account : caller.account,
    name,
  };
}

export type QueueUrls = (queue: QueueKey) => string;

/** Prints queue URLs below a base such as `http://localhost:9324`. */
export function queueUrls(base: string): QueueUrls {
  return ({ account, name }) => `${base}/${account}/${name}`;
}
