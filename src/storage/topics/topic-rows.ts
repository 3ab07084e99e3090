/** The rows of topics and subscriptions, in every engine that has tables. */

import type { Millis } from '../../time/clock.ts';
import type { Subscription, Topic } from '../topics.ts';

export interface TopicRow {
  id: number;
  account: string;
  region: string;
  name: string;
  fifo: boolean;
  attributes: string;
  tags: string;
  created_at: Millis;
}

export interface SubscriptionRow {
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
  confirmed: boolean;
  backlog_id: number | null;
  created_at: Millis;
  detached_at: Millis | null;
}

const packed = (map: ReadonlyMap<string, string>) => JSON.stringify([...map]);
const unpacked = (text: string) => new Map(JSON.parse(text) as [string, string][]);

export function topicRow({ id, account, region, name, fifo, createdAt, attributes, tags }: Topic): TopicRow {
  return { id, account, region, name, fifo, attributes: packed(attributes), tags: packed(tags), created_at: createdAt };
}

export function topicOf(row: TopicRow): Topic {
  const { id, account, region, name, fifo } = row;
  return {
    ...{ id, account, region, name, fifo, createdAt: row.created_at },
    ...{ attributes: unpacked(row.attributes), tags: unpacked(row.tags) },
  };
}

export function subscriptionRow(subscription: Subscription): SubscriptionRow {
  const { place, id, topicId, topic, owner, protocol, endpoint, attributes, token, confirmed } = subscription;
  const { account, region, name } = topic;
  return {
    ...{ place, id, topic_id: topicId, account, region, name },
    ...{ owner, protocol, endpoint, attributes: packed(attributes) },
    token: token ?? null,
    confirmed,
    backlog_id: subscription.backlogId ?? null,
    created_at: subscription.createdAt,
    detached_at: subscription.detachedAt ?? null,
  };
}

export function subscriptionOf(row: SubscriptionRow): Subscription {
  const { place, id, account, region, name, owner, protocol, endpoint, confirmed } = row;
  return {
    ...{ id, owner, protocol, endpoint, attributes: unpacked(row.attributes) },
    ...(row.token !== null && { token: row.token }),
    topicId: row.topic_id,
    topic: { account, region, name },
    ...(row.backlog_id !== null && { backlogId: row.backlog_id }),
    place,
    createdAt: row.created_at,
    confirmed,
    ...(row.detached_at !== null && { detachedAt: row.detached_at }),
  };
}
