/**
 * Topics that are obviously correct, beside the model of queues (model.ts): lists of topics, subscriptions and
 * remembered publications. The walk (walk-topics.ts) compares an engine with them.
 */

import type { NewMessage } from '../../src/storage/store.ts';
import type { Subscription, Topic } from '../../src/storage/topics.ts';
import type { Millis } from '../../src/time/clock.ts';
import type { Model } from './model.ts';

export type ModelSubscription = Omit<Subscription, 'place'>;

/** Everything that a snapshot copies. */
export interface TopicState {
  topics: Topic[];
  subscriptions: ModelSubscription[];
  publications: Map<string, { messageId: string; endsAt: Millis }>;
}

export interface ModelPublication {
  messageId: string;
  deduplication?: { key: string; windowMs: Millis };
  /** `isStale`: whether the queue is not as expected. */
  deliveries: readonly { queueId: number; message: NewMessage; isStale: boolean }[];
}

export class TopicModel {
  readonly #queues: Model;
  #state: TopicState = { topics: [], subscriptions: [], publications: new Map() };

  constructor(queues: Model) {
    this.#queues = queues;
  }

  get topics(): readonly Topic[] {
    return this.#state.topics;
  }

  /** All subscriptions, including those of deleted topics. */
  get subscriptions(): readonly ModelSubscription[] {
    return this.#state.subscriptions;
  }

  subscriptionsOf(id: number): ModelSubscription[] {
    return this.#state.subscriptions.filter(({ topicId, detachedAt }) => topicId === id && detachedAt === undefined);
  }

  /** The IDs of all backlogs. */
  get backlogs(): number[] {
    return this.#state.subscriptions.flatMap(({ backlogId }) => backlogId ?? []);
  }

  snapshot(): TopicState {
    return structuredClone(this.#state);
  }

  restore(snapshot: TopicState): void {
    this.#state = structuredClone(snapshot);
  }

  createTopic(topic: Topic): void {
    this.#state.topics.push(topic);
  }

  changeTopic(id: number, change: Partial<Topic>): void {
    this.#state.topics = this.topics.map((topic) => (topic.id === id ? { ...topic, ...change } : topic));
  }

  deleteTopic(id: number, now: Millis): void {
    this.#state.topics = this.topics.filter((topic) => topic.id !== id);
    for (const { id: left } of this.subscriptionsOf(id)) this.change(left, { detachedAt: now });
  }

  subscribe(subscription: ModelSubscription, retentionMs: Millis, fifo: boolean): void {
    this.#state.subscriptions.push(subscription);
    if (subscription.backlogId !== undefined) this.#queues.createQueue(subscription.backlogId, retentionMs, fifo);
  }

  change(id: string, change: Partial<ModelSubscription>): void {
    this.#state.subscriptions = this.subscriptions.map((one) => (one.id === id ? { ...one, ...change } : one));
  }

  /** Removes the subscriptions for which this is true, with their backlogs. Returns them. */
  remove(isRemoved: (subscription: ModelSubscription) => boolean): ModelSubscription[] {
    const removed = this.subscriptions.filter(isRemoved);
    this.#state.subscriptions = this.subscriptions.filter((one) => !removed.includes(one));
    for (const { backlogId } of removed) if (backlogId !== undefined) this.#queues.deleteQueue(backlogId);
    return removed;
  }

  /** Forgets the publications that an engine may forget. */
  forget(now: Millis): void {
    for (const [key, { endsAt }] of this.#state.publications) if (endsAt <= now) this.#state.publications.delete(key);
  }

  /** Returns the ID of each publication, or of the original if it is a duplicate. */
  publish(
    topicId: number,
    publications: readonly ModelPublication[],
    now: Millis,
  ): { messageId: string; duplicate: boolean }[] | 'outdated' {
    const before = new Map(this.#state.publications);
    const results = publications.map((one) => ({ one, ...this.#remember(topicId, one, now) }));
    const deliveries = results.flatMap(({ one, duplicate }) => (duplicate ? [] : one.deliveries));
    if (deliveries.some(({ isStale }) => isStale)) {
      this.#state.publications = before;
      return 'outdated';
    }
    for (const { queueId } of deliveries) this.#queues.unexpired(queueId, now);
    for (const { queueId, message } of deliveries) this.#queues.send(queueId, [message], now);
    return results.map(({ messageId, duplicate }) => ({ messageId, duplicate }));
  }

  #remember(topicId: number, { messageId, deduplication }: ModelPublication, now: Millis) {
    if (!deduplication) return { messageId, duplicate: false };
    const key = `${topicId} ${deduplication.key}`;
    const earlier = this.#state.publications.get(key);
    if (earlier && now < earlier.endsAt) return { messageId: earlier.messageId, duplicate: true };
    this.#state.publications.set(key, { messageId, endsAt: now + deduplication.windowMs });
    return { messageId, duplicate: false };
  }
}
