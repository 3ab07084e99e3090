import { accountArn } from '../../queues/arn.ts';
import { subscribe } from '../../topics/subscriptions.ts';
import { subscriptionArn } from '../../topics/topic-arn.ts';
import { boolean, optional, required, string, structure } from '../wires/shape.ts';
import { attributes } from './shapes.ts';
import { topicOperation } from './sns-operation.ts';

export const subscribeOperation = topicOperation({
  name: 'Subscribe',
  summary: 'Subscribes an endpoint to a topic.',
  input: structure({
    TopicArn: required(string),
    Protocol: required(string),
    Endpoint: optional(string),
    Attributes: optional(attributes),
    ReturnSubscriptionArn: optional(boolean),
  }),
  output: structure({ SubscriptionArn: optional(string) }),
  async handle(topic, { Protocol, Endpoint = '', Attributes, ReturnSubscriptionArn }, { env, caller, ...call }) {
    const subscription = await subscribe(env, topic, {
      protocol: Protocol,
      endpoint: Endpoint,
      attributes: Attributes ?? new Map(),
      owner: caller.account,
      principal: call.identity?.principal?.arn ?? accountArn(caller.account, caller.region),
      linkBase: call.base(topic),
    });
    const isShown = subscription.confirmed || ReturnSubscriptionArn === true;
    return { SubscriptionArn: isShown ? subscriptionArn(subscription) : 'pending confirmation' };
  },
});
