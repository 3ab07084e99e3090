/** The columns of the list of messages. */

import type { MessageReport } from '../../../control/journal/reports.ts';
import type { QueueReport } from '../../../control/queues/queues.ts';
import { count } from '../../format.ts';
import type { Column } from '../../pieces/table.tsx';
import { Time } from '../../pieces/time.tsx';

const NAMES: Readonly<Record<MessageReport['state'], string>> = {
  ...{ visible: 'visible', 'in-flight': 'in flight', delayed: 'delayed', blocked: 'blocked' },
};

export function StateBadge({ state }: Pick<MessageReport, 'state'>) {
  return <span class={`badge ${state}`}>{NAMES[state]}</span>;
}

/** `hrefOf` returns the address of a message; `isGone`, whether it is no longer in the list. */
export function messageColumns(
  queue: QueueReport,
  hrefOf: (messageId: string) => string,
  isGone: (message: MessageReport) => boolean,
): readonly Column<MessageReport>[] {
  const group: Column<MessageReport> = {
    key: 'group',
    head: 'Group',
    class: 'wide',
    cell: ({ groupId = '' }) => (
      <bdi class="mono ellipsis short" title={groupId}>
        {groupId}
      </bdi>
    ),
  };
  return [
    {
      key: 'state',
      head: 'State',
      class: 'nowrap',
      cell: (message) => (isGone(message) ? <span class="badge">gone</span> : <StateBadge state={message.state} />),
    },
    {
      key: 'body',
      head: 'Body',
      class: 'fill',
      cell: ({ messageId, body }) => (
        <a href={hrefOf(messageId)} class="mono ellipsis preview">
          <bdi>{body.replaceAll(/\s+/g, ' ').slice(0, 200)}</bdi>
        </a>
      ),
    },
    ...(queue.fifo ? [group] : []),
    {
      key: 'visible',
      head: 'Visible',
      class: 'nowrap wide',
      cell: (message) => <Availability message={message} />,
    },
    { key: 'receives', head: 'Receives', class: 'number', cell: ({ receiveCount }) => count(receiveCount) },
    { key: 'sent', head: 'Sent', class: 'nowrap wide', cell: ({ sentAt }) => <Time at={sentAt} /> },
  ];
}

/** When a message can be received. */
export function Availability({ message: { state, visibleAt, blockedBy } }: { message: MessageReport }) {
  if (state === 'visible') return <span class="muted">now</span>;
  return <Time at={blockedBy && state === 'blocked' ? blockedBy.visibleAt : visibleAt} />;
}
