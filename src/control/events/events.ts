/**
 * Tells what happens, as it happens, to whoever follows, and keeps the journal. A follower that reads slowly costs no more
 * than the memory of some events: when so many wait for it, it misses those that come then, and is told how many.
 */

import type { Happening } from '../../storage/happenings.ts';
import type { MessageContent } from '../../storage/store.ts';
import type { Millis } from '../../time/clock.ts';
import { isoOf } from '../control-context.ts';
import type { Entry, Kind } from '../journal/entries.ts';
import type { Journal } from '../journal/journal.ts';
import { type EventReport, reportEvent } from '../journal/reports.ts';
import type { Listen } from './fan-out.ts';

/** Events that wait for one follower. */
const WAITING_MAX = 1000;

/** What of all that happens is wanted; each member that is there must fit. */
export interface EventFilter {
  /** The queue's name; for what goes from one queue to another, either. */
  queue?: string | undefined;
  account?: string | undefined;
  region?: string | undefined;
  /** One of these. Looks that found nothing (`empty-receive`) are told of only when they are asked for here. */
  kinds?: readonly Kind[] | undefined;
  messageId?: string | undefined;
  /** A part of the message's body. As the three that follow, it fits only messages whose content is known. */
  bodyContains?: string | undefined;
  groupId?: string | undefined;
  /** The name of a message attribute, and its value if that matters. */
  attribute?: { name: string; value?: string | undefined } | undefined;
}

/** Events that were missed, since they were read too slowly or are not kept any more. */
export interface MissedEvents {
  kind: 'missed';
  at: string;
  count: number;
}

export type EventListener = (entry: Entry, content: MessageContent | undefined) => void;

export class Events {
  readonly #listen: Listen;
  readonly #journal: Journal;
  readonly #now: () => Millis;
  readonly #listeners = new Set<EventListener>();
  readonly #followers = new Set<Follower>();
  /** Heard all along when there is a journal to keep, else only while somebody follows. */
  readonly #always: boolean;
  #stopListening: (() => void) | undefined;
  #closed = false;

  constructor(listen: Listen, journal: Journal, now: () => Millis) {
    this.#listen = listen;
    this.#journal = journal;
    this.#now = now;
    this.#always = journal.size > 0;
    if (this.#always) this.#stopListening = listen((happening) => this.#hear(happening));
  }

  /** The id of the latest event: to go on from here later. */
  get lastId(): number {
    return this.#journal.entries.lastId;
  }

  /**
   * Follows what happens from now on, or from behind the event with the id `after`, as far back as the journal goes. Ends
   * with `return()`, or when Squab stops: `for await (const event of squab.control.events.follow({ queue: 'orders' }))`.
   */
  follow(filter: EventFilter = {}, after: number = this.lastId): Follower {
    const { entries } = this.#journal;
    // With a higher id than there is, Squab was started anew since, and all that it knows came later.
    const from = after > entries.lastId ? 0 : after;
    const past: (EventReport | MissedEvents)[] = [];
    const lost = Math.max(0, entries.firstId - 1 - from);
    if (lost > 0) past.push({ kind: 'missed', at: isoOf(this.#now()), count: lost });
    for (const [entry, content] of this.past(from)) {
      if (fits(filter, entry, content)) past.push(reportEvent(entry, content));
    }
    const follower = new Follower(past, filter, (ended) => {
      this.#followers.delete(ended);
      stop();
    });
    const stop = this.listen((entry, content) => follower.tell(entry, content));
    this.#followers.add(follower);
    if (this.#closed) follower.end();
    return follower;
  }

  /** Follows all that happens from now on. */
  [Symbol.asyncIterator](): AsyncIterableIterator<EventReport | MissedEvents> {
    return this.follow();
  }

  /** Hears every event until the function that it returns is called. */
  listen(listener: EventListener): () => void {
    this.#listeners.add(listener);
    this.#stopListening ??= this.#listen((happening) => this.#hear(happening));
    return () => {
      this.#listeners.delete(listener);
      if (this.#always || this.#listeners.size > 0) return;
      this.#stopListening?.();
      this.#stopListening = undefined;
    };
  }

  /** Events behind that with the id `after`, as far back as the journal goes, with what is known of their messages. */
  *past(after: number): Generator<[Entry, MessageContent | undefined]> {
    for (const entry of this.#journal.entries.after(after)) yield [entry, this.contentOf(entry)];
  }

  /** What the message that an event is about was sent with, if the journal knows. */
  contentOf({ key }: Entry): MessageContent | undefined {
    return key === undefined ? undefined : this.#journal.byKey(key)?.content;
  }

  /** Ends all that follow. */
  close(): void {
    this.#closed = true;
    for (const follower of this.#followers) follower.end();
  }

  #hear(happening: Happening): void {
    const at = this.#now();
    this.#journal.note(happening, at);
    if (this.#listeners.size === 0) return;
    const { entries } = this.#journal;
    const entry =
      happening.kind === 'empty-receive' ? lookOf(happening, entries.lastId, at) : entries.entry(entries.lastId);
    const content = happening.kind === 'sent' ? happening.content : this.contentOf(entry);
    for (const listener of this.#listeners) listener(entry, content);
  }
}

/** Events one after the other, as somebody reads them. */
export class Follower implements AsyncIterableIterator<EventReport | MissedEvents> {
  readonly #filter: EventFilter;
  readonly #ended: (self: Follower) => void;
  #waiting: (EventReport | MissedEvents)[];
  #isOver = false;
  #wake: (() => void) | undefined;

  /** `past` is what it starts with. */
  constructor(past: (EventReport | MissedEvents)[], filter: EventFilter, ended: (self: Follower) => void) {
    this.#waiting = past;
    this.#filter = filter;
    this.#ended = ended;
  }

  tell(entry: Entry, content: MessageContent | undefined): void {
    if (this.#isOver || !fits(this.#filter, entry, content)) return;
    const last = this.#waiting.at(-1);
    if (this.#waiting.length < WAITING_MAX) this.#waiting.push(reportEvent(entry, content));
    else if (last?.kind === 'missed') last.count++;
    else this.#waiting.push({ kind: 'missed', at: isoOf(entry.at), count: 1 });
    this.#wake?.();
  }

  /** Lets what waits be read, then nothing more. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#wake?.();
    this.#ended(this);
  }

  /** One reader at a time. */
  async next(): Promise<IteratorResult<EventReport | MissedEvents, undefined>> {
    while (this.#waiting.length === 0 && !this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const event = this.#waiting.shift();
    return event ? { value: event, done: false } : { value: undefined, done: true };
  }

  async return(): Promise<IteratorResult<EventReport | MissedEvents, undefined>> {
    this.#waiting = [];
    this.end();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** Whether an event is one of those that are wanted. */
export function fits(filter: EventFilter, entry: Entry, content: MessageContent | undefined): boolean {
  const { queue, account, region, kinds, messageId, bodyContains, groupId, attribute } = filter;
  if (kinds ? !kinds.includes(entry.kind) : entry.kind === 'empty-receive') return false;
  const isThere = ({ name, account: owner, region: home }: Entry['queue']) =>
    (queue ?? name) === name && (account ?? owner) === owner && (region ?? home) === home;
  if (!isThere(entry.queue) && !(entry.to && isThere(entry.to.queue))) return false;
  if (messageId !== undefined && entry.messageId !== messageId && entry.to?.messageId !== messageId) return false;
  if (bodyContains !== undefined && !content?.body.includes(bodyContains)) return false;
  if (groupId !== undefined && content?.groupId !== groupId) return false;
  if (attribute === undefined) return true;
  const found = content?.attributes?.get(attribute.name);
  return found !== undefined && (attribute.value ?? found.stringValue) === found.stringValue;
}

/** An idle look: told of, but not kept. */
function lookOf({ kind, queue }: Happening, id: number, at: Millis): Entry {
  return {
    ...{ id, at, kind, queue },
    ...{ key: undefined, messageId: undefined, visibleAt: undefined, receiveCount: undefined },
    ...{ receiver: undefined, deduplicationKey: undefined, to: undefined },
  };
}
