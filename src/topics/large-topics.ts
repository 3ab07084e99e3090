/**
 * Topics with messages above 256 KiB, to which only some endpoints can be subscribed.
 * Source: developer guide, "Publishing large messages with Amazon SNS"; the error text is Squab's own.
 */

import type { SqsError } from '../errors.ts';
import type { Subscription } from '../storage/topics.ts';
import { invalid } from './refusals.ts';
import { MESSAGE_BYTES } from './topic-attributes.ts';

/** "For a MaximumMessageSize above 256 KiB, a topic can have up to 100 subscriptions." */
export const LARGE_SUBSCRIPTIONS_MAX = 100;

const PROTOCOLS: ReadonlySet<string> = new Set(['sqs', 'lambda', 'firehose']);

/** Returns whether endpoints with this protocol can be subscribed. */
export function carriesLarge(protocol: string): boolean {
  return PROTOCOLS.has(protocol);
}

/** Throws `InvalidParameter` if a topic with these subscriptions cannot have large messages. */
export function checkLarge(subscriptions: readonly Subscription[]): void {
  const isOver = subscriptions.length > LARGE_SUBSCRIPTIONS_MAX;
  if (isOver || !subscriptions.every(({ protocol }) => carriesLarge(protocol))) throw notLarge();
}

/** Returns the `InvalidParameter` error for subscriptions that a topic with large messages cannot have. */
export function notLarge(): SqsError {
  return invalid(
    `MaximumMessageSize Reason: A topic with a size above ${MESSAGE_BYTES.default} can have at most ` +
      `${LARGE_SUBSCRIPTIONS_MAX} subscriptions, with these protocols: ${[...PROTOCOLS].join(', ')}`,
  );
}
