/**
 * Reports what happens to publications, and that topics were deleted, to the control interface and to metrics. Without
 * a listener, nothing is reported, so that reports cost nothing.
 */

import type { Subscription, Topic } from '../storage/topics.ts';
import type { DeliveryReport } from './deliveries/deliverer.ts';
import type { Publication } from './publishing/publication.ts';

/** A message that a subscribed queue could not take. */
export interface Undelivered {
  subscription: Subscription;
  /** Completes "The message was not delivered, because …". */
  reason: string;
  /** The ARN of the subscription's dead-letter queue, if it has one. */
  deadLetterArn: string | undefined;
  /** Why the dead-letter queue did not take the message either; undefined if it did, or if there is none. */
  deadLetterReason: string | undefined;
}

/** A message was published: it is now in the queues and the backlogs of the subscribers. */
export interface PublishedReport {
  publication: Publication;
  /** All subscriptions of the topic, in the order of their creation. */
  subscriptions: readonly Subscription[];
  /** Those that get it, unless it is a duplicate. */
  receivers: readonly Subscription[];
  undelivered: readonly Undelivered[];
  /** The ID of the earlier publication that this one duplicates; then no subscriber gets it. */
  original: string | undefined;
}

export interface TopicListener {
  published(report: PublishedReport): void;
  /** An attempt to deliver to an HTTP endpoint or a function is over. */
  attempted(report: DeliveryReport): void;
  /** A topic was deleted by a client. */
  deleted?(topic: Topic): void;
}

export class TopicReports {
  readonly #listeners = new Set<TopicListener>();

  /** Reports everything from now on to `listener`. */
  listen(listener: TopicListener): void {
    this.#listeners.add(listener);
  }

  published(report: PublishedReport): void {
    for (const listener of this.#listeners) listener.published(report);
  }

  attempted(report: DeliveryReport): void {
    for (const listener of this.#listeners) listener.attempted(report);
  }

  deleted(topic: Topic): void {
    for (const listener of this.#listeners) listener.deleted?.(topic);
  }
}
