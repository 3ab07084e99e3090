import { listSubscriptions } from '../../topics/subscriptions.ts';
import { optional, required, string, structure } from '../wires/shape.ts';
import { listedSubscription, subscriptions } from './shapes.ts';
import { topicOperation } from './sns-operation.ts';

export const listSubscriptionsByTopic = topicOperation({
  name: 'ListSubscriptionsByTopic',
  summary: 'Lists the subscriptions to a topic, a page at a time.',
  input: structure({ TopicArn: required(string), NextToken: optional(string) }),
  output: structure({ Subscriptions: optional(subscriptions), NextToken: optional(string) }),
  async handle(topic, { NextToken }, { env }) {
    const { items, nextToken } = await listSubscriptions(env, topic, topic.id, NextToken);
    return { Subscriptions: items.map(listedSubscription), NextToken: nextToken };
  },
});
