import { reportSubscription } from '../../topics/subscription-attributes.ts';
import { findSubscription } from '../../topics/subscriptions.ts';
import { subscriptionIdIn } from '../../topics/topic-arn.ts';
import { optional, required, string, structure } from '../wires/shape.ts';
import { attributes } from './shapes.ts';
import { needsOnSubscription, snsOperation } from './sns-operation.ts';

export const getSubscriptionAttributes = snsOperation({
  name: 'GetSubscriptionAttributes',
  summary: 'Returns the attributes of a subscription.',
  input: structure({ SubscriptionArn: required(string) }),
  output: structure({ Attributes: optional(attributes) }),
  needs: ({ SubscriptionArn }, call) => needsOnSubscription('GetSubscriptionAttributes', SubscriptionArn, call),
  async handle({ SubscriptionArn }, { env }) {
    const subscription = await findSubscription(env, subscriptionIdIn(SubscriptionArn));
    const topic = await env.topics.findTopic(subscription.topic);
    return { Attributes: reportSubscription(subscription, topic?.attributes.get('DeliveryPolicy')) };
  },
});
