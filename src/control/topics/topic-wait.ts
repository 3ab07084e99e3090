/**
 * Waits for an event of a topic: a publication, or what became of one. The timeout is in real time, as in a wait for an
 * event of a queue.
 */

import { checked } from '../checked.ts';
import type { ControlContext } from '../control-context.ts';
import { ControlError } from '../control-error.ts';
import { millisOf } from '../duration.ts';
import type { Events } from '../events/events.ts';
import type { EventReport } from '../journal/reports.ts';
import type { TopicKind } from '../journal/topic-events.ts';
import { subscriptionOf, type TopicName, topicNamed } from './topic-name.ts';
import { topicWaitShape } from './topic-shapes.ts';

export interface TopicWaitRequest {
  for: TopicKind;
  /** The ID of the publication. */
  messageId?: string | undefined;
  /** The subscription that the event is about, by its ID or ARN. */
  subscription?: string | undefined;
  /** The longest time to wait, in real time: a duration such as `30s`; `10s` by default. */
  timeout?: string | undefined;
  /** Also accepts an earlier event, after the one with this ID; 0 accepts any event in the journal. */
  afterEventId?: number | undefined;
}

/** The event that ended a wait. */
export interface TopicWaitResult {
  event: EventReport;
}

/** @internal */
export class TopicWaits {
  readonly #context: ControlContext;
  readonly #events: Events;
  readonly #stopping: AbortSignal;
  /** A function for each wait, which ends it if its topic does not exist any more. */
  readonly #checks = new Set<() => Promise<void>>();

  /** Ends all waits once `stopping` is aborted. */
  constructor(context: ControlContext, events: Events, stopping: AbortSignal) {
    this.#context = context;
    this.#events = events;
    this.#stopping = stopping;
  }

  /** Ends the waits whose topics no longer exist. To be called after topics were removed, which causes no events. */
  recheck(): void {
    for (const check of this.#checks) void check();
  }

  /** Resolves once the event has happened. If `signal` is aborted, the wait ends as if it had timed out. */
  async waitFor(name: TopicName, given: TopicWaitRequest, signal?: AbortSignal): Promise<TopicWaitResult> {
    const { for: kind, messageId, subscription, timeout, afterEventId } = checked(topicWaitShape(), given);
    const ms = millisOf(timeout);
    const topic = await topicNamed(this.#context, name);
    const subscriptionId = subscription && (await subscriptionOf(this.#context, topic, subscription)).id;
    const { account, region } = topic;
    const filter = { topic: topic.name, account, region, kinds: [kind], messageId };
    const follower = this.#events.follow(filter, afterEventId);
    const stop = () => void follower.return();
    let failure: unknown;
    const check = async () => {
      try {
        if (await this.#context.env.topics.findTopic(topic)) return;
        failure = new ControlError(409, `Topic ${topic.name} was deleted during the wait.`);
      } catch (error) {
        failure = error;
      }
      stop();
    };
    this.#checks.add(check);
    const { realTime } = this.#context;
    const cancelAlarm = realTime.at(realTime.now() + ms, stop);
    signal?.addEventListener('abort', stop);
    if (signal?.aborted) stop();
    try {
      for await (const event of follower) {
        if (event.kind === 'missed') continue;
        if (!subscriptionId || event.subscriber?.subscription.endsWith(`:${subscriptionId}`)) return { event };
      }
    } finally {
      this.#checks.delete(check);
      cancelAlarm();
      signal?.removeEventListener('abort', stop);
    }
    if (failure !== undefined) throw failure;
    if (this.#stopping.aborted) throw new ControlError(409, 'Squab is stopping.');
    throw new ControlError(408, `Topic ${topic.name} had no matching "${kind}" event within ${timeout}.`);
  }
}
