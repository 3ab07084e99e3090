/** The verbs on topics and subscriptions, which are the same for every engine. See ../topics.ts. */

import type { Millis } from '../../time/clock.ts';
import { HIDDEN_ACCOUNT } from '../hidden.ts';
import type { Queue, QueueKey, QueueSettings } from '../queue.ts';
import { isOutdated, merged } from '../queue-changes.ts';
import { isInScope } from '../scopes.ts';
import type { QueueScope } from '../states.ts';
import type {
  Everything,
  NewPublication,
  NewSubscription,
  Published,
  Subscription,
  SubscriptionChange,
  SubscriptionListing,
  Topic,
  TopicChange,
  TopicKey,
  TopicListing,
  TopicSettings,
  Topics,
} from '../topics.ts';
import type { Original } from './publishing.ts';
import type { TopicRecords } from './topic-records.ts';

/**
 * How many subscriptions that have lapsed are removed in one verb: some milliseconds of work. Thousands may lapse at once: all
 * of a topic, for example.
 */
const REMOVED_AT_ONCE = 200;

/** What an engine provides for the verbs on topics and subscriptions. */
export interface RecordEngine {
  readonly records: TopicRecords;
  /** Carries out a verb that may change records or queues, in a transaction. It may be called again. */
  change<T>(verb: () => T): Promise<T>;
  /** Carries out a verb that only reads, after the verbs that were called before. */
  look<T>(verb: () => T): Promise<T>;
  /** Carries out a verb that finds what each request asks for, perhaps before verbs that were called before. */
  find<T>(verb: () => T): Promise<T>;
  /** Issues increasing numbers, none of them twice. This and the others are called within a change. */
  nextNumber(): number;
  createQueue(key: QueueKey, settings: QueueSettings, now: Millis): Pick<Queue, 'id'>;
  removeQueue(queueId: number): void;
}

export abstract class TopicVerbs implements Topics {
  readonly #engine: RecordEngine;
  readonly #records: TopicRecords;

  constructor(engine: RecordEngine) {
    this.#engine = engine;
    this.#records = engine.records;
  }

  createTopic(key: TopicKey, settings: TopicSettings, now: Millis): Promise<{ topic: Topic; created: boolean }> {
    return this.#engine.change(() => {
      const existing = this.#records.topicByKey(key);
      if (existing) return { topic: existing, created: false };
      const { account, region, name } = key;
      const { fifo, attributes, tags } = settings;
      const id = this.#engine.nextNumber();
      const topic = { id, account, region, name, fifo, createdAt: now, attributes, tags };
      this.#records.replaceTopic(undefined, topic);
      return { topic, created: true };
    });
  }

  findTopic(key: TopicKey): Promise<Topic | undefined> {
    return this.#engine.find(() => this.#records.topicByKey(key));
  }

  listTopics(listing: TopicListing): Promise<Topic[]> {
    return this.#engine.look(() => this.#records.listTopics(listing));
  }

  changeTopic(topicId: number, change: TopicChange): Promise<Topic | 'outdated' | 'over-limit' | undefined> {
    return this.#engine.change(() => {
      const topic = this.#records.topic(topicId);
      if (!topic) return undefined;
      if (isOutdated(topic, change.expected)) return 'outdated';
      const tags = merged(topic.tags, change.tags);
      if (change.tagsMax !== undefined && tags.size > change.tagsMax) return 'over-limit';
      const changed = { ...topic, attributes: merged(topic.attributes, change.attributes), tags };
      this.#records.replaceTopic(topic, changed);
      return changed;
    });
  }

  deleteTopic(topicId: number, now: Millis): Promise<boolean> {
    return this.#engine.change(() => {
      const topic = this.#records.topic(topicId);
      if (!topic) return false;
      for (const subscription of this.#records.subscriptionsOf(topicId)) {
        this.#records.replaceSubscription(subscription, { ...subscription, detachedAt: now });
      }
      this.#records.replaceTopic(topic, undefined);
      return true;
    });
  }

  subscribe(
    topicId: number,
    subscription: NewSubscription,
    max: number,
    now: Millis,
  ): Promise<{ subscription: Subscription; created: boolean } | 'over-limit' | undefined> {
    return this.#engine.change(() => {
      const topic = this.#records.topic(topicId);
      if (!topic) return undefined;
      const existing = this.#records.subscriptionByEndpoint(topicId, subscription);
      if (existing) return { subscription: existing, created: false };
      if (this.#records.countOf(topicId) >= max) return 'over-limit';
      const created = this.#newSubscription(topic, subscription, now);
      this.#records.replaceSubscription(undefined, created);
      return { subscription: created, created: true };
    });
  }

  #newSubscription(topic: Topic, given: NewSubscription, now: Millis): Subscription {
    const { id, owner, protocol, endpoint, attributes, token, backlog } = given;
    const { account, region, name } = topic;
    const queue = backlog && this.#engine.createQueue({ account: HIDDEN_ACCOUNT, region, name: id }, backlog, now);
    return {
      ...{ id, owner, protocol, endpoint, attributes },
      ...(token !== undefined && { token }),
      topicId: topic.id,
      topic: { account, region, name },
      ...(queue && { backlogId: queue.id }),
      place: this.#engine.nextNumber(),
      createdAt: now,
      confirmed: token === undefined,
    };
  }

  findSubscription(id: string): Promise<Subscription | undefined> {
    return this.#engine.find(() => this.#records.subscription(id));
  }

  findSubscriptionByToken(token: string): Promise<Subscription | undefined> {
    return this.#engine.find(() => this.#records.subscriptionByToken(token));
  }

  listSubscriptions(listing: SubscriptionListing): Promise<Subscription[]> {
    return this.#engine.look(() => this.#records.listSubscriptions(listing));
  }

  subscriptionsOf(topicId: number): Promise<readonly Subscription[]> {
    return this.#engine.find(() => this.#records.subscriptionsOf(topicId));
  }

  changeSubscription(id: string, change: SubscriptionChange): Promise<Subscription | 'outdated' | undefined> {
    return this.#engine.change(() => {
      const subscription = this.#records.subscription(id);
      if (!subscription) return undefined;
      if (isOutdated(subscription, change.expected)) return 'outdated';
      const attributes = merged(subscription.attributes, change.attributes);
      const changed = { ...subscription, attributes, confirmed: change.confirmed ?? subscription.confirmed };
      this.#records.replaceSubscription(subscription, changed);
      return changed;
    });
  }

  unsubscribe(id: string): Promise<boolean> {
    return this.#engine.change(() => {
      const subscription = this.#records.subscription(id);
      if (subscription) this.#remove(subscription);
      return subscription !== undefined;
    });
  }

  async removeLapsed(before: { detachedAt: Millis; unconfirmedAt: Millis }): Promise<Subscription[]> {
    const lapsed = () => this.#records.subscriptions().filter((one) => hasLapsed(one, before));
    // Most looks find none, and so need not keep others from changing anything.
    if (await this.#engine.look(() => lapsed().length === 0)) return [];
    return this.#engine.change(() => {
      const removed = lapsed().slice(0, REMOVED_AT_ONCE);
      for (const subscription of removed) this.#remove(subscription);
      return removed;
    });
  }

  abstract publish(
    topicId: number,
    publications: readonly NewPublication[],
    now: Millis,
  ): Promise<Published[] | 'outdated' | undefined>;

  abstract rememberedPublication(topicId: number, key: string, now: Millis): Promise<Original | undefined>;

  abstract keep(name: string, text: string): Promise<string>;

  abstract kept(name: string): Promise<string | undefined>;

  everything(): Promise<Everything> {
    return this.#engine.look(() => ({ topics: this.#records.topics(), subscriptions: this.#records.subscriptions() }));
  }

  removeTopics(scope: QueueScope): Promise<Everything> {
    return this.#engine.change(() => {
      const topics = this.#records.topics().filter((topic) => isInScope(topic, scope));
      const subscriptions = this.#records.subscriptions().filter(({ topic }) => isInScope(topic, scope));
      for (const subscription of subscriptions) this.#remove(subscription);
      for (const topic of topics) this.#records.replaceTopic(topic, undefined);
      return { topics, subscriptions };
    });
  }

  #remove(subscription: Subscription): void {
    this.#records.replaceSubscription(subscription, undefined);
    if (subscription.backlogId !== undefined) this.#engine.removeQueue(subscription.backlogId);
  }
}

function hasLapsed(
  { detachedAt, confirmed, createdAt }: Subscription,
  before: { detachedAt: Millis; unconfirmedAt: Millis },
): boolean {
  return (
    (detachedAt !== undefined && detachedAt < before.detachedAt) || (!confirmed && createdAt < before.unconfirmedAt)
  );
}
