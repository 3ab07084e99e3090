/** Hidden queues: the backlogs of subscriptions (see topics.ts), which clients and users do not see. */

import type { QueueKey } from './queue.ts';

/** The account of every hidden queue. It is not a number of 12 digits, so it is no client's. */
export const HIDDEN_ACCOUNT = 'backlogs';

/** Returns whether a queue is hidden. */
export function isHidden({ account }: Pick<QueueKey, 'account'>): boolean {
  return account === HIDDEN_ACCOUNT;
}
