/**
 * Waiting for something to happen: that a message is sent, received or deleted, or that a queue is empty. It is the machine's
 * time that a wait is limited by, not SQS's: a test whose clock stands still must end all the same.
 */

import type { Counts, MessageContent, Queue } from '../../storage/store.ts';
import { checked } from '../checked.ts';
import { type ControlContext, type QueueName, queueNamed } from '../control-context.ts';
import { ControlError } from '../control-error.ts';
import { millisOf } from '../duration.ts';
import type { Entry, Kind } from '../journal/entries.ts';
import { type EventReport, reportEvent } from '../journal/reports.ts';
import { type EventFilter, type Events, fits } from './events.ts';
import { waitRequestShape } from './wait-shapes.ts';
import { type HAPPENINGS, STATES } from './wait-words.ts';

/** What happens to a message; or a state of a queue: it holds no message, or none but those in flight. */
export type WaitFor = (typeof HAPPENINGS)[number] | (typeof STATES)[number];

export interface WaitRequest {
  for: WaitFor;
  messageId?: string | undefined;
  /** A part of the message's body. */
  bodyContains?: string | undefined;
  groupId?: string | undefined;
  /** A message attribute, and its value if that matters. */
  attribute?: { name: string; value?: string | undefined } | undefined;
  /** How long to wait at most, in real time: a duration such as `30s`; `10s` by default. */
  timeout?: string | undefined;
  /** Also counts what happened behind the event with this id; 0: all that the journal knows. */
  afterEventId?: number | undefined;
}

export interface WaitResult {
  /** What was waited for, where that is an event. */
  event?: EventReport;
  /** What the queue holds now. */
  messages: Counts;
}

export class Waits {
  readonly #context: ControlContext;
  readonly #events: Events;
  readonly #stops = new Set<() => void>();
  /** Looks of those that wait for a state of a queue. */
  readonly #looks = new Set<() => void>();

  constructor(context: ControlContext, events: Events) {
    this.#context = context;
    this.#events = events;
  }

  /**
   * Resolves when it is so: at once, if a queue is as wanted already. Throws ControlError: 404 when there is no such queue,
   * 408 when the time is over, 409 when the queue is deleted or Squab stops meanwhile.
   */
  async waitFor(name: QueueName, given: WaitRequest, signal?: AbortSignal): Promise<WaitResult> {
    const { for: what, timeout, afterEventId, ...filter } = checked(waitRequestShape, given);
    const queue = await queueNamed(this.#context, name);
    const ms = millisOf(timeout);
    const state = STATES.find((known) => known === what);
    const events: EventFilter = { ...filter, kinds: [what as (typeof HAPPENINGS)[number]] };
    const seen = new Map<Kind, number>();
    const startId = this.#events.lastId;
    const entry = await this.#within(ms, signal, queue, (found, failed) =>
      state ? this.#untilIs(state, queue, found, failed) : this.#untilHappens(events, queue, afterEventId, seen, found),
    );
    const messages = await this.#counts(queue);
    if (entry !== 'late')
      return { ...(entry && { event: reportEvent(entry, this.#events.contentOf(entry)) }), messages };
    const { visible, inFlight, delayed } = messages;
    throw new ControlError(
      408,
      `The queue ${queue.name} ${state ? `was not ${state}` : `saw no such event (${what})`} within ${timeout}. ` +
        `${state ? '' : seenWords(seen, afterEventId === undefined ? this.#latestBefore(startId, events, queue) : undefined)}It holds ${visible} visible, ${inFlight} in flight and ${delayed} delayed messages.`,
    );
  }

  /** To be called when queues may have changed though nothing was told of it: a snapshot was restored. */
  lookAgain(): void {
    for (const look of this.#looks) look();
  }

  /** Ends all waits. */
  close(): void {
    for (const stop of this.#stops) stop();
  }

  /** What `start` finds, or `late`. What `start` returns stops it. */
  #within(
    ms: number,
    signal: AbortSignal | undefined,
    queue: Queue,
    start: (found: (entry?: Entry) => void, failed: (error: unknown) => void) => () => void,
  ): Promise<Entry | undefined | 'late'> {
    const { realTime } = this.#context;
    const ends: (() => void)[] = [];
    const waiting = new Promise<Entry | undefined | 'late'>((resolve, reject) => {
      const stop = () => reject(new ControlError(409, 'Squab stops.'));
      this.#stops.add(stop);
      const leave = () => resolve('late');
      signal?.addEventListener('abort', leave);
      const deletion = this.#events.listen(({ kind, queue: { id } }) => {
        if (kind !== 'queue-deleted' || id !== queue.id) return;
        reject(new ControlError(409, `The queue ${queue.name} was deleted meanwhile.`));
      });
      ends.push(realTime.at(realTime.now() + ms, leave), deletion);
      ends.push(
        () => this.#stops.delete(stop),
        () => signal?.removeEventListener('abort', leave),
      );
      ends.push(start(resolve, reject));
    });
    return waiting.finally(() => {
      for (const end of ends) end();
    });
  }

  /** Counts in `seen` the events of the queue, by kind, that are not the one. */
  #untilHappens(
    filter: EventFilter,
    queue: Queue,
    afterEventId: number | undefined,
    seen: Map<Kind, number>,
    found: (entry: Entry) => void,
  ) {
    const look = (entry: Entry, content: MessageContent | undefined) => {
      if (!concerns(entry, queue)) return;
      if (fits(filter, entry, content)) found(entry);
      else if (entry.kind !== 'empty-receive') seen.set(entry.kind, (seen.get(entry.kind) ?? 0) + 1);
    };
    if (afterEventId !== undefined)
      for (const [entry, content] of this.#events.past(afterEventId)) look(entry, content);
    return this.#events.listen(look);
  }

  /** The latest such event up to the id `last`, as far back as the journal goes. */
  #latestBefore(last: number, filter: EventFilter, queue: Queue): Entry | undefined {
    let latest: Entry | undefined;
    for (const [entry, content] of this.#events.past(0)) {
      if (entry.id > last) break;
      if (concerns(entry, queue) && fits(filter, entry, content)) latest = entry;
    }
    return latest;
  }

  /** Looks whenever something happens to the queue; of what happens while it looks, once more. */
  #untilIs(state: (typeof STATES)[number], queue: Queue, found: () => void, failed: (error: unknown) => void) {
    let looking = false;
    let again = false;
    const look = async () => {
      if (looking) return;
      looking = true;
      while (again) {
        again = false;
        const { visible, inFlight, delayed } = await this.#counts(queue);
        if (visible + delayed + (state === 'empty' ? inFlight : 0) === 0) found();
      }
      looking = false;
    };
    const lookOnce = () => {
      again = true;
      look().catch(failed);
    };
    this.#looks.add(lookOnce);
    const stop = this.#events.listen((entry) => {
      if (entry.queue.id === queue.id) lookOnce();
    });
    lookOnce();
    return () => {
      this.#looks.delete(lookOnce);
      stop();
    };
  }

  async #counts(queue: Queue): Promise<Counts> {
    const { store, clock } = this.#context.env;
    return (await store.counts(queue.id, clock.now())) ?? { visible: 0, inFlight: 0, delayed: 0 };
  }
}

/** A message that goes to a dead-letter queue concerns both queues. */
function concerns({ queue, to }: Entry, { id }: Queue): boolean {
  return queue.id === id || to?.queue.id === id;
}

/** What happened instead of the event that was waited for: of another kind, to another message, or earlier. */
function seenWords(seen: ReadonlyMap<Kind, number>, earlier: Entry | undefined): string {
  const others = [...seen].map(([kind, count]) => `${count} ${kind}`).join(', ');
  return (
    (others === '' ? '' : `It did see: ${others}. `) +
    (earlier
      ? `One happened before the wait began (event ${earlier.id}): with "afterEventId": ${earlier.id - 1} it counts. `
      : '')
  );
}
