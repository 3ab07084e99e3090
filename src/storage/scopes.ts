/** Which queues and topics a scope selects, in every engine. */

import type { QueueKey } from './queue.ts';
import type { QueueScope } from './states.ts';

/** Returns whether a scope selects the queue or topic with this key. */
export function isInScope(key: Readonly<QueueKey>, { account, region, prefix = '' }: QueueScope): boolean {
  return (
    (account ?? key.account) === key.account && (region ?? key.region) === key.region && key.name.startsWith(prefix)
  );
}
