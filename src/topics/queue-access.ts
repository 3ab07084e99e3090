/**
 * Whether the policy of a queue lets a topic send to it.
 * Source: developer guide of SNS, "Giving permissions to the Amazon SNS topic to send messages to the Amazon SQS
 * queue".
 */

import { queueArn } from '../queues/arn.ts';
import { Steps } from '../queues/policies/answers.ts';
import { contextOf } from '../queues/policies/context.ts';
import { allows, denies, policyOf } from '../queues/policies/evaluation.ts';
import { principalOf } from '../queues/policies/principal.ts';
import type { Queue } from '../storage/store.ts';
import type { TopicKey } from '../storage/topics.ts';
import { topicArn } from './topic-arn.ts';

const SNS = principalOf('sns.amazonaws.com');

/** Even a queue of the topic's own account must allow it: the sender is the service. */
export function mayReceiveFrom(queue: Queue, topic: TopicKey): boolean {
  const text = queue.attributes.get('Policy');
  if (text === undefined) return false;
  const policy = policyOf(text);
  const request = {
    principal: SNS,
    action: 'SendMessage',
    resource: queueArn(queue),
    context: contextOf([
      ['aws:SourceArn', topicArn(topic)],
      ['aws:SourceAccount', topic.account],
      ['aws:PrincipalIsAWSService', 'true'],
      ['aws:PrincipalServiceName', SNS.arn],
      ['aws:SecureTransport', 'true'],
      ['aws:RequestedRegion', queue.region],
    ]),
    steps: new Steps(),
  };
  return !denies(policy, request) && allows(policy, request);
}
