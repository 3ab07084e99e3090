/** What happened to a message, from the journal: oldest first, with the time between two events. */

import type { EventReport } from '../../../control/journal/reports.ts';
import { duration, localTime } from '../../format.ts';
import { QueueLink } from '../../pieces/queue-name.tsx';
import { Sentence } from '../../pieces/sentence.tsx';
import { PublicationLink } from '../topics/publication-link.tsx';

/** The colour of an event is that of the state after it. */
const COLOURS: Readonly<Record<string, string>> = {
  ...{ sent: 'visible', received: 'in-flight', 'visibility-changed': 'delayed', deduplicated: 'delayed' },
  ...{ 'function-succeeded': 'done', 'function-failed': 'danger', 'function-throttled': 'delayed' },
  ...{ deleted: 'done', expired: 'danger', 'dead-lettered': 'danger', moved: 'blocked' },
};

export function TimeLine({ events, isKept }: { events: readonly EventReport[]; isKept: boolean }) {
  return (
    <section>
      <h3>History</h3>
      {events.length === 0 ? (
        <p class="muted">
          {isKept
            ? 'The journal does not know this message: it is older than Squab’s last start, or than the messages that the journal keeps.'
            : 'Squab keeps no histories: it was started with --journal 0.'}
        </p>
      ) : (
        <ol class="time-line">
          {events.map((event, index) => (
            <li key={event.id} class={COLOURS[event.kind]}>
              <Moment event={event} before={events[index - 1]} />
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

function Moment({ event, before }: { event: EventReport; before: EventReport | undefined }) {
  const at = Date.parse(event.at);
  return (
    <>
      <time class="muted tiny" dateTime={event.at} title={event.at}>
        {localTime(at)}
        {before && ` · ${duration(at - Date.parse(before.at))} later`}
      </time>
      <p class="break">
        <Sentence text={event.text} />
        {event.publication && (
          <>
            {' '}
            <PublicationLink {...event.publication} />
          </>
        )}
        {event.to && (
          <>
            {' '}
            <QueueLink queue={event.to.queue} below={event.to.messageId ? ['messages', event.to.messageId] : []} />
          </>
        )}
      </p>
    </>
  );
}
