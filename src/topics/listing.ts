/** Lists topics and subscriptions in pages. Source: API reference, ListTopics and ListSubscriptions. */

import { invalid } from './refusals.ts';

/** "Each call returns a limited list of topics, up to 100." */
const PAGE = 100;

/** Longer tokens are not even parsed: the names of topics, of which tokens consist, are shorter. */
const TOKEN_MAX = 1024;

export interface Listed<T> {
  items: T[];
  /** Requests the next page; undefined on the last one. */
  nextToken: string | undefined;
}

/**
 * Returns a page of a list. `find` returns up to `limit` items after the one with this mark; `markOf` returns the mark
 * of an item. Throws `InvalidParameter` for a token that is not valid.
 */
export async function listedPage<T>(
  token: string | undefined,
  find: (limit: number, after: string | undefined) => Promise<T[]>,
  markOf: (item: T) => string,
): Promise<Listed<T>> {
  const found = await find(PAGE + 1, token === undefined || token === '' ? undefined : markIn(token));
  const items = found.slice(0, PAGE);
  const nextToken = found.length > PAGE ? Buffer.from(markOf(items.at(-1)!)).toString('base64') : undefined;
  return { items, nextToken };
}

function markIn(token: string): string {
  const bytes = Buffer.from(token.length > TOKEN_MAX ? '' : token, 'base64');
  if (bytes.length === 0 || bytes.toString('base64') !== token) throw invalid('NextToken');
  return bytes.toString();
}
