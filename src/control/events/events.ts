/**
 * Lets readers follow events as they happen. A slow reader costs only a limited amount of memory: once too many
 * events wait to be read, it misses further ones, and a `missed` event says how many.
 */

import { heapBytes } from '../../storage/catalogue-bound.ts';
import type { MessageContent } from '../../storage/store.ts';
import type { Clock, Millis } from '../../time/clock.ts';
import { Portions } from '../../time/portions.ts';
import { isoOf } from '../control-context.ts';
import type { Entry } from '../journal/entries.ts';
import { type EventReport, reportEvent } from '../journal/reports.ts';
import { byQueueName } from '../queue-name.ts';
import { byTopicName } from '../topics/topic-name.ts';
import { type EventDetails, type EventFeed, stepsOf } from './event-feed.ts';
import { type EventFilter, type EventHead, EventMatcher } from './event-filter.ts';
import { Pace } from './pace.ts';

/**
 * How many events may wait for one follower to read them, and how many characters of long texts they may contain. If 100
 * event streams have different ones, these take up to an eighth of a small heap.
 */
const [WAITING_MAX, WAITING_CHARACTERS_MAX] = [
  Math.min(1000, Math.floor(heapBytes() / 1_500_000)),
  Math.min(250_000, heapBytes() / 6000),
];

/** Reports that the reader missed events, because it read too slowly or the journal no longer keeps them. */
export interface MissedEvents {
  kind: 'missed';
  at: string;
  count: number;
}

type Past = EventReport | MissedEvents | Promise<void>;

/** Yields events as they happen. `next` may be called again only after the previous call has resolved. */
export interface EventIterator extends AsyncIterator<EventReport | MissedEvents, undefined> {
  [Symbol.asyncIterator](): EventIterator;
  /** Ends the iterator, and discards the events that wait. */
  return(): Promise<IteratorResult<EventReport | MissedEvents, undefined>>;
}

/** The events of a running Squab; iterating over it follows all of them. */
export class Events {
  readonly #feed: EventFeed;
  readonly #followers = new Set<Follower>();
  readonly #stopping: AbortSignal;
  readonly #realTime: Clock;

  /** @internal Ends all iterators once `stopping` is aborted. */
  constructor(feed: EventFeed, stopping: AbortSignal, realTime: Clock) {
    this.#realTime = realTime;
    this.#feed = feed;
    this.#stopping = stopping;
    stopping.addEventListener('abort', () => {
      for (const follower of this.#followers) follower.end();
    });
  }

  /**
   * The ID of the latest event, from which `follow` can continue later. If there is none yet, a smaller one than the first
   * will have. IDs are larger than those of every earlier Squab on this machine.
   */
  get lastId(): number {
    return this.#feed.lastId;
  }

  /**
   * Follows events from now on, or from the one after the event with the ID `after`, as far back as the journal goes.
   * With `perSecond`, it yields up to that many new events a second, and reports others as missed. The iterator ends when
   * the loop is left (or `return()` is called) or when Squab stops. Throws ControlError (400) if the filter has an invalid
   * ARN.
   *
   *     for await (const event of squab.control.events.follow({ queue: 'orders' })) console.log(event.text);
   */
  follow(given: EventFilter = {}, after: number = this.lastId, perSecond?: number): EventIterator {
    const pace = perSecond === undefined ? undefined : new Pace(perSecond, this.#realTime);
    const matcher = new EventMatcher(byTopicName(byQueueName(given)));
    const feed = this.#feed;
    // Any other ID is from before a restart: everything in the journal is newer.
    const isKnown = after >= feed.idsAbove && after <= feed.lastId;
    const from = isKnown ? after : feed.idsAbove;
    const past = this.#reports(from, feed.lastId, matcher);
    const follower = new Follower(past, { matcher, pace }, (ended) => {
      this.#followers.delete(ended);
      stop();
    });
    const stop = feed.listen((event, read) => follower.add(event, read));
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
   * as missed. Yields promises to await before it continues, so that other requests run in between.
   */
  *#reports(after: number, last: number, matcher: EventMatcher): Generator<Past> {
    const feed = this.#feed;
    const portions = new Portions();
    for (let id = after + 1; id <= last; id++) {
      const lost = Math.min(feed.firstId, last + 1) - id;
      if (lost > 0) {
        yield { kind: 'missed', at: isoOf(feed.now()), count: lost };
        id += lost - 1;
        continue;
      }
      const details = feed.event(id);
      if (matcher.matches(...details)) yield reportEvent(...details);
      const over = portions.done(stepsOf(details, matcher.searches));
      if (over) yield over;
    }
  }
}

/** An iterator of events for one reader, which may call `next` only after the previous call has resolved. */
class Follower implements EventIterator {
  readonly #matcher: EventMatcher;
  readonly #pace: Pace | undefined;
  readonly #waitingMax: number;
  readonly #ended: (self: Follower) => void;
  readonly #past: Iterator<Past, unknown>;
  #waiting: (EventReport | MissedEvents)[] = [];
  /** Of the long texts in the events that wait. */
  #characters = 0;
  #hasEnded = false;
  #wake: (() => void) | undefined;

  /** `past` yields the events to return first, and promises to await in between. `ended` is called once, when the follower ends. */
  constructor(
    past: Iterator<Past, unknown>,
    { matcher, pace }: { matcher: EventMatcher; pace: Pace | undefined },
    ended: (self: Follower) => void,
  ) {
    this.#past = past;
    this.#matcher = matcher;
    this.#pace = pace;
    // The reader of a paced follower gets recent events, rather than a long line of old ones.
    this.#waitingMax = pace?.perSecond ?? WAITING_MAX;
    this.#ended = ended;
  }

  /**
   * Queues an event for the reader if it matches the filter, or counts it as missed if too many are waiting. Counting
   * reads no details: a page that follows the events of a busy Squab misses nearly all of them, and must not cost it
   * anything.
   */
  add(event: EventHead, read: () => EventDetails): void {
    if (this.#hasEnded || !this.#matcher.matchesHead(event)) return;
    if (this.#matcher.needsDetails && !this.#matcher.matches(...read())) return;
    const last = this.#waiting.at(-1);
    const hasRoom = this.#waiting.length < this.#waitingMax && this.#characters < WAITING_CHARACTERS_MAX;
    if (hasRoom) this.#wait(sharedReport(...read()));
    else if (last?.kind === 'missed') last.count++;
    else this.#waiting.push({ kind: 'missed', at: isoOf(read()[0].at), count: 1 });
    this.#wake?.();
  }

  #wait(report: EventReport): void {
    this.#waiting.push(report);
    this.#characters += lengthOf(report);
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
    for (let past = this.#past.next(); !past.done; past = this.#past.next()) {
      if (!(past.value instanceof Promise)) return { value: past.value, done: false };
      await past.value;
    }
    while (!this.#hasEnded) {
      const isEmpty = this.#waiting.length === 0;
      const restsUntil = isEmpty ? undefined : this.#pace?.take();
      if (!isEmpty && restsUntil === undefined) break;
      await this.#sleep(restsUntil);
    }
    const event = this.#waiting.shift();
    if (event && event.kind !== 'missed') this.#characters -= lengthOf(event);
    return event ? { value: event, done: false } : { value: undefined, done: true };
  }

  /** Resolves at an instant, by default when an event arrives; at once when the follower ends. */
  #sleep(until: Millis | undefined): Promise<void> {
    return new Promise((resolve) => {
      const cancel = until === undefined ? () => {} : this.#pace!.clock.at(until, resolve);
      this.#wake = () => {
        if (until !== undefined && !this.#hasEnded) return;
        cancel();
        resolve();
      };
    });
  }

  /** Ends the follower, and discards the events that wait. */
  async return(): Promise<IteratorResult<EventReport | MissedEvents, undefined>> {
    this.#past.return?.();
    this.#waiting = [];
    this.#characters = 0;
    this.end();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** Counts the texts of a report that may be long. The sentence about an event repeats those that are not a body. */
function lengthOf({ body = '', reason = '', receiver = '', subscriber }: EventReport): number {
  return body.length + 2 * (reason.length + receiver.length + (subscriber?.endpoint.length ?? 0));
}

/** The reports of the entries that are being passed to the followers. */
const reports = new WeakMap<Entry, EventReport>();

/** Makes the report of an event once for all followers. */
function sharedReport(entry: Entry, content: MessageContent | undefined): EventReport {
  const report = reports.get(entry) ?? reportEvent(entry, content);
  reports.set(entry, report);
  return report;
}
