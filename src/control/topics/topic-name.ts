/** How programs and requests to the control interface name a topic, and its subscriptions; and finding them. */

import { SqsError } from '../../errors.ts';
import type { Subscription, Topic, TopicKey } from '../../storage/topics.ts';
import { topicKeyIn } from '../../topics/topic-arn.ts';
import type { ControlContext } from '../control-context.ts';
import { ControlError } from '../control-error.ts';

/** A topic's name or ARN. `account` and `region` default to those in the ARN, or else to Squab's. */
export type TopicName = string | { name: string; account?: string | undefined; region?: string | undefined };

/** @internal Returns the key of a topic. Throws ControlError (400) for an invalid ARN. */
export function topicKeyOf(topic: TopicName, defaults: { account: string; region: string }): TopicKey {
  const given: Exclude<TopicName, string> = typeof topic === 'string' ? { name: topic } : topic;
  const { name, account = defaults.account, region = defaults.region } = given;
  if (!name.startsWith('arn:')) return { name, account, region };
  try {
    return topicKeyIn(name, 'TopicArn', undefined);
  } catch (error) {
    if (!(error instanceof SqsError)) throw error;
    const example = 'arn:aws:sns:us-east-1:000000000000:orders';
    throw new ControlError(400, `${JSON.stringify(name)} is not the ARN of a topic. Write it as ${example}.`);
  }
}

/**
 * @internal Returns a filter by topic with the topic's name in place of its ARN, whose account and region it adds. Throws
 * ControlError (400) for an invalid ARN.
 */
export function byTopicName<T extends { topic?: string | undefined }>(filter: T): T {
  const { topic } = filter;
  if (topic === undefined || !topic.startsWith('arn:')) return filter;
  const { name, account, region } = topicKeyOf(topic, { account: '', region: '' });
  return { ...filter, topic: name, account, region };
}

/** @internal Returns a topic. Throws ControlError: 400 for an invalid ARN, 404 if the topic does not exist. */
export async function topicNamed({ env, defaults }: ControlContext, name: TopicName): Promise<Topic> {
  const key = topicKeyOf(name, defaults);
  const topic = await env.topics.findTopic(key);
  if (topic) return topic;
  throw new ControlError(
    404,
    `Topic ${key.name} does not exist in account ${key.account}, region ${key.region}. ` +
      'GET /_squab/topics lists all topics.',
  );
}

/** @internal Returns a subscription of a topic, by its ID or ARN. Throws ControlError (404) if it does not exist. */
export async function subscriptionOf({ env }: ControlContext, topic: Topic, name: string): Promise<Subscription> {
  const id = name.slice(name.lastIndexOf(':') + 1);
  const found = await env.topics.findSubscription(id);
  if (found?.topicId === topic.id && found.detachedAt === undefined) return found;
  throw new ControlError(
    404,
    `Topic ${topic.name} has no subscription ${JSON.stringify(name)}. ` +
      `GET /_squab/topics/${topic.name}/subscriptions lists them.`,
  );
}
