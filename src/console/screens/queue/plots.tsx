/** Plots of a queue: depth, traffic, and the age of the oldest message. */

import type { QueueReport } from '../../../control/queues/queues.ts';

export function PlotsTab({ queue }: { queue: QueueReport }) {
  return <p>{queue.name}</p>;
}
