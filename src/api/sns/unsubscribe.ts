import { unsubscribe } from '../../topics/subscriptions.ts';
import { subscriptionIdIn } from '../../topics/topic-arn.ts';
import { required, string, structure } from '../wires/shape.ts';
import { snsOperation } from './sns-operation.ts';

export const unsubscribeOperation = snsOperation({
  name: 'Unsubscribe',
  summary: 'Removes a subscription. Succeeds if it does not exist.',
  input: structure({ SubscriptionArn: required(string) }),
  unsigned: true,
  needs: () => [],
  async handle({ SubscriptionArn }, { env, caller, identity }) {
    await unsubscribe(env, subscriptionIdIn(SubscriptionArn), {
      isSigned: !caller.isAnonymous,
      // A service belongs to no account.
      account: identity?.principal ? identity.principal.account : caller.account,
    });
  },
});
