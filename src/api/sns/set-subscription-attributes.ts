import { setSubscriptionAttribute } from '../../topics/subscriptions.ts';
import { optional, required, string, structure } from '../wires/shape.ts';
import { needsOnSubscription, snsOperation, subscriptionOf } from './sns-operation.ts';

export const setSubscriptionAttributes = snsOperation({
  name: 'SetSubscriptionAttributes',
  summary: 'Sets an attribute of a subscription.',
  input: structure({
    SubscriptionArn: required(string),
    AttributeName: required(string),
    AttributeValue: optional(string),
  }),
  needs: ({ SubscriptionArn }, call) => needsOnSubscription('SetSubscriptionAttributes', SubscriptionArn, call),
  async handle({ SubscriptionArn, AttributeName, AttributeValue }, call) {
    const id = await subscriptionOf(call, SubscriptionArn);
    await setSubscriptionAttribute(call.env, id, AttributeName, AttributeValue);
  },
});
