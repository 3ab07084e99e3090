/**
 * Finds out a request's region, account and queue, from its credential, host name and queue URL.
 * Source: developer guide, "Queue and message identifiers"; "Signature Version 4" for the credential scope.
 */

import { SqsError } from '../errors.ts';
import { briefText, ownText } from '../queues/own-text.ts';
import type { QueueKey } from '../storage/store.ts';

export interface Caller {
  account: string;
  region: string;
  /** Whether a verified signature proves the region: the request is then carried out only there. */
  isSigned?: true;
  /** Whether the request has no credential, not even one that nobody checks. */
  isAnonymous?: true;
}

export interface Place {
  account: string;
  region: string;
}

export interface Defaults {
  account: string;
  region: string;
}

/**
 * Returns the caller's region and account. The region comes from the credential scope, else from a host name in AWS's
 * format, else from the defaults. A twelve-digit access key selects the account with that number, so that tests
 * can use separate accounts; all other callers get the default account.
 */
export function callerOf(
  {
    authorization,
    credential,
    host,
  }: { authorization?: string | undefined; credential?: string | undefined; host?: string | undefined },
  defaults: Defaults,
): Caller {
  const scope = scopeOf(authorization, credential);
  const [accessKey = '', , region = ''] = scope.split('/');
  return {
    account: /^\d{12}$/.test(accessKey) ? accessKey : defaults.account,
    region: region || regionOfHost(host) || defaults.region,
    ...(scope === '' && { isAnonymous: true }),
  };
}

/** Returns the access key that a request names, whether or not it is checked; undefined if it names none. */
export function accessKeyOf(authorization: string | undefined, credential: string | undefined): string | undefined {
  return scopeOf(authorization, credential).split('/', 1)[0] || undefined;
}

/** Describes the caller in one line: access key, user agent and IP address, as far as they are known. */
export function nameOfCaller(
  accessKey: string | undefined,
  userAgent: string | undefined,
  address: string | undefined,
): string {
  const name = brief(accessKey || 'unsigned caller');
  return ownText(`${name} with ${brief(userAgent || 'no user agent')} from ${address ?? 'unknown address'}`);
}

/** Returns the service in the credential scope, such as `sqs`; undefined if the request has no scope. */
export function serviceOf(authorization: string | undefined, credential: string | undefined): string | undefined {
  return scopeOf(authorization, credential).split('/')[3] || undefined;
}

/** The journal keeps the names of receivers, so they must not be as long as headers can be. */
function brief(text: string): string {
  return briefText(text, BRIEF_MAX);
}

/** Longer than the user agents of most SDKs. */
const BRIEF_MAX = 500;

/** Returns the credential, `{access key}/{date}/{region}/sqs/aws4_request`; empty if the request has none. */
function scopeOf(authorization: string | undefined, credential: string | undefined): string {
  return credential ?? (authorization && /Credential=([^,\s]+)/.exec(authorization)?.[1]) ?? '';
}

/** Returns the region in a host name in AWS's format, such as `sqs.eu-west-1.localhost`; undefined if there is none. */
export function regionOfHost(host: string | undefined): string | undefined {
  if (!host) return undefined;
  const match = HOST_WITH_REGION.exec(host);
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

const REGION = '[a-z]{2}(?:-[a-z]+)+-\\d';
const HOST_WITH_REGION = new RegExp(
  `^(?:[^.]+\\.)?(?:sqs|sns)(?:-fips)?\\.(${REGION})\\.|^(${REGION})\\.queue\\.`,
  'i',
);

/**
 * SQS's endpoints: a region's, its dual-stack endpoint, the older ones that do not name the region first, and those in
 * a VPC.
 */
const AWS_ENDPOINT = new RegExp(
  `^(?:sqs(?:-fips)?\\.${REGION}\\.(?:amazonaws\\.com(?:\\.cn)?|api\\.aws)|(?:${REGION}\\.)?queue\\.amazonaws\\.com(?:\\.cn)?|` +
    `vpce-[a-z0-9-]+\\.sqs(?:-fips)?\\.${REGION}\\.vpce\\.amazonaws\\.com(?:\\.cn)?)$`,
  'i',
);

/**
 * Returns whether a host name without a port is an endpoint of SQS on AWS. Other names under AWS's domains can belong to
 * anyone, such as those of S3's buckets: `sqs.evil.s3.amazonaws.com`.
 */
export function isAwsEndpoint(host: string): boolean {
  return AWS_ENDPOINT.test(host);
}

/** LocalStack's queue URLs on this host name no region, and refer to this one. */
const QUEUE_HOST = /^queue\.localhost\.localstack\.cloud(:\d+)?$/i;
const REGION_OF_QUEUE_HOST = 'us-east-1';

/**
 * Returns the region that a queue URL names, as LocalStack's do (see its `SQS_ENDPOINT_STRATEGY`): in the host, or in
 * a path `/queue/{region}/{account}/{name}`. The region in an AWS host name does not count: such a URL was copied
 * from AWS, and refers to the queue of the same name in the caller's region.
 */
function regionOfUrl(host: string | undefined, segments: readonly string[]): string | undefined {
  const [first, region] = segments;
  if (segments.length === 4 && first === 'queue') return region;
  if (!host || isAwsEndpoint(host.replace(/:\d+$/, ''))) return undefined;
  return QUEUE_HOST.test(host) ? REGION_OF_QUEUE_HOST : regionOfHost(host);
}

/** A queue's name, with its account and region if they are known. */
export interface QueueUrlParts {
  readonly name: string;
  readonly account?: string | undefined;
  readonly region?: string | undefined;
}

/** Longer than any URL of a queue. A text of millions of slashes would take a tenth of a second to split. */
const QUEUE_URL_MAX = 10_000;

/**
 * Returns the parts of a queue URL, a path or a bare name; undefined if there is no name in it. The last two segments are
 * the account and the name, whatever the host and prefix. A text that is too long for a URL counts as a name.
 */
export function queueUrlParts(url: string): QueueUrlParts | undefined {
  if (url.length > QUEUE_URL_MAX) return { name: url };
  const known = latestUrls.get(url);
  if (known || url.length > KEPT_URL_MAX) return known ?? readQueueUrl(url);
  // The path of a request is a part of its URL, which can be two hundred times as long.
  const own = ownText(url);
  const parts = readQueueUrl(own);
  if (parts) {
    if (latestUrls.size === KEPT_URLS) latestUrls.clear();
    latestUrls.set(own, parts);
  }
  return parts;
}

/** The parts of URLs that clients have used lately: they use the same ones again and again. */
const latestUrls = new Map<string, QueueUrlParts>();
const KEPT_URLS = 1000;
const KEPT_URL_MAX = 300;

function readQueueUrl(url: string): QueueUrlParts | undefined {
  const [, host, path = ''] = /^(?:[a-z][a-z0-9+.-]*:\/\/([^/?#]*))?([^?#]*)/i.exec(url)!;
  const segments = path.split('/').filter((segment) => segment !== '');
  const name = segments.at(-1);
  if (name === undefined) return undefined;
  const account = segments.at(-2);
  return {
    name,
    account: account && /^\d{12}$/.test(account) ? account : undefined,
    region: regionOfUrl(host, segments),
  };
}

/**
 * Returns the queue that a URL, a path or a bare name refers to; undefined if there is no name in it. The account and the
 * region are the caller's, unless the URL names others. Throws `InvalidAddress` if the caller signed the request for
 * another region.
 */
export function queueKeyOf(url: string | undefined, caller: Caller): QueueKey | undefined {
  const parts = url ? queueUrlParts(url) : undefined;
  if (!parts) return undefined;
  const { name, account = caller.account, region = caller.region } = parts;
  if (caller.isSigned && region !== caller.region) {
    throw new SqsError('InvalidAddress', `The address ${url} is not valid for this endpoint.`);
  }
  return { region, account, name };
}

export type QueueUrls = (queue: QueueKey) => string;

/**
 * Returns a function that builds queue URLs under a base URL such as `http://localhost:9324`. In the base, `{region}` and
 * `{account}` stand for those of the queue.
 */
export function queueUrls(base: string): QueueUrls {
  if (!base.includes('{')) return ({ account, name }) => `${base}/${account}/${name}`;
  return ({ region, account, name }) => `${baseFor(base, { region, account })}/${account}/${name}`;
}

/** Returns a base URL with the place in its `{region}` and `{account}`. */
export function baseFor(base: string, { region, account }: Place): string {
  return base.replaceAll('{region}', region).replaceAll('{account}', account);
}
