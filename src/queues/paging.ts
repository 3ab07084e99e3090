/** Pages of a listing of queues. Source: API reference, ListQueues and ListDeadLetterSourceQueues, which page alike. */

import { invalidParameter } from '../errors.ts';
import type { Queue } from '../storage/store.ts';
import { LISTED_QUEUES_MAX } from './limits.ts';

export interface PageInput {
  maxResults?: number | undefined;
  nextToken?: string | undefined;
}

export interface Page {
  queues: Queue[];
  /** Asks for the page behind this one; undefined when this is the last. */
  nextToken: string | undefined;
}

/**
 * A page of what `find` finds: queues in the order of their names, those behind `after` only, `limit` at most. `request`
 * stands for everything else that was asked for: a token of another request is refused. Throws `InvalidParameterValue`.
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
  const found = await find(limit + 1, nextToken === undefined ? undefined : openToken(nextToken, request));
  const queues = found.slice(0, limit);
  // Who does not say how long a page is gets one page, and no token.
  const more = maxResults !== undefined && found.length > limit;
  return { queues, nextToken: more ? printToken(request, queues.at(-1)!.name) : undefined };
}

/** A page token says where the page before ended, and for which request that was. */
function printToken(request: string, last: string): string {
  return Buffer.from(JSON.stringify([request, last])).toString('base64');
}

function openToken(token: string, request: string): string {
  try {
    const [askedFor, last] = JSON.parse(Buffer.from(token, 'base64').toString()) as [unknown, unknown];
    if (askedFor === request && typeof last === 'string') return last;
  } catch {
    // Not one of ours: refused like one of another request.
  }
  throw invalidParameter(
    'Invalid NextToken value. If you are passing in NextToken, you must not change the other request parameters.',
  );
}
