/**
 * Lists queues in pages.
 * Source: API reference, ListQueues and ListDeadLetterSourceQueues, whose paging is the same.
 */

import { invalidParameter } from '../errors.ts';
import type { Queue } from '../storage/store.ts';
import { LISTED_QUEUES_MAX } from './limits.ts';

export interface PageInput {
  maxResults?: number | undefined;
  nextToken?: string | undefined;
}

export interface Page {
  queues: Queue[];
  /** The token that requests the next page; undefined on the last page. */
  nextToken: string | undefined;
}

/**
 * Returns one page of a listing. `find` must return up to `limit` queues in the order of their names, starting after
 * the name `after`. `request` identifies the listing's other parameters; a token that was issued for different ones is
 * invalid. Throws `InvalidParameterValue`.
 */
export async function pageOf(
  request: string,
  { maxResults, nextToken }: PageInput,
  find: (limit: number, after: string | undefined) => Promise<Queue[]>,
): Promise<Page> {
  if (maxResults !== undefined && !(maxResults >= 1 && maxResults <= LISTED_QUEUES_MAX)) {
    throw invalidParameter(
      `Value for parameter MaxResults is invalid. Reason: MaxResults must be an integer between 1 and ${LISTED_QUEUES_MAX}.`,
    );
  }
  if (nextToken !== undefined && maxResults === undefined) {
    throw invalidParameter('MaxResults is a mandatory parameter when you provide a value for NextToken.');
  }
  const limit = maxResults ?? LISTED_QUEUES_MAX;
  const found = await find(limit + 1, nextToken === undefined ? undefined : parseToken(nextToken, request));
  const queues = found.slice(0, limit);
  // Without MaxResults, SQS returns a single page and no token.
  const more = maxResults !== undefined && found.length > limit;
  return { queues, nextToken: more ? printToken(request, queues.at(-1)!.name) : undefined };
}

/**
 * A page token holds the request that it belongs to, and the last queue name of the previous page. It is not
 * authenticated: a made-up token only makes the same listing start elsewhere.
 */
function printToken(request: string, last: string): string {
  return Buffer.from(JSON.stringify([request, last])).toString('base64');
}

/** Longer tokens are not even parsed: names and ARNs, of which tokens consist, are much shorter. */
const TOKEN_MAX = 1024;

function parseToken(token: string, request: string): string {
  try {
    const json = token.length > TOKEN_MAX ? '' : Buffer.from(token, 'base64').toString();
    const [issuedFor, last] = JSON.parse(json) as [unknown, unknown];
    if (issuedFor === request && typeof last === 'string') return last;
  } catch {
    // Squab did not issue this token; the error is the same as for a token of another request.
  }
  throw invalidParameter(
    'Invalid NextToken value. If you are passing in NextToken, you must not change the other request parameters.',
  );
}
