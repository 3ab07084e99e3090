/** Records events in the journal as they happen, and passes them on to listeners within Squab. */

import type { Happening } from '../../storage/happenings.ts';
import type { MessageContent } from '../../storage/store.ts';
import type { Millis } from '../../time/clock.ts';
import { Portions } from '../../time/portions.ts';
import type { Entry } from '../journal/entries.ts';
import type { Journal } from '../journal/journal.ts';
import type { TopicEvent } from '../journal/topic-events.ts';
import { Traffic } from '../queues/traffic.ts';
import type { EventHead } from './event-filter.ts';
import type { Listen } from './fan-out.ts';

/** An event's entry, and the content of its message, if the journal knows it. */
export type EventDetails = readonly [entry: Entry, content: MessageContent | undefined];

/** What it takes to look at an event, and to search the body of its message. */
const [STEPS_PER_EVENT, STEPS_PER_CHARACTER] = [50, 0.1];

/**
 * `read` returns the details of the event, which are made only if a listener reads them, once for all listeners. It may
 * be called only before the listener returns.
 */
export type EventListener = (event: EventHead, read: () => EventDetails) => void;

/** Returns how much it takes to look at an event and, by default, to search the body of its message, for `Portions`. */
export function stepsOf([, content]: EventDetails, searches = true): number {
  return STEPS_PER_EVENT + (searches ? STEPS_PER_CHARACTER * (content?.body.length ?? 0) : 0);
}

/** The events of a running Squab, as the areas of the control interface use them. */
export class EventFeed {
  readonly #listen: Listen;
  readonly #journal: Journal;
  /** Returns the current time of SQS. */
  readonly now: () => Millis;
  readonly traffic = new Traffic();
  readonly #listeners = new Set<EventListener>();
  /** Whether to listen to the store permanently, for the journal; otherwise only while there are listeners. */
  readonly #always: boolean;
  #stopListening: (() => void) | undefined;

  constructor(listen: Listen, journal: Journal, now: () => Millis) {
    this.#listen = listen;
    this.#journal = journal;
    this.now = now;
    this.#always = journal.size > 0;
    if (this.#always) this.#stopListening = listen((happenings) => this.#handle(happenings));
  }

  /** The ID of the latest event. If there is none yet, a smaller one than the first will have. */
  get lastId(): number {
    return this.#journal.entries.lastId;
  }

  /** The ID of the oldest event that the journal has, or of the next event if it has none. */
  get firstId(): number {
    return this.#journal.entries.firstId;
  }

  /** No event has this ID or a smaller one. */
  get idsAbove(): number {
    return this.#journal.entries.idsAbove;
  }

  /** Calls `listener` for every event, `empty-receive` included. Returns a function that removes the listener. */
  listen(listener: EventListener): () => void {
    this.#listeners.add(listener);
    this.#stopListening ??= this.#listen((happenings) => this.#handle(happenings));
    return () => {
      this.#listeners.delete(listener);
      if (this.#always || this.#listeners.size > 0) return;
      this.#stopListening?.();
      this.#stopListening = undefined;
    };
  }

  /**
   * Calls `look` with the events after the one with the ID `after`, as far back as the journal goes, up to the one with the
   * ID `last`, until `isOver` returns true. Other requests can run in between.
   */
  async lookBack(after: number, last: number, look: EventListener, isOver: () => boolean): Promise<void> {
    const portions = new Portions();
    for (let id = Math.max(after + 1, this.firstId); id <= last && !isOver(); id = Math.max(id + 1, this.firstId)) {
      const details = this.event(id);
      look(details[0], () => details);
      const over = portions.done(stepsOf(details));
      if (over) await over;
    }
  }

  /** Returns an event that the journal still has, with its message's content. */
  event(id: number): EventDetails {
    const entry = this.#journal.entries.entry(id);
    return [entry, this.contentOf(entry)];
  }

  /** Returns the content of the message that an event is about, if the journal knows it. */
  contentOf({ key }: Entry): MessageContent | undefined {
    return key === undefined ? undefined : this.#journal.byKey(key)?.content;
  }

  #handle(happenings: readonly Happening[]): void {
    const at = this.now();
    for (const happening of happenings) {
      this.#journal.note(happening, at);
      this.traffic.count(happening);
      if (this.#listeners.size > 0) this.#tell(happening, at);
    }
  }

  /** Whether somebody wants to know of events. */
  get isActive(): boolean {
    return this.#always || this.#listeners.size > 0;
  }

  /** Records events of topics, and passes them on. */
  noteTopicEvents(events: readonly TopicEvent[]): void {
    const at = this.now();
    for (const event of events) {
      this.#journal.entries.writeTopicEvent(event, at);
      let details: EventDetails | undefined;
      const read = () => {
        details ??= [this.#journal.entries.entry(this.lastId), undefined];
        return details;
      };
      for (const listener of this.#listeners) listener(event, read);
    }
  }

  /** Passes the event on that was noted last. */
  #tell(happening: Happening, at: Millis): void {
    let details: EventDetails | undefined;
    const read = () => {
      details ??= this.#detailsOf(happening, at);
      return details;
    };
    for (const listener of this.#listeners) listener(happening, read);
  }

  /** Returns the details of the event that has just been recorded. */
  #detailsOf(happening: Happening, at: Millis): EventDetails {
    const { lastId } = this;
    if (happening.kind === 'empty-receive') return [emptyReceiveEntry(happening, lastId, at), undefined];
    const [entry, content] = this.event(lastId);
    return [entry, happening.kind === 'sent' ? happening.content : content];
  }
}

/** Makes the entry of an empty receive, which is passed on to listeners but not kept in the journal. */
function emptyReceiveEntry({ kind, queue }: Happening, id: number, at: Millis): Entry {
  return {
    ...{ id, at, kind, queue, topicEvent: undefined, publication: undefined },
    ...{ key: undefined, messageId: undefined, visibleAt: undefined, receiveCount: undefined },
    ...{ receiver: undefined, deduplicationKey: undefined, to: undefined },
    ...{ function: undefined, reason: undefined },
  };
}
