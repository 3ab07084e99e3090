/** Why a receive would return what it would return. */

import type { ReceiveExplanation } from '../../../control/explain/explain.ts';
import type { QueueReport } from '../../../control/queues/queues.ts';
import { control, queuePath } from '../../api.ts';
import { count } from '../../format.ts';
import { useLive } from '../../live.ts';
import { Problem } from '../../pieces/empty.tsx';
import { Sentence } from '../../pieces/sentence.tsx';
import { Time } from '../../pieces/time.tsx';
import { queueLink } from '../../router.ts';

const OUTCOMES: Readonly<Record<ReceiveExplanation['outcome'], readonly [kind: string, title: string]>> = {
  message: ['good', 'A receive now would return a message'],
  nothing: ['warning', 'A receive now would come back empty'],
  'over-limit': ['danger', 'A receive now would fail: too many messages are in flight'],
  unknown: ['warning', 'A receive now would first move many messages to the dead-letter queue'],
};

/** The kinds of reasons, in the words of the page. */
const KINDS: Readonly<Record<string, string>> = {
  ...{ delayed: 'Delayed', 'in-flight': 'In flight', blocked: 'Blocked', empty: 'Empty' },
  ...{ 'received-too-often': 'Received too often', 'in-flight-limit': 'In-flight limit' },
  ...{ 'waiting-receives': 'Waiting receives', 'fault-rules': 'Fault rules' },
};

const WHATS: Readonly<Record<string, string>> = {
  delayed: 'Their delay has not passed yet.',
  'in-flight': 'A consumer has received them, and their visibility timeout has not passed yet.',
  blocked: 'An earlier message of the same message group is not visible, so these have to wait.',
  'received-too-often': 'They have reached maxReceiveCount: the next receive moves them to the dead-letter queue.',
  'in-flight-limit': 'As many messages as are allowed have been received and not deleted.',
  'waiting-receives': 'Long polls wait already, and are served first.',
  'fault-rules': 'They may make a receive fail, or return something else.',
};

export function ExplainTab({ queue }: { queue: QueueReport }) {
  const { data, error } = useLive(
    (signal) => control<ReceiveExplanation>('GET', queuePath(queue, '/explain'), undefined, signal),
    [queue.arn],
  );
  if (!data) return <Problem error={error} />;
  const [kind, title] = OUTCOMES[data.outcome];
  return (
    <div class="stack explain">
      <section class={`verdict ${kind}`} aria-live="polite">
        <h2>{title}</h2>
        {data.changesAt !== undefined && (
          <p>
            That changes <Time at={data.changesAt} exact /> at the earliest, if nothing else happens.
          </p>
        )}
        {data.next && (
          <p>
            The next one is{' '}
            <a href={`#${queueLink(queue, 'messages', data.next.messageId)}`}>
              <code class="break">{data.next.messageId}</code>
            </a>
            : <bdi class="mono break">{data.next.body.slice(0, 120)}</bdi>
          </p>
        )}
      </section>
      {data.reasons.map(({ kind: reason, count: number, text, until, messageIds }) => (
        <section key={reason} class="card padded stack tight">
          <div class="spread">
            <h3>
              {KINDS[reason] ?? reason} {reason !== 'empty' && <span class="badge">{count(number)}</span>}
            </h3>
            {until !== undefined && (
              <span class="muted">
                {number === 1 ? 'until' : 'the first one until'} <Time at={until} />
              </span>
            )}
          </div>
          {WHATS[reason] && <p>{WHATS[reason]}</p>}
          <p class="muted break">
            <Sentence text={text} />
          </p>
          {messageIds.length > 0 && (
            <ul class="row tiny">
              {messageIds.map((id) => (
                <li key={id}>
                  <a href={`#${queueLink(queue, 'messages', id)}`}>
                    <code>{id.slice(0, 8)}…</code>
                  </a>
                </li>
              ))}
            </ul>
          )}
        </section>
      ))}
    </div>
  );
}
