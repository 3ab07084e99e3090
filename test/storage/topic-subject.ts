/** Shorthands for tests that use topics of the store under test. */

import type { QueueKey } from '../../src/storage/store.ts';
import type {
  NewPublication,
  NewSubscription,
  QueueDelivery,
  Subscription,
  Topic,
  TopicSettings,
} from '../../src/storage/topics.ts';
import { HOUR, key, MINUTE, message, type Subject, settings, T0 } from './subject.ts';

/** More subscriptions than any test has. */
export const MANY_SUBSCRIPTIONS = 1000;
/** An ID that no topic has. */
export const NO_TOPIC = 999_999_999;
/** How long a topic remembers publications, in milliseconds. */
export const WINDOW = 5 * MINUTE;

let made = 0;

export const topicSettings = (more: Partial<TopicSettings> = {}): TopicSettings => ({
  fifo: false,
  attributes: new Map(),
  tags: new Map(),
  ...more,
});

export const subscription = (more: Partial<NewSubscription> = {}): NewSubscription => ({
  id: `subscription-${++made}`,
  owner: '000000000000',
  protocol: 'sqs',
  endpoint: `endpoint-${made}`,
  attributes: new Map(),
  ...more,
});

/** A backlog that keeps messages for an hour. */
export const backlog = settings({ retentionMs: HOUR });

/** A publication of one message with this body to each of these queues. */
export function publication(body: string, queueIds: readonly number[], more: Partial<NewPublication> = {}) {
  const messageId = `publication-${++made}`;
  const deliveries = (): QueueDelivery[] => queueIds.map((queueId) => ({ queueId, message: message(body) }));
  return { messageId, deliveries, ...more } satisfies NewPublication;
}

export interface TopicSubject {
  topic(name?: string, more?: Partial<TopicSettings>, place?: Partial<QueueKey>): Promise<Topic>;
  subscribe(topic: Topic, more?: Partial<NewSubscription>, now?: number): Promise<Subscription>;
}

export function topicSubjectOf(s: Subject): TopicSubject {
  return {
    topic: async (name = 'news', more = {}, place = {}) =>
      (await s.store.topics.createTopic(key(name, place), topicSettings(more), T0)).topic,
    async subscribe(topic, more = {}, now = T0) {
      const subscribed = await s.store.topics.subscribe(topic.id, subscription(more), MANY_SUBSCRIPTIONS, now);
      if (!subscribed || subscribed === 'over-limit') throw new Error(`The subscription resolved to ${subscribed}.`);
      return subscribed.subscription;
    },
  };
}
