/**
 * What became of the latest publications for each subscription: from the log, and of messages that were published before
 * Squab started, from the backlogs of the subscriptions.
 */

import type { PeekedMessage, PeekMark } from '../../storage/inspection.ts';
import type { Subscription, Topic } from '../../storage/topics.ts';
import type { Millis } from '../../time/clock.ts';
import { Portions } from '../../time/portions.ts';
import { dueIn } from '../../topics/deliveries/backlog.ts';
import { PARSING_STEPS } from '../../topics/filters/json-tree.ts';
import { charactersOfTexts, textFor } from '../../topics/publishing/publication.ts';
import { checked } from '../checked.ts';
import { type ControlContext, isoOf } from '../control-context.ts';
import { defined, shown } from '../journal/reports.ts';
import { type DeliveryOutcome, type DeliveryState, type Outcome, outcomeOf, reportOutcome } from './outcomes.ts';
import type { LoggedPublication, PublicationLog } from './publication-log.ts';
import { subscriptionOf } from './topic-name.ts';
import { deliveryListingShape } from './topic-shapes.ts';

/** What it takes to work out a delivery, in steps, besides parsing its message. */
const STEPS_PER_DELIVERY = 500;
/** How many messages of a backlog are read at once. */
const MESSAGES_AT_ONCE = 100;
/** In how many backlogs a list looks for messages that are not in the log. */
const BACKLOGS_MAX = 100;
/** How many characters of a message a list quotes: it repeats the message for each subscription. */
const MESSAGE_SHOWN = 200;

/** Selects deliveries to list. */
export interface DeliveryListing {
  /** Only deliveries of this publication. */
  messageId?: string | undefined;
  /** Only deliveries to this subscription, by its ID or ARN. */
  subscription?: string | undefined;
  /** Only deliveries in this state. */
  state?: DeliveryState | undefined;
  /** The largest number of deliveries, 1 to 1000; 100 by default. */
  limit?: number | undefined;
}

/** What became of a message for one subscription. Instants are ISO 8601. */
export interface Delivery extends DeliveryOutcome {
  /** The publication's ID. */
  messageId: string;
  publishedAt: string;
  subject?: string;
  /** The first 200 characters of the message. */
  message: string;
}

/** @internal */
export class Deliveries {
  readonly #context: ControlContext;
  readonly #log: PublicationLog;

  constructor(context: ControlContext, log: PublicationLog) {
    this.#context = context;
    this.#log = log;
  }

  async list(topic: Topic, options: DeliveryListing): Promise<Delivery[]> {
    const { messageId, state, limit, subscription } = checked(deliveryListingShape(), options);
    const only = subscription === undefined ? undefined : (await subscriptionOf(this.#context, topic, subscription)).id;
    const found: Delivery[] = [];
    const portions = new Portions();
    for (const logged of this.#log.of(topic.id)) {
      if (messageId !== undefined && logged.publication.messageId !== messageId) continue;
      let steps = PARSING_STEPS * charactersOfTexts(logged.publication);
      for (const one of logged.subscriptions) {
        if (found.length === limit) return found;
        if (only !== undefined && one.id !== only) continue;
        const over = portions.done(STEPS_PER_DELIVERY + steps);
        steps = 0;
        if (over) await over;
        const outcome = outcomeOf(logged, one);
        if (state === undefined || outcome.state === state) found.push(report(logged, one, outcome));
      }
    }
    const earlier = (await this.#earlier(topic, only)).filter(
      (one) => (messageId ?? one.messageId) === one.messageId && (state ?? one.state) === one.state,
    );
    return [...found, ...earlier].slice(0, limit);
  }

  /** Makes all messages of a backlog visible that wait for their next attempt, until the signal is aborted. Returns how many. */
  async attemptNow(subscription: Subscription, signal?: AbortSignal): Promise<number> {
    const { inspection, env } = this.#context;
    const { backlogId } = subscription;
    if (backlogId === undefined) return 0;
    let count = 0;
    if (signal?.aborted) return count;
    for await (const messages of this.#pagesOf(backlogId)) {
      for (const { key, ...message } of messages) {
        if (signal?.aborted) return count;
        if (message.state === 'visible' || this.#isUnderWay(subscription, message)) continue;
        if (await inspection.makeVisible(backlogId, key, env.clock.now())) count++;
      }
    }
    return count;
  }

  /** Returns whether an attempt to deliver a message has begun and not ended, as far as the log knows. */
  #isUnderWay({ id }: Subscription, { messageId, receiveCount }: Omit<PeekedMessage, 'key'>): boolean {
    const logged = this.#log.find(messageId);
    return logged !== undefined && (logged.attempts.get(id)?.attempt ?? 0) < receiveCount;
  }

  /** Returns deliveries that are not in the log. */
  async #earlier(topic: Topic, only: string | undefined): Promise<Delivery[]> {
    const { env } = this.#context;
    const subscriptions = (await env.topics.subscriptionsOf(topic.id)).filter(
      ({ id, backlogId }) => backlogId !== undefined && (only ?? id) === id,
    );
    const found: Delivery[] = [];
    for (const subscription of subscriptions.slice(0, BACKLOGS_MAX)) {
      const page = await this.#pagesOf(subscription.backlogId!).next();
      for (const message of page.done ? [] : page.value) {
        const { type, body } = dueIn(message);
        if (type !== 'Notification' || this.#log.find(message.messageId)) continue;
        found.push({
          ...{ messageId: message.messageId, publishedAt: isoOf(message.sentAt), message: shown(body, MESSAGE_SHOWN) },
          ...reportOutcome(subscription, outcomeIn(message, env.clock.now())),
        });
      }
    }
    return found;
  }

  async *#pagesOf(backlogId: number): AsyncGenerator<PeekedMessage[], undefined> {
    const { inspection, env } = this.#context;
    let after: PeekMark | undefined;
    do {
      const page = await inspection.peek(backlogId, { limit: MESSAGES_AT_ONCE, after }, env.clock.now());
      if (page) yield page.messages;
      after = page?.next;
    } while (after);
  }
}

function report({ publication }: LoggedPublication, subscription: Subscription, outcome: Outcome): Delivery {
  const { messageId, publishedAt, subject } = publication;
  return {
    ...{ messageId, publishedAt: isoOf(publishedAt), ...defined({ subject }) },
    message: shown(textFor(publication, subscription), MESSAGE_SHOWN),
    ...reportOutcome(subscription, outcome),
  };
}

/** Returns what a message of a backlog says about its delivery. */
function outcomeIn({ receiveCount, visibleAt }: PeekedMessage, now: Millis): Outcome {
  if (receiveCount === 0 || visibleAt <= now) return { state: 'waiting' };
  const reason = 'Squab has been restarted since, and does not know why';
  return { state: 'retrying', reason, attempts: receiveCount, nextAt: visibleAt };
}
