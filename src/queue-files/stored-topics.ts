/** Shows the topics of a data folder as SNS would report them. */

import type { StoredTopic } from '../storage/topics.ts';
import { reportSubscription } from '../topics/subscription-attributes.ts';
import { lapseOf } from '../topics/subscriptions.ts';
import { DATA_PROTECTION_POLICY, reportTopic } from '../topics/topic-attributes.ts';
import type { TopicState } from './written-topics.ts';

/** Returns the topics, with the subscriptions that exist at `now`, in milliseconds since the epoch. */
export function storedTopics(stored: readonly StoredTopic[], now: number): TopicState[] {
  return stored.map(({ topic, subscriptions }) => {
    const { account, region, name, tags } = topic;
    const attributes = reportTopic(topic, { confirmed: 0, pending: 0 });
    const policy = topic.attributes.get(DATA_PROTECTION_POLICY);
    if (policy !== undefined) attributes.set(DATA_PROTECTION_POLICY, policy);
    const current = subscriptions.filter((subscription) => lapseOf(subscription) > now);
    const states = current.map((subscription) => {
      const { protocol, endpoint } = subscription;
      return { protocol, endpoint, attributes: reportSubscription(subscription, undefined) };
    });
    return { account, region, name, tags, attributes, subscriptions: states };
  });
}
