import { unsubscribe } from '../../topics/subscriptions.ts';
import { required, string, structure } from '../wires/shape.ts';
import { snsOperation, subscriptionOf } from './sns-operation.ts';

export const unsubscribeOperation = snsOperation({
  name: 'Unsubscribe',
  summary: 'Removes a subscription. Succeeds if it does not exist.',
  input: structure({ SubscriptionArn: required(string) }),
  unsigned: true,
  needs: () => [],
  async handle({ SubscriptionArn }, call) {
    const { env, caller, identity } = call;
    await unsubscribe(env, await subscriptionOf(call, SubscriptionArn), {
      isSigned: !caller.isAnonymous,
      // A service belongs to no account.
      account: identity?.principal ? identity.principal.account : caller.account,
    });
  },
});
