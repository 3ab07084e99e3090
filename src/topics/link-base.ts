/** Where the links in messages lead. */

import type { Subscription } from '../storage/topics.ts';
import type { TopicsEnv } from './env.ts';
import { KEPT } from './subscription-attributes.ts';

/**
 * Returns the URL of Squab for the subscriber, without a slash at its end: the configured one, or else the one at which
 * Squab was called.
 */
export function linkBaseOf({ linkBase }: Pick<TopicsEnv, 'linkBase'>, { attributes, topic }: Subscription): string {
  return linkBase?.(topic) ?? attributes.get(KEPT.linkBase) ?? '';
}
