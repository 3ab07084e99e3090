/** The columns of the list of queues. */

import type { QueueReport } from '../../../control/queues/queues.ts';
import { count } from '../../format.ts';
import { depthsOf } from '../../history.ts';
import { refreshAll } from '../../live.ts';
import { Icon } from '../../pieces/icon.tsx';
import { QueueLink } from '../../pieces/queue-name.tsx';
import type { Column } from '../../pieces/table.tsx';
import { Time } from '../../pieces/time.tsx';
import { queueLink } from '../../router.ts';
import { settings } from '../../settings.ts';
import { deleteQueue, purgeQueue } from './queue-actions.tsx';
import { Badges } from './queue-badges.tsx';
import { SparkLine } from './spark-line.tsx';

/** A number that leads to the messages it counts; zeros step back. */
function Count({ queue, state, value }: { queue: QueueReport; state: string; value: number }) {
  if (value === 0) return <span class="muted">0</span>;
  return (
    <a class={`count ${state}`} href={`#${queueLink(queue, 'messages')}?state=${state}`}>
      {count(value)}
    </a>
  );
}

const actions: Column<QueueReport> = {
  key: 'actions',
  head: <span class="hidden-text">Actions</span>,
  class: 'wide row-buttons',
  cell: (queue) => (
    <span class="row-actions">
      <a
        class="button quiet icon"
        href={`#/send/${queueLink(queue).slice('/queues/'.length)}`}
        aria-label={`Send to ${queue.name}`}
        title="Send a message"
      >
        <Icon name="send" />
      </a>
      <button
        type="button"
        class="quiet icon"
        aria-label={`Purge ${queue.name}`}
        title="Purge: delete its messages"
        onClick={() => purgeQueue(queue)}
      >
        <Icon name="purge" />
      </button>
      <button
        type="button"
        class="quiet icon"
        aria-label={`Delete ${queue.name}`}
        title="Delete the queue"
        onClick={async () => (await deleteQueue(queue)) && refreshAll()}
      >
        <Icon name="trash" />
      </button>
    </span>
  ),
};

export const queueColumns: readonly Column<QueueReport>[] = [
  {
    key: 'name',
    head: 'Name',
    class: 'fill',
    sortable: true,
    cell: (queue) => (
      <span class="row name">
        <QueueLink queue={queue} />
        <span class="row badges">
          <Badges queue={queue} />
        </span>
      </span>
    ),
  },
  {
    key: 'visible',
    head: 'Visible',
    class: 'number',
    sortable: true,
    cell: (queue) => <Count queue={queue} state="visible" value={queue.messages.visible} />,
  },
  {
    key: 'in-flight',
    head: 'In flight',
    class: 'number',
    sortable: true,
    cell: (queue) => <Count queue={queue} state="in-flight" value={queue.messages.inFlight} />,
  },
  {
    key: 'delayed',
    head: 'Delayed',
    class: 'number wide',
    sortable: true,
    cell: (queue) => <Count queue={queue} state="delayed" value={queue.messages.delayed} />,
  },
  {
    key: 'age',
    head: 'Oldest',
    class: 'number wide nowrap',
    sortable: true,
    cell: ({ oldestSentAt }) =>
      oldestSentAt === undefined ? <span class="muted">–</span> : <Time at={oldestSentAt} />,
  },
  {
    key: 'waiting',
    head: <span title="Receives that wait for a message (long polls)">Waiting</span>,
    class: 'number wide',
    cell: ({ waitingReceives }) => (waitingReceives === 0 ? <span class="muted">0</span> : count(waitingReceives)),
  },
  { key: 'depth', head: 'Last minutes', class: 'wide', cell: (queue) => <SparkLine values={depthsOf(queue)} /> },
  ...(settings.readOnly ? [] : [actions]),
];
