/** Reads the topics of a running server with SNS operations. */

import { parseArn } from '../queues/arn.ts';
import { type CallSqs, NotSqs, type Owner, Refused } from './call-sqs.ts';
import { readSubscription, readSubscriptions, readTopic, topicArns } from './existing-topics.ts';
import type { SubscriptionState, TopicState } from './written-topics.ts';

/** Reads the topics of an account and region, sorted by name; none from a server without SNS. */
export async function collectTopics(callSqs: CallSqs, owner: Owner): Promise<TopicState[]> {
  let arns: string[];
  try {
    arns = await topicArns(callSqs, owner);
  } catch (error) {
    // Servers other than Squab may have queues only.
    if (error instanceof Refused || error instanceof NotSqs) return [];
    throw error;
  }
  const topics: TopicState[] = [];
  for (const arn of arns) {
    const topic = await unlessGone(() => readOne(callSqs, owner, arn));
    if (topic) topics.push(topic);
  }
  return topics;
}

async function readOne(callSqs: CallSqs, owner: Owner, topicArn: string): Promise<TopicState> {
  const { attributes, tags } = await readTopic(callSqs, owner, topicArn);
  const subscriptions: SubscriptionState[] = [];
  for (const { arn, protocol, endpoint } of await readSubscriptions(callSqs, owner, topicArn)) {
    if (arn === undefined) subscriptions.push({ protocol, endpoint, attributes: undefined });
    else {
      const found = await unlessGone(() => readSubscription(callSqs, owner, arn));
      if (found) subscriptions.push({ protocol, endpoint, attributes: found });
    }
  }
  const { account, region, name } = parseArn(topicArn)!;
  return { account, region, name, attributes, tags, subscriptions };
}

/** Resolves to undefined if the topic or the subscription has been deleted in the meantime. */
async function unlessGone<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Refused && /^(NotFound|ResourceNotFound)$/.test(error.code)) return undefined;
    throw error;
  }
}
