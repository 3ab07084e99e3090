/**
 * Turns a publication into messages for the subscribed queues, or for the dead-letter queue of a subscription whose
 * queue cannot take the message. Source: developer guide, "Fanout to Amazon SQS queues" and "Amazon SNS dead-letter
 * queues".
 */

import { SqsError } from '../../errors.ts';
import { parseArn } from '../../queues/arn.ts';
import { stepsOfPolicy } from '../../queues/policies/evaluation.ts';
import { prepareSend, type SendInput, singleSend } from '../../queues/send.ts';
import type { Queue } from '../../storage/store.ts';
import type { QueueDelivery, Subscription, TopicKey } from '../../storage/topics.ts';
import { Portions } from '../../time/portions.ts';
import { SNS_SENDER_ID } from '../deliveries/dead-letters.ts';
import type { TopicsEnv } from '../env.ts';
import { linkBaseOf } from '../link-base.ts';
import { mayReceiveFrom } from '../queue-access.ts';
import { deadLetterArn, isRaw } from '../subscription-attributes.ts';
import { topicArn } from '../topic-arn.ts';
import type { Undelivered } from '../topic-reports.ts';
import { envelopeOf, type SignatureFor } from './envelope.ts';
import { type Publication, textFor } from './publication.ts';

/** A queue, and whether its policy lets the topic send to it. */
interface TargetQueue {
  queue: Queue;
  mayReceive: boolean;
}

/** A subscription that gets a message, with its queues; they are undefined if they do not exist. */
export interface Target {
  subscription: Subscription;
  queue: TargetQueue | undefined;
  deadLetterQueue: TargetQueue | undefined;
}

/** Returns the targets of these subscriptions to a topic. Looks each queue up only once. */
export async function targetsOf(
  env: TopicsEnv,
  topic: TopicKey,
  subscriptions: readonly Subscription[],
): Promise<Target[]> {
  const portions = new Portions();
  const arns = new Set<string>();
  for (const subscription of subscriptions) {
    let steps = 1;
    const letters = deadLetterArn(subscription, (characters) => {
      steps += characters;
    });
    arns.add(subscription.endpoint);
    if (letters !== undefined) arns.add(letters);
    const over = portions.done(steps);
    if (over) await over;
  }
  const found = new Map<string, TargetQueue | undefined>();
  await Promise.all(
    [...arns].map(async (arn) => {
      const key = parseArn(arn);
      const queue = key && (await env.store.findQueue(key));
      found.set(arn, queue && { queue, mayReceive: true });
    }),
  );
  if (env.enforcesPolicies) {
    for (const one of found.values()) {
      if (!one) continue;
      one.mayReceive = mayReceiveFrom(one.queue, topic, env.clock.now());
      const over = portions.done(stepsOfPolicy(one.queue.attributes.get('Policy')));
      if (over) await over;
    }
  }
  return subscriptions.map((subscription) => ({
    subscription,
    queue: found.get(subscription.endpoint),
    deadLetterQueue: found.get(deadLetterArn(subscription) ?? ''),
  }));
}

/** What all deliveries of a publication have in common. */
export interface Common {
  /** The number of the publication, in a FIFO topic. */
  sequence: number | undefined;
  signatureFor: SignatureFor;
}

/** The message that a target gets, which may go to the dead-letter queue instead of the queue, or be lost. */
export interface TargetDelivery {
  delivery?: QueueDelivery | undefined;
  /** Why the queue does not get it. */
  undelivered?: Undelivered | undefined;
}

/** Returns the message for a target. Does not wait for anything, since an engine calls it within a transaction. */
export function queueDelivery(
  env: TopicsEnv,
  publication: Publication,
  { subscription, queue, deadLetterQueue }: Target,
  common: Common,
): TargetDelivery {
  const input = inputFor(env, publication, subscription, common);
  const delivery = deliveryTo(env, publication, queue, input);
  if (typeof delivery !== 'string') return { delivery };
  const letter = deadLetterQueue ? deliveryTo(env, publication, deadLetterQueue, input) : undefined;
  const arn = deadLetterArn(subscription);
  const missing = arn === undefined || deadLetterQueue ? undefined : 'it does not exist';
  const undelivered = {
    subscription,
    reason: delivery,
    deadLetterArn: arn,
    deadLetterReason: typeof letter === 'string' ? letter : missing,
  };
  return { undelivered, delivery: typeof letter === 'string' ? undefined : letter };
}

/** Returns the message to send, or why the queue cannot take it. */
function deliveryTo(
  env: TopicsEnv,
  { topic, traceHeader, groupId, deduplicationId, messageId }: Publication,
  target: TargetQueue | undefined,
  input: SendInput,
): QueueDelivery | string {
  if (!target) return 'the queue does not exist';
  const { queue } = target;
  if (!target.mayReceive) return 'the policy of the queue does not allow it';
  const isPassed = queue.fifo === topic.fifo;
  const given = { ...input, ...(isPassed && { groupId }), ...(queue.fifo && { deduplicationId }) };
  try {
    const { message } = prepareSend(env, queue, given, { id: SNS_SENDER_ID, traceHeader }, singleSend);
    const expected = queue.fifo ? new Map([['DelaySeconds', queue.attributes.get('DelaySeconds')]]) : undefined;
    return {
      queueId: queue.id,
      message: { ...message, publication: { topicArn: topicArn(topic), messageId } },
      ...(expected && { expected }),
    };
  } catch (error) {
    if (error instanceof SqsError) return error.message;
    throw error;
  }
}

function inputFor(
  env: TopicsEnv,
  publication: Publication,
  subscription: Subscription,
  { sequence, signatureFor }: Common,
): SendInput {
  if (isRaw(subscription)) {
    return { body: textFor(publication, subscription), attributes: publication.attributes };
  }
  const parts = { sequence, signature: signatureFor(subscription), linkBase: linkBaseOf(env, subscription) };
  return { body: envelopeOf(publication, subscription, parts) };
}
