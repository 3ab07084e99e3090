/**
 * The condition keys of a request, which the conditions of a policy can test.
 * Source: IAM User Guide, "AWS global condition context keys".
 */

import { TAG_KEY_MAX, TAG_VALUE_MAX } from '../../queues/limits.ts';
import type { Context } from '../../queues/policies/conditions.ts';
import type { Call } from '../operation.ts';
import type { Request } from '../wire.ts';
import type { Identity } from './identity.ts';

/**
 * Values are truncated to this many characters: the time to match a pattern grows with the product of both lengths,
 * and a policy may contain 8 KiB of patterns.
 */
const LONGEST = 2048;

/**
 * Returns a request's condition keys, in lower case, with their values. `trustProxy`: whether to trust
 * `X-Forwarded-Proto` and `X-Forwarded-For`.
 */
export function conditionKeys(
  request: Request,
  { principal, temporary, caller }: Identity,
  input: unknown,
  call: Call,
  trustProxy: boolean,
): Context {
  const now = call.env.clock.now();
  const keys: [string, string | undefined][] = [
    ['aws:SecureTransport', String(isSecure(request, trustProxy))],
    ['aws:SourceIp', sourceIp(request, trustProxy)],
    ['aws:UserAgent', single(request.headers['user-agent'])],
    ['aws:CurrentTime', new Date(now).toISOString()],
    ['aws:EpochTime', String(Math.floor(now / 1000))],
    ['aws:RequestedRegion', caller.region],
    ['aws:PrincipalArn', principal?.service === undefined ? (principal?.roleArn ?? principal?.arn) : undefined],
    ['aws:PrincipalAccount', principal?.account],
    ['aws:PrincipalIsAWSService', String(principal?.service !== undefined)],
    ['aws:PrincipalServiceName', principal?.service],
    ['aws:username', principal?.userName],
    ['aws:MultiFactorAuthPresent', temporary ? 'false' : undefined],
    ...(principal?.service === undefined ? [] : sourceKeys(request)),
  ];
  const known = keys.filter((entry): entry is [string, string] => entry[1] !== undefined);
  return new Map(
    [...known, ...tagKeys(input)].map(([key, value]) => [
      key.toLowerCase(),
      [value].flat().map((text) => text.slice(0, LONGEST)),
    ]),
  );
}

/** Returns whether the request arrived over HTTPS. `trustProxy`: whether to trust `X-Forwarded-Proto`. */
export function isSecure({ raw, headers }: Request, trustProxy: boolean): boolean {
  const forwarded = trustProxy ? listed(headers['x-forwarded-proto'])[0] : undefined;
  return forwarded === undefined ? raw.socket.encrypted === true : forwarded === 'https';
}

/** A proxy appends the address that it saw to those that the client sent, so only the last one is reliable. */
function sourceIp({ raw, headers }: Request, trustProxy: boolean): string | undefined {
  const forwarded = trustProxy ? listed(headers['x-forwarded-for']).at(-1) : undefined;
  return (forwarded ?? raw.socket.remoteAddress)?.replace(/^::ffff:(?=\d+\.)/, '');
}

/** In these headers, a service states on whose behalf it calls, as AWS's services do among themselves. */
function sourceKeys({ headers }: Request): [string, string | undefined][] {
  return [
    ['aws:SourceArn', listed(headers['x-amz-source-arn'])[0]],
    ['aws:SourceAccount', listed(headers['x-amz-source-account'])[0]],
  ];
}

/** Returns the tags that a request sets or removes. Truncates those over SQS's limits, which are rejected later. */
function tagKeys(input: unknown): [string, string | string[]][] {
  const { Tags, tags = Tags, TagKeys } = input as Record<string, unknown>;
  if (tags instanceof Map) {
    const each = [...(tags as Map<string, string>)].map(([key, value]): [string, string] => [
      `aws:RequestTag/${shortKey(key)}`,
      value.slice(0, TAG_VALUE_MAX + 1),
    ]);
    return [...each, ['aws:TagKeys', [...(tags as Map<string, string>).keys()].map(shortKey)]];
  }
  return Array.isArray(TagKeys) ? [['aws:TagKeys', (TagKeys as string[]).map(shortKey)]] : [];
}

function shortKey(key: string): string {
  return key.slice(0, TAG_KEY_MAX + 1);
}

function listed(header: string | string[] | undefined): string[] {
  return String(header ?? '')
    .split(',')
    .map((value) => value.trim())
    .filter((value) => value !== '');
}

/** Returns the first of a header's values. */
export function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
