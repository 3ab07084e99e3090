import { refusalOr, SqsError } from '../../errors.ts';
import { invalid } from '../../topics/refusals.ts';
import { confirmSubscription } from '../../topics/subscriptions.ts';
import { subscriptionArn, topicKeyIn } from '../../topics/topic-arn.ts';
import { optional, required, string, structure } from '../wires/shape.ts';
import { regionOf, snsOperation } from './sns-operation.ts';

export const confirmSubscriptionOperation = snsOperation({
  name: 'ConfirmSubscription',
  summary: 'Confirms a subscription with the token that its endpoint was sent.',
  input: structure({
    TopicArn: required(string),
    Token: required(string),
    AuthenticateOnUnsubscribe: optional(string),
  }),
  output: structure({ SubscriptionArn: optional(string) }),
  unsigned: true,
  needs: () => [],
  async handle({ TopicArn, Token, AuthenticateOnUnsubscribe }, call) {
    checkTopic(TopicArn, regionOf(call));
    const subscription = await confirmSubscription(call.env, {
      token: Token,
      isSigned: !call.caller.isAnonymous,
      signedUnsubscribe: AuthenticateOnUnsubscribe?.toLowerCase() === 'true',
    });
    return { SubscriptionArn: subscriptionArn(subscription) };
  },
});

/** The token decides, not the name of the topic. Throws `InvalidParameter`. */
function checkTopic(arn: string, region: string | undefined): void {
  if (refusalOr(() => topicKeyIn(arn, 'TopicArn', region)) instanceof SqsError) throw invalid('Topic');
}
