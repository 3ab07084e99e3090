/**
 * Subscribers that are not queues: HTTP endpoints and functions. Their messages are put into the backlogs of their
 * subscriptions, from which the deliverer takes them.
 */

import type { QueueSettings } from '../storage/store.ts';
import type { QueueDelivery, Subscription, Topic } from '../storage/topics.ts';
import type { Clock } from '../time/clock.ts';
import { backlogMessage, type Due } from './deliveries/backlog.ts';
import {
  type ConfirmationInput,
  subscriptionConfirmation,
  unsubscribeConfirmation,
} from './deliveries/confirmations.ts';
import { Deliverer, type DelivererOptions } from './deliveries/deliverer.ts';
import { effectiveOfSubscription } from './deliveries/delivery-policy.ts';
import type { Subscriber } from './deliveries/subscriber.ts';
import type { TopicsEnv } from './env.ts';
import { linkBaseOf } from './link-base.ts';
import { type EnvelopeSignature, envelopeOf } from './publishing/envelope.ts';
import { type Publication, signatureVersionOf, textFor } from './publishing/publication.ts';
import { mayReceiveFrom } from './queue-access.ts';
import { deadLetterArn, isRaw } from './subscription-attributes.ts';
import { subscriptionArn, topicArn } from './topic-arn.ts';

type Reached = Subscriber['protocol'];

/** "Amazon SNS attempts to deliver for 23 days" to functions, and much shorter to HTTP endpoints. */
const RETENTION_MS = 24 * 24 * 60 * 60_000;

const backlog: QueueSettings = { fifo: false, retentionMs: RETENTION_MS, attributes: new Map(), tags: new Map() };

/** Returns the settings of the backlog of a subscription with this protocol; undefined if it needs none. */
export function backlogFor(protocol: string): QueueSettings | undefined {
  return isReached(protocol) ? backlog : undefined;
}

function isReached(protocol: string): protocol is Reached {
  return protocol === 'http' || protocol === 'https' || protocol === 'lambda';
}

/** Creates the deliverer. `env` need not have one yet. */
export function makeDeliverer(
  env: Omit<TopicsEnv, 'deliverer'>,
  options: { machine: Clock } & Omit<DelivererOptions, 'env' | 'machine' | 'find' | 'maySend'>,
): Deliverer {
  return new Deliverer({
    ...options,
    env,
    async find(id) {
      const subscription = await env.topics.findSubscription(id);
      const topic = subscription && (await env.topics.findTopic(subscription.topic));
      return subscription && topic && subscription.detachedAt === undefined
        ? subscriberOf(subscription, topic)
        : undefined;
    },
    maySend: (queue, topic) => !env.enforcesPolicies || mayReceiveFrom(queue, topic, env.clock.now()),
  });
}

function subscriberOf(subscription: Subscription, topic: Topic | undefined): Subscriber {
  const { id, protocol, endpoint, confirmed, attributes } = subscription;
  return {
    ...{ id, endpoint, confirmed, protocol: protocol as Reached },
    arn: subscriptionArn(subscription),
    topic: subscription.topic,
    topicArn: topicArn(subscription.topic),
    policy: effectiveOfSubscription(attributes.get('DeliveryPolicy'), topic?.attributes.get('DeliveryPolicy')),
    deadLetterArn: deadLetterArn(subscription),
  };
}

/** Starts to deliver all backlogs: at the start, and after a restored snapshot. */
export async function deliverBacklogs({ topics, deliverer }: TopicsEnv): Promise<void> {
  const { subscriptions } = await topics.everything();
  deliverer.lookAgain();
  for (const subscription of subscriptions) deliverer.take(subscription);
}

/** Delivers the backlogs that there are now, and no others: another node has changed subscriptions. */
export async function followBacklogs({ topics, deliverer }: TopicsEnv): Promise<void> {
  await deliverer.takeOnly(async () => (await topics.everything()).subscriptions);
}

/** Returns the message for the backlog of a subscription. */
export function backlogDelivery(
  env: TopicsEnv,
  publication: Publication,
  subscription: Subscription,
  signature: EnvelopeSignature | undefined,
): QueueDelivery {
  const raw = isRaw(subscription);
  const linkBase = linkBaseOf(env, subscription);
  const due: Due = {
    ...{ type: 'Notification', messageId: publication.messageId, raw },
    body: raw
      ? textFor(publication, subscription)
      : envelopeOf(publication, subscription, { linkBase, sequence: undefined, signature }),
    ...(raw && publication.attributes.size > 0 && { attributes: publication.attributes }),
  };
  return { queueId: subscription.backlogId!, message: backlogMessage(due) };
}

/** Asks an endpoint to confirm its subscription. */
export async function askForConfirmation(env: TopicsEnv, topic: Topic, subscription: Subscription): Promise<void> {
  const { backlogId, token } = subscription;
  if (backlogId === undefined || token === undefined) return;
  const input = confirmationOf(env, topic, subscription, token);
  const body = await subscriptionConfirmation(env.signatures, input);
  const due: Due = { type: 'SubscriptionConfirmation', messageId: input.messageId, raw: false, body };
  await env.store.send(backlogId, [backlogMessage(due)], env.clock.now());
}

/** Sends an HTTP endpoint the message that its subscription was removed, with a link that restores it. */
export async function sendUnsubscribeConfirmation(
  env: TopicsEnv,
  topic: Topic | undefined,
  subscription: Subscription,
  token: string,
): Promise<void> {
  const input = confirmationOf(env, topic, subscription, token);
  const body = await unsubscribeConfirmation(env.signatures, input, subscriptionArn(subscription));
  env.deliverer.sendUnsubscribeConfirmation(subscriberOf(subscription, topic), input.messageId, body);
}

function confirmationOf(
  env: TopicsEnv,
  topic: Topic | undefined,
  subscription: Subscription,
  token: string,
): ConfirmationInput {
  return {
    ...{ messageId: env.newId(), topicArn: topicArn(subscription.topic), token },
    linkBase: linkBaseOf(env, subscription),
    sentAt: env.clock.now(),
    signatureVersion: topic ? signatureVersionOf(topic) : '1',
  };
}
