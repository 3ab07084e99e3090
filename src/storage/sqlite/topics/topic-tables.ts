/**
 * The tables of topics and subscriptions. Their rows are also kept in memory (../../topics/topic-records.ts), and are
 * written in the transaction that changes them.
 */

import type { Keeper } from '../../topics/topic-records.ts';
import {
  type SubscriptionRow,
  subscriptionOf,
  subscriptionRow,
  type TopicRow,
  topicOf,
  topicRow,
} from '../../topics/topic-rows.ts';
import type { Subscription, Topic } from '../../topics.ts';
import type { Connection } from '../database.ts';

/** Rows as SQLite has them, with 0 and 1 in place of booleans. */
type StoredTopic = Omit<TopicRow, 'fifo'> & { fifo: number };
type StoredSubscription = Omit<SubscriptionRow, 'confirmed'> & { confirmed: number };

export class TopicTables implements Keeper {
  readonly #writeTopic;
  readonly #deleteTopic;
  readonly #writeSubscription;
  readonly #deleteSubscription;
  readonly #topics;
  readonly #subscriptions;

  constructor(connection: Connection) {
    this.#writeTopic = connection.prepare<[StoredTopic]>(
      `INSERT INTO topics (id, account, region, name, fifo, created_at, attributes, tags)
       VALUES (:id, :account, :region, :name, :fifo, :created_at, :attributes, :tags)
       ON CONFLICT (id) DO UPDATE SET attributes = excluded.attributes, tags = excluded.tags`,
    );
    this.#deleteTopic = connection.prepare<[number]>('DELETE FROM topics WHERE id = ?');
    this.#writeSubscription = connection.prepare<[StoredSubscription]>(
      `INSERT INTO subscriptions (place, id, topic_id, account, region, name, owner, protocol, endpoint, attributes,
         token, confirmed, backlog_id, created_at, detached_at)
       VALUES (:place, :id, :topic_id, :account, :region, :name, :owner, :protocol, :endpoint, :attributes,
         :token, :confirmed, :backlog_id, :created_at, :detached_at)
       ON CONFLICT (place) DO UPDATE SET attributes = excluded.attributes, confirmed = excluded.confirmed,
         detached_at = excluded.detached_at`,
    );
    this.#deleteSubscription = connection.prepare<[number]>('DELETE FROM subscriptions WHERE place = ?');
    this.#topics = connection.prepare<[], StoredTopic>('SELECT * FROM topics');
    this.#subscriptions = connection.prepare<[], StoredSubscription>('SELECT * FROM subscriptions ORDER BY place');
  }

  topic(before: Topic | undefined, after: Topic | undefined): void {
    if (after) this.#writeTopic.run({ ...topicRow(after), fifo: Number(after.fifo) });
    else if (before) this.#deleteTopic.run(before.id);
  }

  subscription(before: Subscription | undefined, after: Subscription | undefined): void {
    if (after) this.#writeSubscription.run({ ...subscriptionRow(after), confirmed: Number(after.confirmed) });
    else if (before) this.#deleteSubscription.run(before.place);
  }

  topics(): Topic[] {
    return this.#topics.all().map((row) => topicOf({ ...row, fifo: row.fifo === 1 }));
  }

  subscriptions(): Subscription[] {
    return this.#subscriptions.all().map((row) => subscriptionOf({ ...row, confirmed: row.confirmed === 1 }));
  }
}
