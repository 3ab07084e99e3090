/** One message, beside the list: its body, its attributes, what happened to it, and what can be done with it. */

import { useEffect, useRef } from 'preact/hooks';
import type { MessageReport } from '../../../control/journal/reports.ts';
import type { FoundMessage, History } from '../../../control/messages/messages.ts';
import type { QueueReport } from '../../../control/queues/queues.ts';
import { control, query, Refusal } from '../../api.ts';
import { useLive } from '../../live.ts';
import { Body } from '../../pieces/body.tsx';
import { Copy } from '../../pieces/copy.tsx';
import { Problem } from '../../pieces/empty.tsx';
import { type Fact, Facts } from '../../pieces/facts.tsx';
import { Icon } from '../../pieces/icon.tsx';
import { ArnLink, QueueLink } from '../../pieces/queue-name.tsx';
import { Time } from '../../pieces/time.tsx';
import { queueLink } from '../../router.ts';
import { settings } from '../../settings.ts';
import { MessageActions } from './message-actions.tsx';
import { MessageAttributes } from './message-attributes.tsx';
import { Availability, StateBadge } from './message-columns.tsx';
import { TimeLine } from './time-line.tsx';

interface Known {
  /** Undefined if the message is not in this queue. */
  message: FoundMessage | undefined;
  history: History;
}

const EVERY_MS = 2000;

async function load(messageId: string, queue: QueueReport, signal: AbortSignal): Promise<Known> {
  const { name, account, region } = queue;
  const path = `/messages/${encodeURIComponent(messageId)}`;
  const history = await control<History>('GET', `${path}/history`, undefined, signal);
  if (!history.present || queueLink(history.queue) !== queueLink(queue)) return { message: undefined, history };
  try {
    const here = query({ queue: name, account, region });
    return { message: await control<FoundMessage>('GET', `${path}?${here}`, undefined, signal), history };
  } catch (error) {
    // Between the two requests, somebody has deleted it.
    if (error instanceof Refusal && error.status === 404) return { message: undefined, history };
    throw error;
  }
}

interface Props {
  queue: QueueReport;
  messageId: string;
  onClose(): void;
  onChange(): void;
}

export function MessagePanel({ queue, messageId, onClose, onChange }: Props) {
  const { data, error, refresh } = useLive(
    (signal) => load(messageId, queue, signal),
    [queue.arn, messageId],
    EVERY_MS,
  );
  const panel = useRef<HTMLElement>(null);
  useEffect(() => panel.current?.focus({ preventScroll: true }), []);
  const message = data?.message;
  const changed = () => {
    refresh();
    onChange();
  };
  return (
    <aside
      class="card panel"
      aria-label="Message"
      ref={panel}
      tabIndex={-1}
      onKeyDown={(event) => event.key === 'Escape' && onClose()}
    >
      <header>
        <div>
          <h2>Message</h2>
          <div class="row tiny muted">
            <code class="break">{messageId}</code>
            <Copy text={messageId} label="Copy the message ID" />
          </div>
        </div>
        <button type="button" class="quiet icon" aria-label="Close the message" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <div class="content stack">
        <Problem error={data ? undefined : error} />
        {data && <Standing data={data} queue={queue} />}
        {data && !settings.readOnly && (
          <MessageActions queue={queue} message={message} history={data.history} onChange={changed} onClose={onClose} />
        )}
        {data && <Content data={data} queue={queue} />}
      </div>
    </aside>
  );
}

/** Where the message is, and in which state. */
function Standing({ data: { message, history }, queue }: { data: Known; queue: QueueReport }) {
  if (!message) {
    if (!history.present)
      return <p class="note">This message no longer exists. Its history says what happened to it.</p>;
    return (
      <p class="note">
        This message is in another queue: <QueueLink queue={history.queue} below={['messages', history.messageId]} />
      </p>
    );
  }
  const { state, blockedBy } = message;
  return (
    <div class="stack tight">
      <p class="row">
        <StateBadge state={state} />
        {state !== 'visible' && (
          <span>
            can be received <Availability message={message} />
          </span>
        )}
        <span class="muted">
          {message.receiveCount === 0 ? 'never received' : `received ${message.receiveCount} times`}
        </span>
      </p>
      {state === 'blocked' && blockedBy && (
        <p class="note">
          An earlier message of group <code class="break">{message.groupId}</code> is not visible:{' '}
          <a href={`#${queueLink(queue, 'messages', blockedBy.messageId)}`}>
            <code class="break">{blockedBy.messageId}</code>
          </a>
          . It becomes visible <Time at={blockedBy.visibleAt} />, unless it is deleted before.
        </p>
      )}
      {message.receiver && state === 'in-flight' && (
        <p class="muted break">
          Received by <bdi>{message.receiver}</bdi>
        </p>
      )}
    </div>
  );
}

function Content({ data: { message, history } }: { data: Known; queue: QueueReport }) {
  const content = message ?? history.content;
  return (
    <>
      {content && <Body text={content.body} />}
      {content?.attributes && <MessageAttributes attributes={content.attributes} />}
      {message && (
        <section>
          <h3>System attributes</h3>
          <Facts facts={systemFacts(message)} />
        </section>
      )}
      <TimeLine events={history.events} isKept={settings.journal > 0} />
    </>
  );
}

function systemFacts(message: MessageReport): readonly Fact[] {
  const mono = (text: string | undefined) => text !== undefined && <code class="break">{text}</code>;
  const { groupId, deduplicationId, sequenceNumber, traceHeader, deadLetterSource, firstReceivedAt } = message;
  const facts: readonly (Fact | false)[] = [
    ['Sent', <Time key="sent" at={message.sentAt} exact />],
    ['Visible', <Time key="visible" at={message.visibleAt} exact />],
    ['Expires', <Time key="expires" at={message.expiresAt} exact />],
    firstReceivedAt !== undefined && ['First received', <Time key="first" at={firstReceivedAt} exact />],
    ['Receive count', message.receiveCount],
    ['Sender', mono(message.senderId)],
    groupId !== undefined && ['Message group', mono(groupId)],
    deduplicationId !== undefined && ['Deduplication ID', mono(deduplicationId)],
    sequenceNumber !== undefined && ['Sequence number', mono(sequenceNumber)],
    traceHeader !== undefined && ['Trace header', mono(traceHeader)],
    deadLetterSource !== undefined && ['Dead-lettered from', <ArnLink key="source" arn={deadLetterSource} />],
  ];
  return facts.filter((fact) => fact !== false);
}
