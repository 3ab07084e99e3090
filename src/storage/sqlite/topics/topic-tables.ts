/**
 * The tables of topics and subscriptions. Their rows are also kept in memory (../../topics/topic-records.ts), and are
 * written in the transaction that changes them.
 */

import type { Millis } from '../../../time/clock.ts';
import type { Keeper } from '../../topics/topic-records.ts';
import type { Subscription, Topic } from '../../topics.ts';
import type { Connection } from '../database.ts';

interface TopicRow {
  id: number;
  account: string;
  region: string;
  name: string;
  fifo: number;
  created_at: Millis;
  attributes: string;
  tags: string;
}

interface SubscriptionRow {
  place: number;
  id: string;
  topic_id: number;
  account: string;
  region: string;
  name: string;
  owner: string;
  protocol: string;
  endpoint: string;
  attributes: string;
  token: string | null;
  confirmed: number;
  backlog_id: number | null;
  created_at: Millis;
  detached_at: Millis | null;
}

const packed = (map: ReadonlyMap<string, string>) => JSON.stringify([...map]);
const unpacked = (text: string) => new Map(JSON.parse(text) as [string, string][]);

export class TopicTables implements Keeper {
  readonly #writeTopic;
  readonly #deleteTopic;
  readonly #writeSubscription;
  readonly #deleteSubscription;
  readonly #topics;
  readonly #subscriptions;

  constructor(connection: Connection) {
    this.#writeTopic = connection.prepare<[TopicRow]>(
      `INSERT INTO topics (id, account, region, name, fifo, created_at, attributes, tags)
       VALUES (:id, :account, :region, :name, :fifo, :created_at, :attributes, :tags)
       ON CONFLICT (id) DO UPDATE SET attributes = excluded.attributes, tags = excluded.tags`,
    );
    this.#deleteTopic = connection.prepare<[number]>('DELETE FROM topics WHERE id = ?');
    this.#writeSubscription = connection.prepare<[SubscriptionRow]>(
      `INSERT INTO subscriptions (place, id, topic_id, account, region, name, owner, protocol, endpoint, attributes,
         token, confirmed, backlog_id, created_at, detached_at)
       VALUES (:place, :id, :topic_id, :account, :region, :name, :owner, :protocol, :endpoint, :attributes,
         :token, :confirmed, :backlog_id, :created_at, :detached_at)
       ON CONFLICT (place) DO UPDATE SET attributes = excluded.attributes, confirmed = excluded.confirmed,
         detached_at = excluded.detached_at`,
    );
    this.#deleteSubscription = connection.prepare<[number]>('DELETE FROM subscriptions WHERE place = ?');
    this.#topics = connection.prepare<[], TopicRow>('SELECT * FROM topics');
    this.#subscriptions = connection.prepare<[], SubscriptionRow>('SELECT * FROM subscriptions ORDER BY place');
  }

  topic(before: Topic | undefined, after: Topic | undefined): void {
    if (after) this.#writeTopic.run(rowOfTopic(after));
    else if (before) this.#deleteTopic.run(before.id);
  }

  subscription(before: Subscription | undefined, after: Subscription | undefined): void {
    if (after) this.#writeSubscription.run(rowOfSubscription(after));
    else if (before) this.#deleteSubscription.run(before.place);
  }

  topics(): Topic[] {
    return this.#topics.all().map(topicOf);
  }

  subscriptions(): Subscription[] {
    return this.#subscriptions.all().map(subscriptionOf);
  }
}

function rowOfTopic({ id, account, region, name, fifo, createdAt, attributes, tags }: Topic): TopicRow {
  return {
    ...{ id, account, region, name, fifo: Number(fifo), created_at: createdAt },
    ...{ attributes: packed(attributes), tags: packed(tags) },
  };
}

function topicOf(row: TopicRow): Topic {
  const { id, account, region, name } = row;
  return {
    ...{ id, account, region, name, fifo: row.fifo === 1, createdAt: row.created_at },
    ...{ attributes: unpacked(row.attributes), tags: unpacked(row.tags) },
  };
}

function rowOfSubscription(subscription: Subscription): SubscriptionRow {
  const { place, id, topicId, topic, owner, protocol, endpoint, attributes, token, confirmed } = subscription;
  return {
    ...{ place, id, topic_id: topicId, ...topic, owner, protocol, endpoint, attributes: packed(attributes) },
    token: token ?? null,
    confirmed: Number(confirmed),
    backlog_id: subscription.backlogId ?? null,
    created_at: subscription.createdAt,
    detached_at: subscription.detachedAt ?? null,
  };
}

function subscriptionOf(row: SubscriptionRow): Subscription {
  const { place, id, account, region, name, owner, protocol, endpoint } = row;
  return {
    ...{ id, owner, protocol, endpoint, attributes: unpacked(row.attributes) },
    ...(row.token !== null && { token: row.token }),
    topicId: row.topic_id,
    topic: { account, region, name },
    ...(row.backlog_id !== null && { backlogId: row.backlog_id }),
    place,
    createdAt: row.created_at,
    confirmed: row.confirmed === 1,
    ...(row.detached_at !== null && { detachedAt: row.detached_at }),
  };
}
