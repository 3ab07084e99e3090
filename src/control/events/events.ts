/**
 * Lets readers follow events as they happen. A slow reader costs only the memory of WAITING_MAX events: once that many
 * wait to be read, it misses further ones, and a `missed` event says how many.
 */

import type { MessageContent } from '../../storage/store.ts';
import { isoOf } from '../control-context.ts';
import type { Entry, Kind } from '../journal/entries.ts';
import { type EventReport, reportEvent } from '../journal/reports.ts';
import { byQueueName } from '../queue-name.ts';
import type { EventFeed } from './event-feed.ts';

/** How many events may wait for one follower to read them. */
const WAITING_MAX = 1000;

/** Selects events; an event must match every member that is given. */
export interface EventFilter {
  /** The queue's name, URL or ARN. An event that moves a message matches by either of its two queues. */
  queue?: string | undefined;
  account?: string | undefined;
  region?: string | undefined;
  /** Matches events of these kinds; by default, of all kinds except `empty-receive`. */
  kinds?: readonly Kind[] | undefined;
  messageId?: string | undefined;
  /**
   * Text that the message's body contains. Like `groupId` and `attribute`, matches only messages whose content is
   * known.
   */
  bodyContains?: string | undefined;
  groupId?: string | undefined;
  /** The name of a message attribute, and optionally its value. */
  attribute?: { name: string; value?: string | undefined } | undefined;
}

/** Reports that the reader missed events, because it read too slowly or the journal no longer keeps them. */
export interface MissedEvents {
  kind: 'missed';
  at: string;
  count: number;
}

/** Yields events as they happen. `next` may be called again only after the previous call has resolved. */
export interface EventIterator extends AsyncIterableIterator<EventReport | MissedEvents, undefined> {
  /** Ends the iterator, and discards the events that wait. */
  return(): Promise<IteratorResult<EventReport | MissedEvents, undefined>>;
}

/** The events of a running Squab; iterating over it follows all of them. */
export class Events {
  readonly #feed: EventFeed;
  readonly #followers = new Set<Follower>();
  readonly #stopping: AbortSignal;

  /** @internal Ends all iterators once `stopping` is aborted. */
  constructor(feed: EventFeed, stopping: AbortSignal) {
    this.#feed = feed;
    this.#stopping = stopping;
    stopping.addEventListener('abort', () => {
      for (const follower of this.#followers) follower.end();
    });
  }

  /** The ID of the latest event, from which `follow` can continue later; 0 if there is none yet. */
  get lastId(): number {
    return this.#feed.lastId;
  }

  /**
   * Follows events from now on, or from the one after the event with the ID `after`, as far back as the journal goes.
   * The iterator ends when the loop is left (or `return()` is called) or when Squab stops. Throws ControlError (400) if
   * the filter has an invalid ARN.
   *
   *     for await (const event of squab.control.events.follow({ queue: 'orders' })) console.log(event.text);
   */
  follow(given: EventFilter = {}, after: number = this.lastId): EventIterator {
    const filter = byQueueName(given);
    const feed = this.#feed;
    // An ID above the latest one is from before a restart: everything in the journal is newer.
    const from = after > feed.lastId ? 0 : after;
    const follower = new Follower(this.#reports(from, feed.lastId, filter), filter, (ended) => {
      this.#followers.delete(ended);
      stop();
    });
    const stop = feed.listen((entry, content) => follower.add(entry, content));
    this.#followers.add(follower);
    if (this.#stopping.aborted) follower.end();
    return follower;
  }

  /** Follows all events from now on, except `empty-receive`. */
  [Symbol.asyncIterator](): EventIterator {
    return this.follow();
  }

  /**
   * Yields the reports of the events after the one with the ID `after`, up to `last`. It creates each report on demand,
   * so that a client that does not read does not fill the memory. Events that are no longer kept by then are reported
   * as missed.
   */
  *#reports(after: number, last: number, filter: EventFilter): Generator<EventReport | MissedEvents> {
    const feed = this.#feed;
    for (let id = after + 1; id <= last; id++) {
      const lost = Math.min(feed.firstId, last + 1) - id;
      if (lost > 0) {
        yield { kind: 'missed', at: isoOf(feed.now()), count: lost };
        id += lost - 1;
        continue;
      }
      const [entry, content] = feed.event(id);
      if (matches(filter, entry, content)) yield reportEvent(entry, content);
    }
  }
}

/** An iterator of events for one reader, which may call `next` only after the previous call has resolved. */
class Follower implements EventIterator {
  readonly #filter: EventFilter;
  readonly #ended: (self: Follower) => void;
  readonly #past: Iterator<EventReport | MissedEvents, unknown>;
  #waiting: (EventReport | MissedEvents)[] = [];
  #hasEnded = false;
  #wake: (() => void) | undefined;

  /** `past` yields the events to return first. `ended` is called once, when the follower ends. */
  constructor(
    past: Iterator<EventReport | MissedEvents, unknown>,
    filter: EventFilter,
    ended: (self: Follower) => void,
  ) {
    this.#past = past;
    this.#filter = filter;
    this.#ended = ended;
  }

  /** Queues an event for the reader if it matches the filter, or counts it as missed if too many are waiting. */
  add(entry: Entry, content: MessageContent | undefined): void {
    if (this.#hasEnded || !matches(this.#filter, entry, content)) return;
    const last = this.#waiting.at(-1);
    if (this.#waiting.length < WAITING_MAX) this.#waiting.push(reportEvent(entry, content));
    else if (last?.kind === 'missed') last.count++;
    else this.#waiting.push({ kind: 'missed', at: isoOf(entry.at), count: 1 });
    this.#wake?.();
  }

  /** Accepts no more events; those that wait can still be read. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#wake?.();
    this.#ended(this);
  }

  /** Resolves with the next event, or with `done` once the follower has ended and all its events have been read. */
  async next(): Promise<IteratorResult<EventReport | MissedEvents, undefined>> {
    const past = this.#past.next();
    if (!past.done) return { value: past.value, done: false };
    while (this.#waiting.length === 0 && !this.#hasEnded) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const event = this.#waiting.shift();
    return event ? { value: event, done: false } : { value: undefined, done: true };
  }

  /** Ends the follower, and discards the events that wait. */
  async return(): Promise<IteratorResult<EventReport | MissedEvents, undefined>> {
    this.#past.return?.();
    this.#waiting = [];
    this.end();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** @internal Returns whether an event matches a filter. `content` is that of its message, if known. */
export function matches(filter: EventFilter, entry: Entry, content: MessageContent | undefined): boolean {
  const { kinds, messageId, bodyContains, groupId, attribute } = filter;
  if (kinds ? !kinds.includes(entry.kind) : entry.kind === 'empty-receive') return false;
  if (!isIn(filter, entry.queue) && !(entry.to && isIn(filter, entry.to.queue))) return false;
  if (messageId !== undefined && entry.messageId !== messageId && entry.to?.messageId !== messageId) return false;
  if (bodyContains !== undefined && !content?.body.includes(bodyContains)) return false;
  if (groupId !== undefined && content?.groupId !== groupId) return false;
  if (attribute === undefined) return true;
  const found = content?.attributes?.get(attribute.name);
  return found !== undefined && (attribute.value ?? found.stringValue) === found.stringValue;
}

/** @internal Returns whether a queue has the name, account and region of a filter. */
export function isIn(filter: EventFilter, { name, account, region }: Entry['queue']): boolean {
  const { queue = name, account: owner = account, region: home = region } = filter;
  return queue === name && owner === account && home === region;
}
