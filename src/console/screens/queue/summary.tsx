/** The counts of a queue, and the queues that it is linked with. */

import type { QueueReport } from '../../../control/queues/queues.ts';
import { count } from '../../format.ts';
import { ArnLink, QueueLink } from '../../pieces/queue-name.tsx';
import { Time } from '../../pieces/time.tsx';
import { queueLink } from '../../router.ts';
import { redrivePolicyOf } from './links.ts';

const STATES = [
  ['visible', 'visible', 'Visible'],
  ['inFlight', 'in-flight', 'In flight'],
  ['delayed', 'delayed', 'Delayed'],
] as const;

export function Summary({ queue }: { queue: QueueReport }) {
  const policy = redrivePolicyOf(queue);
  const { sources } = queue;
  return (
    <div class="summary">
      {STATES.map(([key, state, text]) => (
        <a key={key} class={`figure ${state}`} href={`#${queueLink(queue, 'messages')}?state=${state}`}>
          <strong>{count(queue.messages[key])}</strong>
          <span>{text}</span>
        </a>
      ))}
      <div class="figure">
        <strong>{queue.oldestSentAt === undefined ? '–' : <Time at={queue.oldestSentAt} />}</strong>
        <span>Oldest sent</span>
      </div>
      <a class="figure" href={`#${queueLink(queue, 'explain')}`}>
        <strong>{count(queue.waitingReceives)}</strong>
        <span>Waiting receives</span>
      </a>
      {(policy || sources.length > 0) && (
        <div class="figure links">
          {policy && (
            <p>
              <span class="muted">After {policy.maxReceiveCount} receives to</span>{' '}
              <ArnLink arn={policy.deadLetterTargetArn} />
            </p>
          )}
          {sources.length > 0 && (
            <p>
              <span class="muted">Dead letters of</span>{' '}
              {sources.slice(0, 3).map((source, index) => (
                <span key={queueLink(source)}>
                  {index > 0 && ', '}
                  <QueueLink queue={source} />
                </span>
              ))}
              {sources.length > 3 && <span class="muted"> and {sources.length - 3} more</span>}
            </p>
          )}
        </div>
      )}
    </div>
  );
}
