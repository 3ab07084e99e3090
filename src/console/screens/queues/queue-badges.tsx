/** What kind of queue it is, in a word each. */

import type { QueueReport } from '../../../control/queues/queues.ts';
import { counted } from '../../format.ts';

export function Badges({ queue: { fifo, attributes, sources, deadLetterQueue } }: { queue: QueueReport }) {
  const [first] = sources;
  return (
    <>
      {fifo && <span class="badge violet">FIFO</span>}
      {attributes.FifoThroughputLimit === 'perMessageGroupId' && <span class="badge">high throughput</span>}
      {first && (
        <span class="badge warning" title={sources.map(({ name }) => name).join('\n')}>
          dead letters of {sources.length === 1 ? first.name : counted(sources.length, 'queue')}
        </span>
      )}
      {deadLetterQueue && (
        <span class="badge" title={`Its dead letters go to ${deadLetterQueue.name}`}>
          has dead-letter queue
        </span>
      )}
    </>
  );
}
