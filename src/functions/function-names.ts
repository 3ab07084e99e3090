/**
 * The ways in which Lambda's operations name a function.
 * Source: Lambda API reference, CreateEventSourceMapping, "FunctionName".
 */

import { partition } from '../queues/arn.ts';

export interface Owner {
  account: string;
  region: string;
}

export interface FunctionName {
  name: string;
  /** With the qualifier (a version or an alias) if one was given. */
  arn: string;
}

/** An alias has up to 128 characters, and a region, of which no list is complete, fewer than 100. */
const PARTS =
  /^(?:arn:aws[a-z-]*:lambda:([a-z0-9-]{1,100}):)?(?:(\d{12}):)?(?:function:)?([A-Za-z0-9_-]{1,140})(:(?:\$LATEST|[A-Za-z0-9_-]{1,128}))?$/;

/**
 * Reads a name, such as `resize`, `resize:live`, `000000000000:function:resize` or an ARN. Returns undefined for any
 * other text. Parts that the name omits are those of `owner`.
 */
export function functionNameOf(text: string, owner: Owner): FunctionName | undefined {
  const match = PARTS.exec(text);
  if (!match) return undefined;
  const [, region = owner.region, account = owner.account, name = '', qualifier = ''] = match;
  return { name, arn: `arn:${partition(region)}:lambda:${region}:${account}:function:${name}${qualifier}` };
}

/** Returns the name in a function's ARN, which may be any text in the ARN of a subscriber; empty if it has none. */
export function nameInArn(arn: string): string {
  return arn.split(':')[6] ?? '';
}
