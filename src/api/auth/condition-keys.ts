/**
 * The condition keys of a request, which the conditions of a policy can test.
 * Source: IAM User Guide, "AWS global condition context keys".
 */

import { type Context, contextOf, principalKeys, timeKeys } from '../../queues/policies/context.ts';
import { checkTagCount } from '../../queues/tags.ts';
import { forwarded, textOf } from '../headers.ts';
import type { Call } from '../operation.ts';
import type { Request } from '../wire.ts';
import type { Identity } from './identity.ts';

/**
 * Returns a request's condition keys, in lower case, with their values. `trustProxy`: whether to trust
 * `X-Forwarded-Proto` and `X-Forwarded-For`. Throws `InvalidParameterValue` for too many tags, each of which would have
 * to be compared with the policy of the queue with that name.
 */
export function conditionKeys(
  request: Request,
  { principal, temporary }: Identity,
  { input, queueName }: { input: unknown; queueName: string },
  call: Call,
  trustProxy: boolean,
): Context {
  const keys: [string, string | undefined][] = [
    ['aws:SecureTransport', String(isSecure(request, trustProxy))],
    ['aws:SourceIp', sourceIp(request, trustProxy)],
    ['aws:UserAgent', textOf(request.headers, 'user-agent')],
    ...timeKeys(call.env.clock.now()),
    ...principalKeys(principal),
    // The default policy of a topic compares it with the account of the topic.
    ['aws:SourceOwner', principal?.account],
    ...subscriptionKeys(input),
    ['aws:MultiFactorAuthPresent', temporary ? 'false' : undefined],
    ...(principal?.service === undefined ? [] : sourceKeys(request)),
  ];
  const known = keys.filter((entry): entry is [string, string] => entry[1] !== undefined);
  return contextOf([...known, ...tagKeys(input, queueName)]);
}

/** Returns whether the request arrived over HTTPS. `trustProxy`: whether to trust `X-Forwarded-Proto`. */
export function isSecure({ raw, headers }: Request, trustProxy: boolean): boolean {
  const protocol = forwarded(headers, 'x-forwarded-proto', trustProxy);
  return protocol === undefined ? raw.socket.encrypted === true : protocol.toLowerCase() === 'https';
}

/** Leaves out the network interface of a link-local address: `fe80::1%eth0`. */
function sourceIp({ raw, headers }: Request, trustProxy: boolean): string | undefined {
  const address = forwarded(headers, 'x-forwarded-for', trustProxy) ?? raw.socket.remoteAddress;
  return address?.replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*$/, '');
}

/** In these headers, a service states on whose behalf it calls, as AWS's services do among themselves. */
function sourceKeys({ headers }: Request): [string, string | undefined][] {
  return [
    ['aws:SourceArn', textOf(headers, 'x-amz-source-arn')],
    ['aws:SourceAccount', textOf(headers, 'x-amz-source-account')],
  ];
}

/** Returns the condition keys of Subscribe. */
function subscriptionKeys(input: unknown): [string, string | undefined][] {
  const { TopicArn, Protocol, Endpoint } = input as Record<string, string | undefined>;
  if (TopicArn === undefined || Protocol === undefined) return [];
  return [
    ['sns:Protocol', Protocol],
    ['sns:Endpoint', Endpoint],
  ];
}

/** Returns the tags that a request sets or removes. */
function tagKeys(input: unknown, queueName: string): [string, string | string[]][] {
  const { Tags, tags = Tags, TagKeys } = input as Record<string, unknown>;
  if (Array.isArray(TagKeys)) return [['aws:TagKeys', TagKeys as string[]]];
  // SNS has a list of tags, SQS a map.
  const isList = Array.isArray(tags);
  if (!isList && !(tags instanceof Map)) return [];
  checkTagCount(isList ? tags.length : tags.size, queueName);
  const entries: [string, string][] = isList
    ? (tags as Partial<Record<'Key' | 'Value', string>>[]).map(({ Key = '', Value = '' }) => [Key, Value])
    : [...(tags as Map<string, string>)];
  return [
    ...entries.map(([key, value]): [string, string] => [`aws:RequestTag/${key}`, value]),
    ['aws:TagKeys', entries.map(([key]) => key)],
  ];
}
