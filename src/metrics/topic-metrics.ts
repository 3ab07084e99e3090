/**
 * The metrics of topics, named as CloudWatch names them.
 * Source: developer guide, "Amazon SNS metrics".
 */

import type { Topic, Topics } from '../storage/topics.ts';
import type { DeliveryReport } from '../topics/deliveries/deliverer.ts';
import { topicArn } from '../topics/topic-arn.ts';
import type { PublishedReport, TopicListener } from '../topics/topic-reports.ts';
import { quoted } from './labels.ts';

/** What happened to the messages of a topic since Squab started. */
interface Tally {
  published: number;
  delivered: number;
  failed: number;
  filtered: number;
  deadLettered: number;
}

const FAMILIES: readonly (readonly [name: string, help: string, value: keyof Tally])[] = [
  ['messages_published', 'NumberOfMessagesPublished: messages that publishers added.', 'published'],
  ['notifications_delivered', 'NumberOfNotificationsDelivered: messages that subscribers got.', 'delivered'],
  [
    'notifications_failed',
    'NumberOfNotificationsFailed: messages that a subscriber did not get, after all retries.',
    'failed',
  ],
  [
    'notifications_filtered_out',
    'NumberOfNotificationsFilteredOut: messages that a filter policy did not let pass.',
    'filtered',
  ],
  [
    'notifications_redriven_to_dlq',
    'NumberOfNotificationsRedrivenToDlq: failed messages that are in a dead-letter queue.',
    'deadLettered',
  ],
];

export class TopicMetrics implements TopicListener {
  /** By the ARNs of topics. */
  readonly #tallies = new Map<string, Tally>();

  published({ publication, subscriptions, receivers, undelivered, original }: PublishedReport): void {
    if (original !== undefined) return;
    const tally = this.#tally(topicArn(publication.topic));
    const able = subscriptions.filter(
      ({ confirmed, protocol, backlogId }) => confirmed && (protocol === 'sqs' || backlogId !== undefined),
    );
    const queues = receivers.filter(({ protocol }) => protocol === 'sqs');
    tally.published++;
    tally.filtered += able.length - receivers.length;
    tally.delivered += queues.length - undelivered.length;
    tally.failed += undelivered.length;
    tally.deadLettered += undelivered.filter(
      ({ deadLetterArn, deadLetterReason }) => deadLetterArn !== undefined && deadLetterReason === undefined,
    ).length;
  }

  attempted({ subscriber, type, result }: DeliveryReport): void {
    if (type !== 'Notification' || result === 'failed') return;
    const tally = this.#tally(subscriber.topicArn);
    if (result === 'delivered') tally.delivered++;
    else tally.failed++;
    if (result === 'dead-lettered') tally.deadLettered++;
  }

  /** Forgets the topic, since nobody may ever read the metrics. */
  deleted(topic: Topic): void {
    this.#tallies.delete(topicArn(topic));
  }

  /** Returns the metrics of the topics that had a message since Squab started, in Prometheus's text format. */
  async print(store: Pick<Topics, 'everything'>): Promise<string> {
    const { topics } = await store.everything();
    const existing = topics.map((topic) => ({ topic, arn: topicArn(topic) }));
    const arns = new Set(existing.map(({ arn }) => arn));
    for (const arn of this.#tallies.keys()) if (!arns.has(arn)) this.#tallies.delete(arn);
    const rows = existing.flatMap(({ topic: { name, account, region }, arn }) => {
      const tally = this.#tallies.get(arn);
      const labels = `{topic=${quoted(name)},account=${quoted(account)},region=${quoted(region)}}`;
      return tally ? [{ labels, tally }] : [];
    });
    const count = `\n# HELP squab_topics Number of topics.\n# TYPE squab_topics gauge\nsquab_topics ${topics.length}\n`;
    const families = FAMILIES.map(([suffix, help, value]) => {
      const name = `squab_topic_number_of_${suffix}_total`;
      const samples = rows.map(({ labels, tally }) => `${name}${labels} ${tally[value]}\n`);
      return `\n# HELP ${name} ${help}\n# TYPE ${name} counter\n${samples.join('')}`;
    });
    return count + families.join('');
  }

  #tally(arn: string): Tally {
    let tally = this.#tallies.get(arn);
    if (!tally) {
      tally = { published: 0, delivered: 0, failed: 0, filtered: 0, deadLettered: 0 };
      this.#tallies.set(arn, tally);
    }
    return tally;
  }
}
