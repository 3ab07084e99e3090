/** The next events of all queues: messages that become visible, or expire. */

import type { Upcoming } from '../../control/clock/upcoming.ts';
import { Icon } from '../pieces/icon.tsx';
import { type Column, Table } from '../pieces/table.tsx';
import { Time } from '../pieces/time.tsx';
import { queueLink } from '../router.ts';

const WORDS: Readonly<Record<Upcoming['kind'], string>> = {
  'delay-ends': 'A delayed message becomes visible',
  'visibility-timeout-ends': 'A message in flight becomes visible again',
  expires: 'The oldest message expires',
};

interface UpcomingEventsProps {
  events: readonly Upcoming[];
  isBusy: boolean;
  /** Moves the clock to an instant; undefined if the user may not. */
  moveTo: ((at: string) => Promise<void>) | undefined;
}

export function UpcomingEvents({ events, isBusy, moveTo }: UpcomingEventsProps) {
  const columns: Column<Upcoming>[] = [
    { key: 'at', head: 'When', class: 'when', cell: ({ at }) => <Time at={at} exact /> },
    { key: 'what', head: 'What', cell: What },
    { key: 'queue', head: 'Queue', class: 'wide', cell: QueueLink },
  ];
  if (moveTo) {
    columns.push({
      key: 'move',
      head: <span class="hidden-text">Move the clock</span>,
      class: 'number',
      cell: (event) => (
        <button
          type="button"
          disabled={isBusy}
          aria-label={`Go there: ${WORDS[event.kind]}, ${event.queue.name}`}
          onClick={() => moveTo(event.at)}
        >
          <Icon name="right" /> Go there
        </button>
      ),
    });
  }
  return <Table label="What happens next" columns={columns} rows={events} keyOf={keyOf} />;
}

const keyOf = ({ kind, queue }: Upcoming) => `${kind} ${queueLink(queue)}`;

function What({ kind, queue, messageId }: Upcoming) {
  return (
    <>
      {messageId === undefined ? (
        WORDS[kind]
      ) : (
        <a href={`#${queueLink(queue, 'messages', messageId)}`} title={messageId}>
          {WORDS[kind]}
        </a>
      )}
      <span class="narrow muted break"> {queue.name}</span>
    </>
  );
}

function QueueLink({ queue }: Upcoming) {
  return (
    <a class="break" href={`#${queueLink(queue)}`}>
      {queue.name}
    </a>
  );
}
