/**
 * Whether the policy of a queue lets a topic send to it.
 * Source: developer guide of SNS, "Giving permissions to the Amazon SNS topic to send messages to the Amazon SQS
 * queue".
 */

import { policyAllows } from '../queues/policies/own-requests.ts';
import { principalOf } from '../queues/policies/principal.ts';
import type { Queue } from '../storage/store.ts';
import type { TopicKey } from '../storage/topics.ts';
import type { Millis } from '../time/clock.ts';
import { topicArn } from './topic-arn.ts';

const SNS = principalOf('sns.amazonaws.com');

/** Even a queue of the topic's own account must allow it: the sender is the service. */
export function mayReceiveFrom(queue: Queue, topic: TopicKey, now: Millis): boolean {
  const keys = [
    ['aws:SourceArn', topicArn(topic)],
    ['aws:SourceAccount', topic.account],
  ] as const;
  return policyAllows(queue, { principal: SNS, actions: ['SendMessage'], keys }, now);
}
