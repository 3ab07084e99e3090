/** The screen Events: what happens to queues and messages, as it happens. */

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { EventReport } from '../../control/journal/reports.ts';
import { counted, timeOfDay } from '../format.ts';
import { Empty } from '../pieces/empty.tsx';
import { partsOf } from '../pieces/sentence.tsx';
import { type Column, Table } from '../pieces/table.tsx';
import { address, queueLink, topicLink } from '../router.ts';
import { follow, type Streamed } from '../stream.ts';
import { after } from '../timing.ts';
import { EventFilters, filterOf } from './event-filters.tsx';
import { KindBadge } from './kind-badge.tsx';

/** The page keeps this many events; older ones are forgotten. */
const KEPT = 500;
/** New events are shown together, so that many of them do not slow the page down. */
const SHOWN_EVERY_MS = 250;
/** Whoever has scrolled down by this much reads: the events stay where they are. */
const READING_PX = 80;

interface Row {
  key: number;
  event: Streamed;
}

export function EventsScreen() {
  const { query } = address.value;
  const filter = filterOf(query);
  const rows = useSignal<readonly Row[]>([]);
  const held = useSignal<readonly Row[]>([]);
  const isHolding = useSignal(false);
  const hasFailed = useSignal(false);
  const last = useRef(0);

  const release = () => {
    rows.value = [...held.value, ...rows.value].slice(0, KEPT);
    held.value = [];
  };
  useEffect(() => {
    rows.value = [];
    held.value = [];
    let cancel: (() => void) | undefined;
    const show = () => {
      cancel = undefined;
      if (!isHolding.peek() && scrollY < READING_PX) release();
    };
    const stop = follow(
      filter,
      (event) => {
        held.value = [{ key: ++last.current, event }, ...held.value].slice(0, KEPT);
        cancel ??= after(SHOWN_EVERY_MS, show);
      },
      (failed) => {
        hasFailed.value = failed;
      },
    );
    return () => {
      stop();
      cancel?.();
    };
  }, [filter.queue, filter.kind, filter.messageId]);

  const showNew = () => {
    release();
    scrollTo({ top: 0 });
  };
  const waiting = held.value.length;
  return (
    <div class="stack">
      <div class="spread">
        <h1>Events</h1>
        <div class="row">
          <button
            type="button"
            aria-pressed={isHolding.value}
            onClick={() => {
              isHolding.value = !isHolding.value;
              if (!isHolding.value) release();
            }}
          >
            {isHolding.value ? 'Continue' : 'Pause'}
          </button>
          <button
            type="button"
            onClick={() => {
              rows.value = [];
              held.value = [];
            }}
          >
            Clear
          </button>
        </div>
      </div>
      <EventFilters filter={filter} />
      <div class="events">
        {waiting > 0 && (isHolding.value || scrollY >= READING_PX) && (
          <button type="button" class="new-events primary" onClick={showNew}>
            {waiting === KEPT ? `${KEPT} or more new events` : counted(waiting, 'new event')}
          </button>
        )}
        {rows.value.length > 0 ? (
          <Table
            label="Events"
            columns={columns}
            rows={rows.value}
            keyOf={({ key }) => String(key)}
            rowClass={({ event }) => (event.kind === 'missed' ? 'missed' : undefined)}
          />
        ) : (
          <Empty title={hasFailed.value ? 'No connection to the events' : 'Nothing has happened yet'}>
            <p>
              {hasFailed.value
                ? 'The page tries again every second.'
                : 'Sends, receives, deletes and everything else appear here as they happen.'}
            </p>
          </Empty>
        )}
      </div>
    </div>
  );
}

const columns: readonly Column<Row>[] = [
  { key: 'at', head: 'Time', class: 'nowrap mono wide', cell: ({ event }) => <At at={event.at} /> },
  { key: 'kind', head: 'Event', class: 'wide', cell: ({ event }) => <KindBadge kind={event.kind} /> },
  { key: 'text', head: 'What happened', class: 'event-text', cell: ({ event }) => <What event={event} /> },
  {
    key: 'queue',
    head: 'Queue or topic',
    class: 'wide event-queue',
    cell: ({ event }) =>
      event.kind !== 'missed' && (
        <a title={placeOf(event).name} href={`#${placeLink(event)}`}>
          {placeOf(event).name}
        </a>
      ),
  },
];

function At({ at }: { at: string }) {
  const instant = Date.parse(at);
  return (
    <time dateTime={at} title={at}>
      {timeOfDay(instant)}
      <span class="muted wide">.{String(instant % 1000).padStart(3, '0')}</span>
    </time>
  );
}

function What({ event }: { event: Streamed }) {
  if (event.kind === 'missed') {
    return (
      <>
        <span class="narrow mono muted">
          <At at={event.at} />
        </span>
        <span class="muted">
          {counted(event.count, 'more event')} in this moment: too many to show here. All counts are still exact.
        </span>
      </>
    );
  }
  const link = linkOf(event);
  // The receiver has a line of its own: it is long, and the same in most events.
  const words = partsOf(event.text.replace(`, by ${event.receiver}`, '')).map((part, index) =>
    typeof part === 'string' ? part : <Instant key={index} {...part} />,
  );
  return (
    <>
      <span class="narrow">
        <span class="row event-head">
          <KindBadge kind={event.kind} />
          <span class="muted mono">
            <At at={event.at} />
          </span>
          <a class="ellipsis" href={`#${placeLink(event)}`}>
            {placeOf(event).name}
          </a>
        </span>
      </span>
      {link ? <a href={`#${link}`}>{words}</a> : words}
      {event.receiver !== undefined && <span class="event-receiver muted">by {event.receiver}</span>}
      {event.body !== undefined && <span class="event-body mono muted">{event.body}</span>}
    </>
  );
}

/** An instant within a sentence of the server, as local time. */
function Instant({ iso, at }: { iso: string; at: number }) {
  return (
    <time dateTime={iso} title={iso}>
      {timeOfDay(at)}
    </time>
  );
}

/** The queue or the topic of an event, which has one of them. */
const placeOf = ({ queue, topic }: EventReport) => (queue ?? topic)!;

const placeLink = (event: EventReport) => (event.queue ? queueLink(event.queue) : topicLink(placeOf(event)));

/** The address of the message that an event is about. */
function linkOf({ queue, topic, messageId, to }: EventReport): string | undefined {
  if (topic) return `${topicLink(topic, 'deliveries')}?message=${messageId}`;
  if (to?.messageId !== undefined) return queueLink(to.queue, 'messages', to.messageId);
  return messageId === undefined ? undefined : queueLink(to?.queue ?? queue!, 'messages', messageId);
}
