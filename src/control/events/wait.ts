/**
 * Waits for an event, such as a message being sent, received or deleted, or for a queue to become empty or drained. The
 * timeout is in real time, not in SQS's: a test with a frozen clock must end too.
 */

import type { Counts, Queue } from '../../storage/store.ts';
import { checked } from '../checked.ts';
import { type ControlContext, queueNamed } from '../control-context.ts';
import { ControlError } from '../control-error.ts';
import { millisOf } from '../duration.ts';
import type { Entry, Kind } from '../journal/entries.ts';
import { type EventReport, reportEvent } from '../journal/reports.ts';
import type { QueueName } from '../queue-name.ts';
import type { EventDetails, EventFeed } from './event-feed.ts';
import { type EventHead, EventMatcher } from './event-filter.ts';
import { belongsTo, type Started, untilHappens } from './event-wait.ts';
import { SearchLine } from './search-line.ts';
import { waitRequestShape } from './wait-shapes.ts';
import { type MESSAGE_EVENTS, QUEUE_STATES } from './wait-targets.ts';

/** An event of a message; or a state of a queue: `empty` (it holds no messages) or `drained` (all are in flight). */
export type WaitFor = (typeof MESSAGE_EVENTS)[number] | (typeof QUEUE_STATES)[number];

export interface WaitRequest {
  for: WaitFor;
  messageId?: string | undefined;
  /** Text that the message's body contains. */
  bodyContains?: string | undefined;
  groupId?: string | undefined;
  /** The name of a message attribute, and optionally its value. */
  attribute?: { name: string; value?: string | undefined } | undefined;
  /** The longest time to wait, in real time: a duration such as `30s`; `10s` by default. */
  timeout?: string | undefined;
  /** Also accepts an earlier event, after the one with this ID; 0 accepts any event in the journal. */
  afterEventId?: number | undefined;
}

export interface WaitResult {
  /** The event that ended the wait; missing if the wait was for a state. */
  event?: EventReport;
  /** How many messages the queue holds now. */
  messages: Counts;
}

/** How many waits may search bodies at once: each searches that of every message that is sent to its queue. */
const SEARCHES_MAX = 50;

/** @internal The pending waits. */
export class Waits {
  readonly #context: ControlContext;
  readonly #events: EventFeed;
  readonly #stopping: AbortSignal;
  readonly #stops = new Set<() => void>();
  readonly #searchLine = new SearchLine();
  /** How many waits search bodies. */
  #searches = 0;
  /** A function for each wait for a state, which rechecks the queue. */
  readonly #checks = new Set<() => void>();

  /** Ends all waits once `stopping` is aborted. */
  constructor(context: ControlContext, events: EventFeed, stopping: AbortSignal) {
    this.#context = context;
    this.#events = events;
    this.#stopping = stopping;
    stopping.addEventListener('abort', () => {
      for (const stop of this.#stops) stop();
    });
  }

  /**
   * Resolves once the event has happened or the queue is in the state; immediately if it already is. If `signal` is
   * aborted, the wait ends as if it had timed out. Throws ControlError: 400 for an invalid request, 404 if the queue
   * does not exist, 408 if the wait times out, and 409 if the queue is deleted or Squab stops during the wait, or if there
   * are already 50 waits with `bodyContains` and this is another, or messages are sent faster than such waits search them.
   */
  async waitFor(name: QueueName, given: WaitRequest, signal?: AbortSignal): Promise<WaitResult> {
    if (given?.bodyContains === undefined) return this.#waitFor(name, given, signal);
    if (this.#searches >= SEARCHES_MAX) {
      const count = `${SEARCHES_MAX} waits with bodyContains, which is the maximum`;
      throw new ControlError(
        409,
        `There are already ${count}. End one of them first, or wait for a messageId or groupId.`,
      );
    }
    this.#searches++;
    try {
      return await this.#waitFor(name, given, signal);
    } finally {
      this.#searches--;
    }
  }

  async #waitFor(name: QueueName, given: WaitRequest, signal?: AbortSignal): Promise<WaitResult> {
    const { for: what, timeout, afterEventId, ...filter } = checked(waitRequestShape(), given);
    const queue = await queueNamed(this.#context, name);
    const ms = millisOf(timeout);
    const state = QUEUE_STATES.find((known) => known === what);
    const matcher = new EventMatcher({ ...filter, kinds: [what as (typeof MESSAGE_EVENTS)[number]] });
    const seen = new Map<Kind, number>();
    const startId = this.#events.lastId;
    const entry = await this.#within(ms, signal, queue, (found, failed) =>
      state
        ? this.#untilIs(state, queue, found, failed)
        : untilHappens(this.#events, this.#searchLine, { matcher, queue, afterEventId, seen }, found, failed),
    );
    const messages = await this.#counts(queue);
    if (entry !== 'timeout')
      return { ...(entry && { event: reportEvent(entry, this.#events.contentOf(entry)) }), messages };
    const { visible, inFlight, delayed } = messages;
    const failure = state ? `did not become ${state}` : `had no matching "${what}" event`;
    const looksBack = afterEventId === undefined && !state;
    const earlier = looksBack ? await this.#latestBefore(startId, matcher, queue, signal) : undefined;
    throw new ControlError(
      408,
      `Queue ${queue.name} ${failure} within ${timeout}. ${state ? '' : describeSeen(seen, earlier)}` +
        `The queue holds ${visible} visible, ${inFlight} in-flight and ${delayed} delayed messages.`,
    );
  }

  /** Rechecks the waits for a state. To be called after a snapshot was restored, which causes no events. */
  recheck(): void {
    for (const check of this.#checks) check();
  }

  /**
   * Resolves with the entry that `start` finds (undefined for a state), or with `timeout` after `ms` milliseconds of
   * real time or when `signal` is aborted. `start` returns a function that stops it, and what a timeout waits for. Rejects
   * with ControlError (409).
   */
  #within(
    ms: number,
    signal: AbortSignal | undefined,
    queue: Queue,
    start: (found: (entry?: Entry) => void, failed: (error: unknown) => void) => Started,
  ): Promise<Entry | undefined | 'timeout'> {
    const { realTime } = this.#context;
    const ends: (() => void)[] = [];
    const waiting = new Promise<Entry | undefined | 'timeout'>((resolve, reject) => {
      const stop = () => reject(new ControlError(409, 'Squab is stopping.'));
      this.#stops.add(stop);
      if (this.#stopping.aborted) stop();
      const expire = () => resolve('timeout');
      signal?.addEventListener('abort', expire);
      if (signal?.aborted) expire();
      ends.push(
        () => this.#stops.delete(stop),
        () => signal?.removeEventListener('abort', expire),
      );
      const { stop: end, looked } = start(resolve, reject);
      const whenLooked = (then: () => void) => (looked ? void looked().then(then) : then());
      const deletion = this.#events.listen((event) => {
        if (event.kind !== 'queue-deleted' || event.queue?.id !== queue.id) return;
        whenLooked(() => reject(new ControlError(409, `Queue ${queue.name} was deleted during the wait.`)));
      });
      ends.push(end, deletion);
      ends.push(realTime.at(realTime.now() + ms, () => whenLooked(expire)));
    });
    return waiting.finally(() => {
      for (const end of ends) end();
    });
  }

  /** Resolves to the latest matching event of the queue up to the ID `last`, as far back as the journal goes. */
  async #latestBefore(
    last: number,
    matcher: EventMatcher,
    queue: Queue,
    signal?: AbortSignal,
  ): Promise<Entry | undefined> {
    let latest: Entry | undefined;
    const look = (event: EventHead, read: () => EventDetails) => {
      if (belongsTo(event, queue) && matcher.matches(...read())) latest = read()[0];
    };
    await this.#events.lookBack(0, last, look, () => signal?.aborted ?? false);
    return latest;
  }

  /**
   * Calls `found` when the queue is in the state. Checks at once, and after each event of the queue; events during a
   * check cause one more check.
   */
  #untilIs(state: (typeof QUEUE_STATES)[number], queue: Queue, found: () => void, failed: (error: unknown) => void) {
    let checking = false;
    let again = false;
    const check = async () => {
      if (checking) return;
      checking = true;
      while (again) {
        again = false;
        const { visible, inFlight, delayed } = await this.#counts(queue);
        if (visible + delayed + (state === 'empty' ? inFlight : 0) === 0) found();
      }
      checking = false;
    };
    const recheck = () => {
      again = true;
      check().catch(failed);
    };
    this.#checks.add(recheck);
    const stop = this.#events.listen((event) => {
      if (event.queue?.id === queue.id) recheck();
    });
    recheck();
    return {
      stop: () => {
        this.#checks.delete(recheck);
        stop();
      },
    };
  }

  async #counts(queue: Queue): Promise<Counts> {
    const { store, clock } = this.#context.env;
    return (await store.counts(queue.id, clock.now())) ?? { visible: 0, inFlight: 0, delayed: 0 };
  }
}

/** Describes the events that did not end the wait, because they did not match or happened before it began. */
function describeSeen(seen: ReadonlyMap<Kind, number>, earlier: Entry | undefined): string {
  const others = [...seen].map(([kind, count]) => `${count} ${kind}`).join(', ');
  return (
    (others === '' ? '' : `Events seen instead: ${others}. `) +
    (earlier
      ? `A matching event (ID ${earlier.id}) happened before the wait began; ` +
        `to accept it, set "afterEventId" to ${earlier.id - 1}. `
      : '')
  );
}
