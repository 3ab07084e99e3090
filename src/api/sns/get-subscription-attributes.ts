import { reportSubscription } from '../../topics/subscription-attributes.ts';
import { findSubscription } from '../../topics/subscriptions.ts';
import { optional, required, string, structure } from '../wires/shape.ts';
import { attributes } from './shapes.ts';
import { needsOnSubscription, snsOperation, subscriptionOf } from './sns-operation.ts';

export const getSubscriptionAttributes = snsOperation({
  name: 'GetSubscriptionAttributes',
  summary: 'Returns the attributes of a subscription.',
  input: structure({ SubscriptionArn: required(string) }),
  output: structure({ Attributes: optional(attributes) }),
  needs: ({ SubscriptionArn }, call) => needsOnSubscription('GetSubscriptionAttributes', SubscriptionArn, call),
  async handle({ SubscriptionArn }, call) {
    const { env } = call;
    const subscription = await findSubscription(env, await subscriptionOf(call, SubscriptionArn));
    const topic = await env.topics.findTopic(subscription.topic);
    return { Attributes: reportSubscription(subscription, topic?.attributes.get('DeliveryPolicy')) };
  },
});
