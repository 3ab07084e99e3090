/**
 * Lists topics, their subscriptions and the latest deliveries; confirms subscriptions, and attempts deliveries that wait
 * to be retried.
 */

import { SqsError } from '../../errors.ts';
import type { Subscription, Topic } from '../../storage/topics.ts';
import { Turnstile } from '../../time/turnstile.ts';
import { shownEndpoint } from '../../topics/endpoints.ts';
import { reportSubscription } from '../../topics/subscription-attributes.ts';
import { confirmSubscription } from '../../topics/subscriptions.ts';
import { subscriptionArn, topicArn } from '../../topics/topic-arn.ts';
import { reportTopic } from '../../topics/topic-attributes.ts';
import { checked } from '../checked.ts';
import { type ControlContext, isoOf } from '../control-context.ts';
import { ControlError } from '../control-error.ts';
import { type QueueReference, reference } from '../journal/reports.ts';
import { thatFit } from '../page.ts';
import { Deliveries, type Delivery, type DeliveryListing } from './deliveries.ts';
import { explainPublish, type HypotheticalPublish, type PublishExplanation } from './explain-publish.ts';
import type { PublicationLog } from './publication-log.ts';
import { subscriptionOf, type TopicName, topicNamed } from './topic-name.ts';
import { hypotheticalPublishShape, subscriptionListingShape, topicListingShape } from './topic-shapes.ts';
import type { TopicWaitRequest, TopicWaitResult, TopicWaits } from './topic-wait.ts';

/** A topic. Instants are ISO 8601. */
export interface TopicReport extends QueueReference {
  arn: string;
  fifo: boolean;
  createdAt: string;
  /** How many subscriptions it has. */
  subscriptions: { confirmed: number; pending: number };
  /** As GetTopicAttributes returns them. */
  attributes: Record<string, string>;
  tags: Record<string, string>;
}

/** Selects topics to list. */
export interface TopicListing {
  /** Only topics of this account; of all accounts by default. */
  account?: string | undefined;
  /** Only topics of this region; of all regions by default. */
  region?: string | undefined;
  /** Only topics whose names have this prefix. */
  prefix?: string | undefined;
  /** Only topics whose names contain this text, in upper or lower case. */
  contains?: string | undefined;
  /** The largest number of topics on a page, 1 to 1000; 100 by default. A page with long texts has fewer. */
  limit?: number | undefined;
  /** The `next` of the previous page. */
  after?: string | undefined;
}

/** A page of topics. */
export interface TopicPage {
  topics: TopicReport[];
  /** How many topics all pages have together. */
  total: number;
  /** Pass it as `after` to get the next page; undefined on the last page. */
  next?: string | undefined;
}

/** A subscription. Instants are ISO 8601. */
export interface SubscriptionReport {
  /** The last part of its ARN. */
  id: string;
  arn: string;
  protocol: string;
  /** A URL has `***` in the place of its password. */
  endpoint: string;
  owner: string;
  createdAt: string;
  state: 'confirmed' | 'pending';
  /** Confirms it; only while it is pending. */
  token?: string;
  /** As GetSubscriptionAttributes returns them, except for a password in `Endpoint`. */
  attributes: Record<string, string>;
  /** How many messages wait for an attempt, or for the next one. Only of HTTP endpoints and functions. */
  waiting?: number;
}

/** A page of subscriptions. */
export interface SubscriptionPage {
  subscriptions: SubscriptionReport[];
  next?: string | undefined;
}

/** The topics of a running Squab. */
export class TopicsControl {
  readonly #context: ControlContext;
  readonly #deliveries: Deliveries;
  readonly #waits: TopicWaits;
  /** Lists are made one after another, so that many at once do not slow other requests down. */
  readonly #lists = new Turnstile();
  /** The same for attempts: each looks at a whole backlog, which may be deep. */
  readonly #attempts = new Turnstile();

  /** @internal */
  constructor(context: ControlContext, log: PublicationLog, waits: TopicWaits) {
    this.#context = context;
    this.#deliveries = new Deliveries(context, log);
    this.#waits = waits;
  }

  /**
   * Waits for an event of a topic, such as `published` or `delivery-failed`. The timeout (10 s by default) is in real
   * time, even while the clock of SQS is frozen. Throws ControlError: 400 for an invalid request, 404 if the topic or
   * the subscription does not exist, 408 if the wait times out, and 409 if the topic is deleted or Squab stops during
   * the wait.
   */
  async waitFor(topic: TopicName, request: TopicWaitRequest, signal?: AbortSignal): Promise<TopicWaitResult> {
    return this.#waits.waitFor(topic, request, signal);
  }

  /** Lists topics, sorted by name, region and account. Throws ControlError (400) for invalid options. */
  async list(options: TopicListing = {}): Promise<TopicPage> {
    const { account, region, prefix = '', contains = '', limit, after } = checked(topicListingShape(), options);
    return this.#lists.run(async () => {
      const { topics } = await this.#context.env.topics.everything();
      const part = contains.toLowerCase();
      const wanted = topics
        .filter((topic) => (account ?? topic.account) === topic.account && (region ?? topic.region) === topic.region)
        .filter(({ name }) => name.startsWith(prefix) && name.toLowerCase().includes(part))
        .map((topic) => ({ topic, place: placeOf(topic) }))
        .sort((a, b) => (a.place < b.place ? -1 : 1));
      const rest = after === undefined ? wanted : wanted.filter(({ place }) => place > after);
      const page = rest.slice(0, limit);
      const reports = thatFit(await Promise.all(page.map(({ topic }) => this.#report(topic))));
      return {
        topics: [...reports],
        total: wanted.length,
        ...(rest.length > reports.length && { next: rest[reports.length - 1]!.place }),
      };
    });
  }

  /** Returns a topic. Throws ControlError (404) if it does not exist. */
  async get(name: TopicName): Promise<TopicReport> {
    return this.#report(await topicNamed(this.#context, name));
  }

  /**
   * Lists the subscriptions of a topic, in the order of their creation. Throws ControlError: 400 for invalid options,
   * 404 if the topic does not exist.
   */
  async subscriptions(
    name: TopicName,
    options: { limit?: number | undefined; after?: string | undefined } = {},
  ): Promise<SubscriptionPage> {
    const { limit, after } = checked(subscriptionListingShape(), options);
    const topic = await topicNamed(this.#context, name);
    const { account, region, id: topicId } = topic;
    const found = await this.#context.env.topics.listSubscriptions({
      ...{ account, region, topicId, limit: limit + 1 },
      ...(after !== undefined && { after }),
    });
    const page = found.slice(0, limit);
    const reports = thatFit(await Promise.all(page.map((one) => this.#reportSubscription(topic, one))));
    return {
      subscriptions: [...reports],
      ...(found.length > reports.length && { next: String(found[reports.length - 1]!.place) }),
    };
  }

  /**
   * Confirms a pending subscription, as if its endpoint had done so. Throws ControlError: 404 if the topic or the
   * subscription does not exist, 409 if the subscription can no longer be confirmed.
   */
  async confirm(name: TopicName, subscription: string): Promise<SubscriptionReport> {
    const { env } = this.#context;
    const topic = await topicNamed(this.#context, name);
    const found = await subscriptionOf(this.#context, topic, subscription);
    const { token } = found;
    if (token === undefined) return this.#reportSubscription(topic, found);
    try {
      const confirmed = await confirmSubscription(env, { token, isSigned: true, signedUnsubscribe: false });
      return await this.#reportSubscription(topic, confirmed);
    } catch (error) {
      if (!(error instanceof SqsError)) throw error;
      throw new ControlError(409, `The subscription ${found.id} cannot be confirmed: ${error.message}`);
    }
  }

  /**
   * Lists what became of the latest messages for each subscription, the latest message first. Squab keeps this in
   * memory, for up to 1,000 messages, unless the journal is off. Throws ControlError: 400 for invalid options, 404 if
   * the topic or the subscription does not exist.
   */
  async deliveries(name: TopicName, options: DeliveryListing = {}): Promise<Delivery[]> {
    const topic = await topicNamed(this.#context, name);
    return this.#lists.run(() => this.#deliveries.list(topic, options));
  }

  /**
   * Attempts all deliveries of a subscription that wait to be retried, without waiting for them to be due. Returns how
   * many there are; if `signal` is aborted, only those up to then. Throws ControlError (404) if the topic or the subscription
   * does not exist.
   */
  async deliverNow(name: TopicName, subscription: string, signal?: AbortSignal): Promise<{ deliveries: number }> {
    const topic = await topicNamed(this.#context, name);
    const found = await subscriptionOf(this.#context, topic, subscription);
    return { deliveries: await this.#attempts.run(() => this.#deliveries.attemptNow(found, signal), signal) };
  }

  /**
   * Explains what would become of a message if it were published now, for each subscription, without publishing it.
   * Throws ControlError: 400 for an invalid message, 404 if the topic does not exist.
   */
  async explain(name: TopicName, message: HypotheticalPublish): Promise<PublishExplanation> {
    const parsed = checked(hypotheticalPublishShape(), message);
    const topic = await topicNamed(this.#context, name);
    return this.#lists.run(() => explainPublish(this.#context.env, topic, parsed));
  }

  async #report(topic: Topic): Promise<TopicReport> {
    const subscriptions = await this.#context.env.topics.subscriptionsOf(topic.id);
    const confirmed = subscriptions.filter((one) => one.confirmed).length;
    const counts = { confirmed, pending: subscriptions.length - confirmed };
    return {
      ...reference(topic),
      arn: topicArn(topic),
      fifo: topic.fifo,
      createdAt: isoOf(topic.createdAt),
      subscriptions: counts,
      attributes: Object.fromEntries(reportTopic(topic, counts)),
      tags: Object.fromEntries(topic.tags),
    };
  }

  async #reportSubscription(topic: Topic, subscription: Subscription): Promise<SubscriptionReport> {
    const { id, protocol, owner, createdAt, confirmed, token, backlogId } = subscription;
    const { store, clock } = this.#context.env;
    const endpoint = shownEndpoint(subscription.endpoint);
    const counts = backlogId === undefined ? undefined : await store.counts(backlogId, clock.now());
    const attributes = reportSubscription(subscription, topic.attributes.get('DeliveryPolicy'));
    return {
      ...{ id, arn: subscriptionArn(subscription), protocol, endpoint, owner },
      createdAt: isoOf(createdAt),
      state: confirmed ? 'confirmed' : 'pending',
      ...(!confirmed && token !== undefined && { token }),
      attributes: Object.fromEntries(attributes.set('Endpoint', endpoint)),
      ...(counts && { waiting: counts.visible + counts.inFlight + counts.delayed }),
    };
  }
}

/** A topic's place in lists. No name, region or account contains a space. */
function placeOf({ name, region, account }: Topic): string {
  return `${name} ${region} ${account}`;
}
