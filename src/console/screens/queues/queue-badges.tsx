/** What kind of queue it is, in a word each. */

import type { QueueReport } from '../../../control/queues/queues.ts';

export function Badges({ queue: { fifo, attributes } }: { queue: QueueReport }) {
  return (
    <>
      {fifo && <span class="badge violet">FIFO</span>}
      {attributes.FifoThroughputLimit === 'perMessageGroupId' && <span class="badge">high throughput</span>}
      {attributes.RedrivePolicy !== undefined && <span class="badge accent">has dead-letter queue</span>}
    </>
  );
}
