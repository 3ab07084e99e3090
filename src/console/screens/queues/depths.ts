/** How many messages queues had lately, as far as the page has seen it: for the lines in the list. */

import type { QueueCounts } from '../../../control/queues/queues.ts';
import { queueLink } from '../../router.ts';
import { machineNow } from '../../timing.ts';

interface Depths {
  values: number[];
  lastAt: number;
}

const depths = new Map<string, Depths>();

/** One value every two seconds, for three minutes. */
const EVERY_MS = 2000;
const KEPT = 90;
/** More queues than one looks at in three minutes. */
const QUEUES_MAX = 1000;

/** Remembers the depths of these queues. */
export function notice(queues: readonly QueueCounts[]): void {
  const now = machineNow();
  for (const queue of queues) {
    const key = queueLink(queue);
    const known = depths.get(key) ?? { values: [], lastAt: 0 };
    const { visible, inFlight, delayed } = queue.messages;
    if (now - known.lastAt < EVERY_MS) known.values.pop();
    else known.lastAt = now;
    known.values = [...known.values, visible + inFlight + delayed].slice(-KEPT);
    depths.delete(key);
    depths.set(key, known);
  }
  for (const key of depths.keys()) {
    if (depths.size <= QUEUES_MAX) break;
    depths.delete(key);
  }
}

export const depthsOf = (queue: QueueCounts): readonly number[] => depths.get(queueLink(queue))?.values ?? [];
