import { listSubscriptions } from '../../topics/subscriptions.ts';
import { optional, string, structure } from '../wires/shape.ts';
import { listedSubscription, subscriptions } from './shapes.ts';
import { snsOperation } from './sns-operation.ts';

export const listSubscriptionsOperation = snsOperation({
  name: 'ListSubscriptions',
  summary: "Lists the subscriptions to the caller's topics, a page at a time.",
  input: structure({ NextToken: optional(string) }),
  output: structure({ Subscriptions: optional(subscriptions), NextToken: optional(string) }),
  async handle({ NextToken }, { env, caller }) {
    const { items, nextToken } = await listSubscriptions(env, caller, undefined, NextToken);
    return { Subscriptions: items.map(listedSubscription), NextToken: nextToken };
  },
});
