/** Selects queues and topics by their account, their region and the start of their names, in every engine. */

import type { QueueKey } from './queue.ts';
import type { QueueScope } from './states.ts';

/** Returns whether a scope includes the queue or topic with this key. */
export function isInScope(key: Readonly<QueueKey>, { account, region, prefix = '' }: QueueScope): boolean {
  return (
    (account ?? key.account) === key.account && (region ?? key.region) === key.region && key.name.startsWith(prefix)
  );
}
