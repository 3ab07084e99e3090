/**
 * The part of an engine's contract that keeps topics and their subscriptions, and publishes to queues. As in `Store`,
 * each verb is one transaction, takes the time from its caller, and an unknown topic or subscription resolves to
 * undefined (a removal: to false). A change creates a new object, so that callers can keep what they derive from one
 * in a WeakMap.
 *
 * A subscription may have a backlog: a hidden queue for deliveries that are due, or wait to be tried again. It is
 * created and removed together with the subscription. It is a queue like any other for the verbs that take its ID:
 * `send`, `receive`, `delete`, `changeVisibility`, `nextVisibleAt`, `counts`, `peek`, `holdings` and so on, and for
 * announcements, expiry and snapshots. Everything else leaves it out: `findQueue`, `listQueues`, `removeQueues`, the
 * lists of `Inspection` and `Observation`, searches, the numbers of a `SnapshotInfo`, and events.
 */

import type { Millis } from '../time/clock.ts';
import type { NewMessage } from './message.ts';
import type { Expected, QueueSettings } from './queue.ts';
import type { QueueScope } from './states.ts';

/** Identifies a topic. The same name in two regions or accounts is two topics. */
export interface TopicKey {
  account: string;
  region: string;
  name: string;
}

/** The settings of a topic. Of these, an engine acts on none. */
export interface TopicSettings {
  fifo: boolean;
  /** The attributes that were set, by SNS's names. An engine returns the values exactly as it was given them. */
  attributes: ReadonlyMap<string, string>;
  tags: ReadonlyMap<string, string>;
}

export interface Topic extends Readonly<TopicKey>, Readonly<TopicSettings> {
  /** Never given to another topic, even after this one has been deleted. */
  readonly id: number;
  readonly createdAt: Millis;
}

/** A change to a topic. In the maps, the value undefined removes the entry. */
export interface TopicChange {
  attributes?: ReadonlyMap<string, string | undefined>;
  tags?: ReadonlyMap<string, string | undefined>;
  /** The largest number of tags that the topic may have after the change; otherwise nothing changes. */
  tagsMax?: number;
  /** If the topic's attributes do not meet this, nothing changes. */
  expected?: Expected;
}

export interface NewSubscription {
  /** The last part of the subscription's ARN. */
  id: string;
  /** The account that subscribed. */
  owner: string;
  protocol: string;
  endpoint: string;
  /** The attributes that were set, by SNS's names, and others that rules want to keep with the subscription. */
  attributes: ReadonlyMap<string, string>;
  /** Confirms the subscription. Absent if the subscription needs no confirmation. */
  token?: string | undefined;
  /** The settings of its backlog. Absent if it needs none. */
  backlog?: QueueSettings | undefined;
}

export interface Subscription extends Readonly<Omit<NewSubscription, 'backlog'>> {
  readonly topicId: number;
  /** The queue ID of its backlog. */
  readonly backlogId?: number | undefined;
  /** The key of its topic, which it keeps after the topic has been deleted. */
  readonly topic: Readonly<TopicKey>;
  /** Its place in lists, which are in the order of creation. Never reused. */
  readonly place: number;
  readonly createdAt: Millis;
  /** Whether it receives messages. It is false only until a subscription with a token is confirmed. */
  readonly confirmed: boolean;
  /** When its topic was deleted. */
  readonly detachedAt?: Millis | undefined;
}

/** A change to a subscription. The value undefined removes the entry. */
export interface SubscriptionChange {
  attributes?: ReadonlyMap<string, string | undefined>;
  confirmed?: true;
  /** If the subscription's attributes do not meet this, nothing changes. */
  expected?: Expected;
}

export interface TopicListing {
  account: string;
  region: string;
  /** Lists only names that sort after this one. */
  after?: string;
  limit: number;
}

/** Lists the subscriptions to topics of this account and region, or only those to one topic. */
export interface SubscriptionListing {
  account: string;
  region: string;
  topicId?: number | undefined;
  /** Lists only subscriptions with a greater place. */
  after?: number;
  limit: number;
}

/** A message that a publication sends to a queue. */
export interface QueueDelivery {
  queueId: number;
  message: NewMessage;
  /** The values that these attributes of the queue must still have. */
  expected?: Expected | undefined;
}

export interface NewPublication {
  messageId: string;
  /** For `windowMs` after the first publication with this key, others with the same key are duplicates. */
  deduplication?: { key: string; windowMs: Millis };
  /** About how many bytes all of its messages take. Absent if they are few. */
  bytes?: number;
  /** About how many bytes it takes while it waits, when it has no messages yet. Absent if they are few. */
  ownBytes?: number;
  /**
   * Returns the messages to send. `sequence` is the publication's number, which grows with each publication to the
   * topic. The engine calls it within the transaction, unless the publication is a duplicate, and again if the
   * transaction has to be repeated.
   */
  deliveries(sequence: number): readonly QueueDelivery[];
}

/** A publication; for a duplicate, the original. */
export interface Published {
  messageId: string;
  sequence: number;
  duplicate: boolean;
}

export interface Topics {
  /** Creates a topic. If the name is taken, resolves to the existing topic, unchanged. */
  createTopic(key: TopicKey, settings: TopicSettings, now: Millis): Promise<{ topic: Topic; created: boolean }>;
  findTopic(key: TopicKey): Promise<Topic | undefined>;
  /** Lists topics ordered by name, compared byte by byte. */
  listTopics(listing: TopicListing): Promise<Topic[]>;
  changeTopic(topicId: number, change: TopicChange): Promise<Topic | 'outdated' | 'over-limit' | undefined>;
  /**
   * Deletes a topic, and detaches its subscriptions (`detachedAt`), which then belong to no topic. They keep their
   * backlogs, with everything in them.
   */
  deleteTopic(topicId: number, now: Millis): Promise<boolean>;

  /**
   * Adds a subscription. If the topic has one with the same protocol and endpoint, resolves to that one, unchanged;
   * resolves to `over-limit` if the topic would have more than `max` subscriptions.
   */
  subscribe(
    topicId: number,
    subscription: NewSubscription,
    max: number,
    now: Millis,
  ): Promise<{ subscription: Subscription; created: boolean } | 'over-limit' | undefined>;
  findSubscription(id: string): Promise<Subscription | undefined>;
  findSubscriptionByToken(token: string): Promise<Subscription | undefined>;
  /** Lists subscriptions in the order of their creation, detached ones only without `topicId`. */
  listSubscriptions(listing: SubscriptionListing): Promise<Subscription[]>;
  /** Returns the subscriptions of a topic in the order of their creation: the same array until one changes. */
  subscriptionsOf(topicId: number): Promise<readonly Subscription[]>;
  changeSubscription(id: string, change: SubscriptionChange): Promise<Subscription | 'outdated' | undefined>;
  unsubscribe(id: string): Promise<boolean>;
  /**
   * Removes some of the subscriptions that were detached before one instant, or created before another and never confirmed.
   * Resolves to those that it removed.
   */
  removeLapsed(before: { detachedAt: Millis; unconfirmedAt: Millis }): Promise<Subscription[]>;

  /**
   * Publishes messages, in order, all or none: a topic's memory of duplicates, the sequence numbers, and the messages
   * of all deliveries. Duplicates in a queue's own memory are as in a send. Resolves to `outdated`, having done
   * nothing, if a queue does not exist (any more) or does not meet `expected`.
   */
  publish(
    topicId: number,
    publications: readonly NewPublication[],
    now: Millis,
  ): Promise<Published[] | 'outdated' | undefined>;

  /** Returns the publication that another one with this deduplication key would be a duplicate of. */
  rememberedPublication(
    topicId: number,
    key: string,
    now: Millis,
  ): Promise<{ messageId: string; sequence: number } | undefined>;

  /** Returns all topics and subscriptions of every account and region, in the order of their creation. */
  everything(): Promise<Everything>;
  /** Removes topics, and the subscriptions to topics in this scope, detached ones too. Resolves to what was removed. */
  removeTopics(scope: QueueScope): Promise<Everything>;

  /** Resolves to the text that is kept under this name, or else keeps this one. No restore or removal changes it. */
  keep(name: string, text: string): Promise<string>;
  /** Resolves to the text that is kept under this name. */
  kept(name: string): Promise<string | undefined>;
}

/** A topic with its subscriptions, in the order of their creation. */
export interface StoredTopic {
  topic: Topic;
  subscriptions: Subscription[];
}

export interface Everything {
  topics: Topic[];
  subscriptions: Subscription[];
}
