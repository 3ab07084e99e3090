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
import { type Original, type Publishing, publish } from './publishing.ts';
import type { TopicRecords } from './topic-records.ts';

/** What an engine provides for these verbs. */
export interface TopicEngine extends Publishing {
  readonly records: TopicRecords;
  /** Carries out a verb in a transaction, as the engine's other verbs. */
  run<T>(verb: () => T): Promise<T>;
  createQueue(key: QueueKey, settings: QueueSettings, now: Millis): Queue;
  removeQueue(queueId: number): void;
  /** Returns the text that is kept under this name. */
  kept(name: string): string | undefined;
  /** Keeps a text under a name that has none. */
  keep(name: string, text: string): void;
}

/** Topics and subscriptions are read at once, from memory; everything else waits for its turn. */
export class TopicVerbs implements Topics {
  readonly #engine: TopicEngine;
  readonly #records: TopicRecords;

  constructor(engine: TopicEngine) {
    this.#engine = engine;
    this.#records = engine.records;
  }

  createTopic(key: TopicKey, settings: TopicSettings, now: Millis): Promise<{ topic: Topic; created: boolean }> {
    return this.#engine.run(() => {
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

  async findTopic(key: TopicKey): Promise<Topic | undefined> {
    return this.#records.topicByKey(key);
  }

  listTopics(listing: TopicListing): Promise<Topic[]> {
    return this.#engine.run(() => this.#records.listTopics(listing));
  }

  changeTopic(topicId: number, change: TopicChange): Promise<Topic | 'outdated' | 'over-limit' | undefined> {
    return this.#engine.run(() => {
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
    return this.#engine.run(() => {
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
    return this.#engine.run(() => {
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

  async findSubscription(id: string): Promise<Subscription | undefined> {
    return this.#records.subscription(id);
  }

  async findSubscriptionByToken(token: string): Promise<Subscription | undefined> {
    return this.#records.subscriptionByToken(token);
  }

  listSubscriptions(listing: SubscriptionListing): Promise<Subscription[]> {
    return this.#engine.run(() => this.#records.listSubscriptions(listing));
  }

  async subscriptionsOf(topicId: number): Promise<readonly Subscription[]> {
    return this.#records.subscriptionsOf(topicId);
  }

  changeSubscription(id: string, change: SubscriptionChange): Promise<Subscription | 'outdated' | undefined> {
    return this.#engine.run(() => {
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
    return this.#engine.run(() => {
      const subscription = this.#records.subscription(id);
      if (subscription) this.#remove(subscription);
      return subscription !== undefined;
    });
  }

  removeLapsed({ detachedAt, unconfirmedAt }: { detachedAt: Millis; unconfirmedAt: Millis }): Promise<Subscription[]> {
    return this.#engine.run(() => {
      const lapsed = this.#records
        .subscriptions()
        .filter(
          (one) =>
            (one.detachedAt !== undefined && one.detachedAt < detachedAt) ||
            (!one.confirmed && one.createdAt < unconfirmedAt),
        );
      for (const subscription of lapsed) this.#remove(subscription);
      return lapsed;
    });
  }

  publish(
    topicId: number,
    publications: readonly NewPublication[],
    now: Millis,
  ): Promise<Published[] | 'outdated' | undefined> {
    return this.#engine.run(() =>
      this.#records.topic(topicId) ? publish(this.#engine, topicId, publications, now) : undefined,
    );
  }

  rememberedPublication(topicId: number, key: string, now: Millis): Promise<Original | undefined> {
    return this.#engine.run(() => this.#engine.remembered(topicId, key, now));
  }

  everything(): Promise<Everything> {
    return this.#engine.run(() => ({ topics: this.#records.topics(), subscriptions: this.#records.subscriptions() }));
  }

  removeTopics(scope: QueueScope): Promise<Everything> {
    return this.#engine.run(() => {
      const topics = this.#records.topics().filter((topic) => isInScope(topic, scope));
      const subscriptions = this.#records.subscriptions().filter(({ topic }) => isInScope(topic, scope));
      for (const subscription of subscriptions) this.#remove(subscription);
      for (const topic of topics) this.#records.replaceTopic(topic, undefined);
      return { topics, subscriptions };
    });
  }

  keep(name: string, text: string): Promise<string> {
    return this.#engine.run(() => {
      const kept = this.#engine.kept(name);
      if (kept === undefined) this.#engine.keep(name, text);
      return kept ?? text;
    });
  }

  kept(name: string): Promise<string | undefined> {
    return this.#engine.run(() => this.#engine.kept(name));
  }

  #remove(subscription: Subscription): void {
    this.#records.replaceSubscription(subscription, undefined);
    if (subscription.backlogId !== undefined) this.#engine.removeQueue(subscription.backlogId);
  }
}
