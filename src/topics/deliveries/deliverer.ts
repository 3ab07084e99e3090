/**
 * Delivers messages to HTTP endpoints and functions. Each subscription has a line of its own, which delivers its backlog
 * (see line.ts); this file makes the attempts, and acts on their outcomes.
 * Source: developer guide, "Amazon SNS message delivery retries", "Amazon SNS dead-letter queues".
 */

import type { Env } from '../../queues/env.ts';
import { Waiters } from '../../queues/waiters.ts';
import type { Message } from '../../storage/store.ts';
import type { Subscription } from '../../storage/topics.ts';
import type { Clock, Millis } from '../../time/clock.ts';
import { rest } from '../../time/rest.ts';
import { type Due, dueIn } from './backlog.ts';
import { deadLetter, type MaySend } from './dead-letters.ts';
import { type PostOptions, post } from './http-post.ts';
import { lambdaEvent } from './lambda-event.ts';
import { type Holds, IN_FLIGHT_LIMIT, Line, type Settlement } from './line.ts';
import type { Outcome } from './outcome.ts';
import { requestTo } from './requests.ts';
import { AWS_ENDPOINT_DELAYS, delaysOf } from './retries.ts';
import { Room } from './room.ts';
import type { Subscriber } from './subscriber.ts';

/** For how many turns of the event loop a move of the clock waits for an attempt: a few tenths of a second. */
const READINGS_MAX = 100_000;

/** How many of these messages may be in progress or waiting: they have no backlog, and each may need a connection. */
const UNSUBSCRIBE_CONFIRMATIONS_MAX = 100;

/** The outcome of an attempt to deliver a message. */
export interface DeliveryReport {
  subscriber: Subscriber;
  type: Due['type'] | 'UnsubscribeConfirmation';
  messageId: string;
  /** The number of the attempt, from 1. */
  attempt: number;
  result: 'delivered' | 'failed' | 'dead-lettered' | 'discarded';
  /** Why it was not delivered, or not dead-lettered. */
  reason?: string;
  /** When a failed message is tried again. */
  nextAt?: Millis;
}

export interface DelivererOptions {
  env: Env;
  /** Real time. */
  machine: Clock;
  publicEndpoints: PostOptions['publicEndpoints'];
  anyCertificate: PostOptions['anyCertificate'];
  /** For tests: how many messages may be in progress. */
  attemptsMax?: number;
  /** Resolves to the subscription with this ID as it is now; undefined if there is none. */
  find(id: string): Promise<Subscriber | undefined>;
  /** Passes an event to a function, whose answer does not matter. Resolves to undefined if the signal is aborted. */
  invoke(functionArn: string, event: string, signal: AbortSignal): Promise<Outcome | undefined>;
  maySend: MaySend;
  onReport?(report: DeliveryReport): void;
  /** Receives every error after which a delivery is retried. */
  onError(error: unknown): void;
}

interface RunningLine {
  line: Line;
  subscription: Pick<Subscription, 'id' | 'backlogId'>;
  stop: AbortController;
  over: Promise<void>;
}

export class Deliverer {
  readonly #options: DelivererOptions;
  readonly #waiters: Waiters;
  readonly #stopping = new AbortController();
  /** By the IDs of their subscriptions. */
  readonly #lines = new Map<string, RunningLine>();
  /** When a subscriber with a limit on its rate may get the next message, in real time. By subscription. */
  readonly #paces = new Map<string, Millis>();
  /** Everything that has not ended yet. */
  readonly #work = new Set<Promise<void>>();
  #unsubscribeConfirmations = 0;
  readonly #room: Room;
  #underWay = 0;
  /** Attempts that have begun or ended. */
  #progress = 0;
  /** How often `progress` has been read since then. */
  #readings = 0;

  constructor(options: DelivererOptions) {
    this.#options = options;
    this.#room = new Room(options.attemptsMax);
    const { store, clock } = options.env;
    this.#waiters = new Waiters(
      clock,
      (queueId, now) => store.nextVisibleAt(queueId, IN_FLIGHT_LIMIT, now),
      (queueId) => store.attend(queueId),
    );
  }

  /**
   * A count that grows with each reading while attempts are in progress, so that a move of the clock waits for them;
   * but not for long, since an endpoint may not answer at all.
   */
  get progress(): number {
    if (this.#underWay > 0 && this.#readings < READINGS_MAX) this.#readings++;
    return this.#progress + this.#readings;
  }

  /** Must be called with each announcement of the engine. */
  announce(queueId: number, at: Millis): void {
    this.#waiters.announce(queueId, at);
  }

  /** Lets all lines look at their backlogs: many may have been removed or restored. */
  lookAgain(): void {
    this.#waiters.wakeEveryone();
  }

  /** Must be called when another node has restored a snapshot. */
  queuesReplaced(): void {
    for (const { line } of this.#lines.values()) line.queuesReplaced();
  }

  /** Starts delivering the backlog of a subscription, unless it has none, or that is already happening. */
  take(subscription: Pick<Subscription, 'id' | 'backlogId'>): void {
    const { id, backlogId } = subscription;
    if (backlogId === undefined || this.#lines.has(id) || this.#stopping.signal.aborted) return;
    const { env, machine, onError } = this.#options;
    const stop = new AbortController();
    const { signal } = stop;
    const line = new Line({
      ...{ backlogId, store: env.store, clock: env.clock, machine, signal },
      waiters: this.#waiters,
      room: this.#room,
      attempt: (message, holds) => this.#attempt(id, message, holds, signal),
      report: onError,
    });
    const over = line.run().finally(() => this.#forget(id, stop));
    this.#lines.set(id, { line, subscription, stop, over });
    this.#keepUntilOver(over);
  }

  /** Delivers the backlogs of the subscriptions that `read` resolves to, and of no others, unless they are newer. */
  async takeOnly(read: () => Promise<readonly Pick<Subscription, 'id' | 'backlogId'>[]>): Promise<void> {
    const former = [...this.#lines.keys()];
    const subscriptions = await read();
    const ids = new Set(subscriptions.map(({ id }) => id));
    for (const id of former) if (!ids.has(id)) this.release({ id });
    for (const subscription of subscriptions) this.take(subscription);
  }

  /** Stops delivering the backlog of a subscription that was removed. */
  release({ id }: Pick<Subscription, 'id'>): void {
    const stop = this.#lines.get(id)?.stop;
    if (!stop) return;
    stop.abort();
    this.#forget(id, stop);
  }

  /**
   * Ends all attempts; their messages stay in their backlogs. Resolves when that is done, to a function that goes on with
   * the same subscriptions. For a restored snapshot: the outcome of an attempt that began before must not decide about
   * the restored message.
   */
  async pause(): Promise<() => void> {
    const lines = [...this.#lines.values()];
    for (const { subscription } of lines) this.release(subscription);
    await Promise.all(lines.map(({ over }) => over));
    return () => {
      for (const { subscription } of lines) this.take(subscription);
    };
  }

  #forget(id: string, stop: AbortController): void {
    if (this.#lines.get(id)?.stop !== stop) return;
    this.#lines.delete(id);
    this.#paces.delete(id);
  }

  /** Ends all attempts; their messages stay in their backlogs. Resolves when that is done. */
  async end(): Promise<void> {
    this.#stopping.abort();
    await this.pause();
    await Promise.all(this.#work);
  }

  #keepUntilOver(work: Promise<void>): void {
    const kept = work.catch(this.#options.onError).finally(() => this.#work.delete(kept));
    this.#work.add(kept);
  }

  /**
   * Sends an endpoint the message that its subscription has ended. The subscription has no backlog any more, so the
   * message is retried, but lost if Squab stops.
   */
  sendUnsubscribeConfirmation(subscriber: Subscriber, messageId: string, body: string): void {
    if (this.#unsubscribeConfirmations >= UNSUBSCRIBE_CONFIRMATIONS_MAX || this.#stopping.signal.aborted) return;
    this.#unsubscribeConfirmations++;
    this.#keepUntilOver(
      this.#sendUnsubscribeConfirmation(subscriber, messageId, body).finally(() => this.#unsubscribeConfirmations--),
    );
  }

  async #sendUnsubscribeConfirmation(subscriber: Subscriber, messageId: string, body: string): Promise<void> {
    const { clock } = this.#options.env;
    const { signal } = this.#stopping;
    const type = 'UnsubscribeConfirmation';
    const request = requestTo(subscriber, { type, messageId, raw: false, body });
    const delays = delaysOf(subscriber.policy.healthyRetryPolicy);
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#counted(() => post(request, { ...this.#options, signal }));
      if (!outcome) return;
      const about = { subscriber, type, messageId, attempt } as const;
      const delayMs = outcome.kind === 'failed' ? delays[attempt - 1] : undefined;
      if (outcome.kind === 'delivered') return this.#report({ ...about, result: 'delivered' });
      if (delayMs === undefined) return this.#report({ ...about, result: 'discarded', reason: outcome.reason });
      const nextAt = clock.now() + delayMs;
      this.#report({ ...about, result: 'failed', reason: outcome.reason, nextAt });
      await rest([signal], clock, nextAt);
    }
  }

  async #attempt(id: string, message: Message, holds: Holds, signal: AbortSignal): Promise<Settlement | undefined> {
    const subscriber = await this.#options.find(id);
    const due = dueIn(message);
    // The subscription has ended, or was confirmed without this message.
    if (!subscriber || (due.type === 'SubscriptionConfirmation' && subscriber.confirmed)) return 'done';
    await this.#keepPace(subscriber, signal);
    const outcome = await this.#counted(() => this.#deliver(subscriber, due, signal));
    if (!outcome) return undefined;
    const about = { subscriber, type: due.type, messageId: due.messageId, attempt: message.receiveCount };
    return this.#settle(outcome, due, about, holds);
  }

  #deliver(subscriber: Subscriber, due: Due, signal: AbortSignal): Promise<Outcome | undefined> {
    if (subscriber.protocol !== 'lambda') return post(requestTo(subscriber, due), { ...this.#options, signal });
    return this.#options.invoke(subscriber.endpoint, lambdaEvent(subscriber.arn, due.body), signal);
  }

  async #settle(
    outcome: Outcome,
    due: Due,
    about: Pick<DeliveryReport, 'subscriber' | 'type' | 'messageId' | 'attempt'>,
    holds: Holds,
  ): Promise<Settlement | undefined> {
    const { subscriber, attempt } = about;
    if (outcome.kind === 'delivered') {
      this.#report({ ...about, result: 'delivered' });
      return 'done';
    }
    const { reason } = outcome;
    const { protocol, policy } = subscriber;
    const delays = protocol === 'lambda' ? AWS_ENDPOINT_DELAYS : delaysOf(policy.healthyRetryPolicy);
    const delayMs = outcome.kind === 'failed' ? delays[attempt - 1] : undefined;
    if (delayMs !== undefined) {
      this.#report({ ...about, result: 'failed', reason, nextAt: this.#options.env.clock.now() + delayMs });
      return delayMs;
    }
    // The dead-letter queue of a snapshot that another node has restored must not get what was published since.
    if (subscriber.deadLetterArn && !(await holds())) return undefined;
    const refusal = await this.#deadLetter(subscriber, due);
    if (refusal === undefined) this.#report({ ...about, result: 'dead-lettered', reason });
    else this.#report({ ...about, result: 'discarded', reason: refusal === '' ? reason : `${reason}; ${refusal}` });
    return 'done';
  }

  /** Resolves to why the message is not in a dead-letter queue; to an empty text if there is none for it. */
  async #deadLetter({ deadLetterArn, topic }: Subscriber, due: Due): Promise<string | undefined> {
    const { env, maySend } = this.#options;
    if (deadLetterArn === undefined || due.type !== 'Notification') return '';
    return deadLetter(env, maySend, { deadLetterArn, topic }, due);
  }

  /** Waits until the subscriber may get another message, in real time, as its delivery policy limits the rate. */
  async #keepPace({ id, policy }: Subscriber, signal: AbortSignal): Promise<void> {
    if (!policy.throttlePolicy) return;
    const { machine } = this.#options;
    const at = Math.max(machine.now(), this.#paces.get(id) ?? 0);
    this.#paces.set(id, at + 1000 / policy.throttlePolicy.maxReceivesPerSecond);
    if (at > machine.now()) await rest([signal], machine, at);
  }

  async #counted<T>(attempt: () => Promise<T>): Promise<T> {
    this.#count(1);
    try {
      return await attempt();
    } finally {
      this.#count(-1);
    }
  }

  #count(change: 1 | -1): void {
    this.#underWay += change;
    this.#progress += 1 + this.#readings;
    this.#readings = 0;
  }

  #report(report: DeliveryReport): void {
    this.#options.onReport?.(report);
  }
}
