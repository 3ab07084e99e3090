/** Records events in the journal as they happen, and passes them on to listeners within Squab. */

import type { Happening } from '../../storage/happenings.ts';
import type { MessageContent } from '../../storage/store.ts';
import type { Millis } from '../../time/clock.ts';
import type { Entry } from '../journal/entries.ts';
import type { Journal } from '../journal/journal.ts';
import { Traffic } from '../queues/traffic.ts';
import type { Listen } from './fan-out.ts';

/** `content` is that of the event's message, if the journal knows it. */
export type EventListener = (entry: Entry, content: MessageContent | undefined) => void;

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
    if (this.#always) this.#stopListening = listen((happening) => this.#handle(happening));
  }

  /** The ID of the latest event; 0 if there is none yet. */
  get lastId(): number {
    return this.#journal.entries.lastId;
  }

  /** The ID of the oldest event that the journal has, or of the next event if it has none. */
  get firstId(): number {
    return this.#journal.entries.firstId;
  }

  /** Calls `listener` for every event, `empty-receive` included. Returns a function that removes the listener. */
  listen(listener: EventListener): () => void {
    this.#listeners.add(listener);
    this.#stopListening ??= this.#listen((happening) => this.#handle(happening));
    return () => {
      this.#listeners.delete(listener);
      if (this.#always || this.#listeners.size > 0) return;
      this.#stopListening?.();
      this.#stopListening = undefined;
    };
  }

  /**
   * Yields the events after the one with the ID `after`, as far back as the journal goes, with their messages'
   * contents.
   */
  *past(after: number): Generator<[Entry, MessageContent | undefined]> {
    for (const entry of this.#journal.entries.after(after)) yield [entry, this.contentOf(entry)];
  }

  /** Returns an event that the journal still has, with its message's content. */
  event(id: number): [Entry, MessageContent | undefined] {
    const entry = this.#journal.entries.entry(id);
    return [entry, this.contentOf(entry)];
  }

  /** Returns the content of the message that an event is about, if the journal knows it. */
  contentOf({ key }: Entry): MessageContent | undefined {
    return key === undefined ? undefined : this.#journal.byKey(key)?.content;
  }

  #handle(happening: Happening): void {
    const at = this.now();
    this.#journal.note(happening, at);
    this.traffic.count(happening);
    if (this.#listeners.size === 0) return;
    const { entries } = this.#journal;
    const entry =
      happening.kind === 'empty-receive'
        ? emptyReceiveEntry(happening, entries.lastId, at)
        : entries.entry(entries.lastId);
    const content = happening.kind === 'sent' ? happening.content : this.contentOf(entry);
    for (const listener of this.#listeners) listener(entry, content);
  }
}

/** Makes the entry of an empty receive, which is passed on to listeners but not kept in the journal. */
function emptyReceiveEntry({ kind, queue }: Happening, id: number, at: Millis): Entry {
  return {
    ...{ id, at, kind, queue },
    ...{ key: undefined, messageId: undefined, visibleAt: undefined, receiveCount: undefined },
    ...{ receiver: undefined, deduplicationKey: undefined, to: undefined },
    ...{ function: undefined, reason: undefined },
  };
}
