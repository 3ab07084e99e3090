/** Selects queues by their account, their region and the start of their names, in every engine. */

import type { QueueKey } from './queue.ts';
import type { QueueScope } from './states.ts';

/** Returns whether a scope includes a queue. */
export function isInScope(queue: QueueKey, { account, region, prefix = '' }: QueueScope): boolean {
  return (
    (account === undefined || queue.account === account) &&
    (region === undefined || queue.region === region) &&
    queue.name.startsWith(prefix)
  );
}
