/** The condition keys of a request, with their values. Source: IAM User Guide, "AWS global condition context keys". */

import type { Millis } from '../../time/clock.ts';
import type { Principal } from './principal.ts';

/** The keys are in lower case, since they are case-insensitive. */
export type Context = ReadonlyMap<string, readonly string[]>;

/**
 * Returns the values by key. A key whose spellings differ only in case has all of their values: two tags `env` and `ENV`
 * are the same key to a policy, and neither may hide the other.
 */
export function contextOf(entries: Iterable<readonly [key: string, value: string | readonly string[]]>): Context {
  const context = new Map<string, string[]>();
  for (const [key, value] of entries) {
    const name = key.toLowerCase();
    const values = context.get(name);
    if (values) values.push(...[value].flat());
    else context.set(name, [...[value].flat()]);
  }
  return context;
}

type Keys = [key: string, value: string][];

/** Returns the keys that depend on the caller; none for an unsigned request. */
export function principalKeys(principal: Principal | undefined): Keys {
  const service = principal?.service;
  const keys: [string, string | undefined][] = [
    ['aws:PrincipalArn', service === undefined ? (principal?.roleArn ?? principal?.arn) : undefined],
    ['aws:PrincipalAccount', principal?.account],
    ['aws:PrincipalIsAWSService', String(service !== undefined)],
    ['aws:PrincipalServiceName', service],
    ['aws:username', principal?.userName],
  ];
  return keys.filter((entry): entry is Keys[number] => entry[1] !== undefined);
}

/** Returns the keys that depend on the time. */
export function timeKeys(now: Millis): Keys {
  return [
    ['aws:CurrentTime', new Date(now).toISOString()],
    ['aws:EpochTime', String(Math.floor(now / 1000))],
  ];
}

/** Adds the keys that depend on the queue or topic: its tags, and its region, which is that of the endpoint. */
export function withResource(
  context: Context,
  { tags, region }: { tags: ReadonlyMap<string, string>; region: string },
): Context {
  return new Map([
    ...context,
    ['aws:requestedregion', [region]],
    ...contextOf([...tags].map(([key, value]) => [`aws:ResourceTag/${key}`, value])),
  ]);
}
