/**
 * Subscribes, confirms, lists, changes and unsubscribes.
 * Source: API reference, Subscribe, ConfirmSubscription, SetSubscriptionAttributes and Unsubscribe; error texts as
 * observed on the service.
 */

import { SqsError } from '../errors.ts';
import { ownText } from '../queues/own-text.ts';
import type { Subscription, Topic } from '../storage/topics.ts';
import type { Millis } from '../time/clock.ts';
import { checkEndpoint, confirming } from './endpoints.ts';
import type { TopicsEnv } from './env.ts';
import { carriesLarge, LARGE_SUBSCRIPTIONS_MAX, notLarge } from './large-topics.ts';
import { type Listed, listedPage } from './listing.ts';
import { invalid, subscriptionDoesNotExist, topicDoesNotExist } from './refusals.ts';
import { askForConfirmation, backlogFor, sendUnsubscribeConfirmation } from './subscribers.ts';
import { checkChangedSubscription, checkNewSubscription, differFrom, KEPT } from './subscription-attributes.ts';
import { MESSAGE_BYTES, messageBytesMax } from './topic-attributes.ts';

/** "The confirmation token is valid for two days." */
const TOKEN_LIFE_MS = 2 * 24 * 60 * 60_000;

export interface SubscribeInput {
  protocol: string;
  endpoint: string;
  attributes: ReadonlyMap<string, string>;
  /** The account that subscribes, and the ARN of the caller. */
  owner: string;
  principal: string;
  /** The URL by which the caller reached Squab. */
  linkBase: string;
}

/**
 * Subscribes an endpoint. If it is subscribed already, returns that subscription, provided that each given attribute
 * has the same value. Throws `InvalidParameter`, `NotFound`.
 */
export async function subscribe(env: TopicsEnv, topic: Topic, input: SubscribeInput): Promise<Subscription> {
  const { protocol, endpoint, owner } = input;
  const { fifo } = topic;
  checkEndpoint(protocol, endpoint, fifo);
  const given = checkNewSubscription({ protocol, endpoint, fifo }, input.attributes);
  const isLarge = messageBytesMax(topic) > MESSAGE_BYTES.default;
  if (isLarge && !carriesLarge(protocol)) throw notLarge();
  const isConfirmed = !confirming.has(protocol) || (env.confirmsByItself && /^https?$/.test(protocol));
  const token = isConfirmed ? undefined : newToken(env);
  const attributes = new Map([
    ...[...given].filter((entry): entry is [string, string] => entry[1] !== undefined),
    [KEPT.principal, ownText(input.principal)],
    [KEPT.linkBase, ownText(input.linkBase)],
    ...(token === undefined ? [[KEPT.authenticated, 'true'] as const] : []),
  ]);
  const outcome = await env.topics.subscribe(
    topic.id,
    { id: env.newId(), owner, protocol, endpoint, attributes, token, backlog: backlogFor(protocol) },
    isLarge ? LARGE_SUBSCRIPTIONS_MAX : Number.POSITIVE_INFINITY,
    env.clock.now(),
  );
  if (outcome === undefined) throw topicDoesNotExist();
  if (outcome === 'over-limit') throw notLarge();
  if (!outcome.created && differFrom(outcome.subscription, given)) {
    throw invalid('Attributes Reason: Subscription already exists with different attributes');
  }
  const { subscription } = outcome;
  env.deliverer.take(subscription);
  if (!subscription.confirmed) {
    env.onLapsable?.(lapseOf(subscription));
    await askForConfirmation(env, topic, subscription);
  }
  return subscription;
}

/** Returns 256 random hexadecimal digits. */
function newToken(env: TopicsEnv): string {
  return Array.from({ length: 8 }, () => env.newId().replaceAll('-', '')).join('');
}

export interface Confirmation {
  token: string;
  /** Whether the request has a credential. */
  isSigned: boolean;
  /** Whether later requests to unsubscribe must have one as well. */
  signedUnsubscribe: boolean;
}

/** Confirms the subscription that a token belongs to. Can be repeated. Throws `InvalidParameter`. */
export async function confirmSubscription(
  env: TopicsEnv,
  { token, isSigned, signedUnsubscribe }: Confirmation,
): Promise<Subscription> {
  if (!/^[0-9a-f]+$/i.test(token)) throw new SqsError('InvalidParameter', 'Invalid token');
  const subscription = (await env.topics.findSubscriptionByToken(token)) ?? (await broughtBack(env, token));
  if (!subscription || (!subscription.confirmed && lapseOf(subscription) <= env.clock.now())) {
    throw invalid('Token');
  }
  if (subscription.confirmed) return subscription;
  const attributes = new Map([
    [KEPT.authenticated, String(isSigned)],
    [KEPT.signedUnsubscribe, isSigned && signedUnsubscribe ? 'true' : undefined],
  ]);
  const changed = await env.topics.changeSubscription(subscription.id, { attributes, confirmed: true });
  if (!changed || changed === 'outdated') throw invalid('Token');
  return changed;
}

/** Restores a subscription whose endpoint follows the link in the message about its end. */
async function broughtBack(env: TopicsEnv, token: string): Promise<Subscription | undefined> {
  const now = env.clock.now();
  const ended = env.ended.find(token, now);
  // A database that has lost its last commits gives the numbers of topics again.
  if (!ended || (await env.topics.findTopic(ended.topic))?.id !== ended.topicId) return undefined;
  const subscription = { ...ended.subscription, backlog: backlogFor(ended.subscription.protocol) };
  const outcome = await env.topics.subscribe(ended.topicId, subscription, NEVER, now);
  if (outcome === undefined || outcome === 'over-limit') return undefined;
  env.deliverer.take(outcome.subscription);
  return outcome.subscription;
}

/** Returns a subscription, even if its topic was deleted. Throws `NotFound`. */
export async function findSubscription(env: TopicsEnv, id: string): Promise<Subscription> {
  const subscription = await env.topics.findSubscription(id);
  if (!subscription || lapseOf(subscription) <= env.clock.now()) throw subscriptionDoesNotExist();
  return subscription;
}

/** Sets an attribute. Throws `InvalidParameter`, `NotFound`. */
export async function setSubscriptionAttribute(
  env: TopicsEnv,
  id: string,
  name: string,
  value: string | undefined,
): Promise<void> {
  for (;;) {
    const subscription = await findSubscription(env, id);
    const topic = await env.topics.findTopic(subscription.topic);
    const attributes = new Map([[name, checkChangedSubscription(subscription, topic?.fifo === true, name, value)]]);
    // A policy and its scope must fit together, and a change of one was checked against the other.
    const expected = new Map(
      ['FilterPolicy', 'FilterPolicyScope'].map((one) => [one, subscription.attributes.get(one)]),
    );
    const outcome = await env.topics.changeSubscription(id, { attributes, expected });
    if (outcome === undefined) throw subscriptionDoesNotExist();
    if (outcome !== 'outdated') return;
  }
}

export interface Unsubscriber {
  /** Whether the request has a credential. */
  isSigned: boolean;
  account: string | undefined;
}

/**
 * Removes a subscription. Does nothing if it does not exist. Throws `InvalidParameter` for one that is pending, and
 * `AuthorizationError`.
 */
export async function unsubscribe(env: TopicsEnv, id: string, { isSigned, account }: Unsubscriber): Promise<void> {
  const subscription = await env.topics.findSubscription(id);
  if (!subscription) return;
  if (!subscription.confirmed && subscription.detachedAt === undefined) {
    throw invalid('SubscriptionArn Reason: Cannot unsubscribe a subscription that is pending confirmation');
  }
  const { protocol, owner, topic, detachedAt } = subscription;
  // "Only the owner of the subscription or the topic's owner can unsubscribe." Without policies, any account can.
  const isOwner = isSigned && (!env.enforcesPolicies || account === owner || account === topic.account);
  if (subscription.attributes.get(KEPT.signedUnsubscribe) === 'true' && !isOwner) {
    throw new SqsError(
      'AuthorizationError',
      'The owner of this subscription requires a signed request to unsubscribe.',
    );
  }
  if (!(await env.topics.unsubscribe(id))) return;
  env.deliverer.release(subscription);
  // The owner knows; the endpoint may not have wanted it.
  if (!/^https?$/.test(protocol) || detachedAt !== undefined || (isSigned && account === owner)) return;
  const token = newToken(env);
  env.ended.remember(subscription, token, env.clock.now() + TOKEN_LIFE_MS);
  await sendUnsubscribeConfirmation(env, await env.topics.findTopic(topic), subscription, token);
}

/** Lists a page of subscriptions, of an account and region or of a topic. Throws `InvalidParameter`. */
export function listSubscriptions(
  env: TopicsEnv,
  { account, region }: { account: string; region: string },
  topicId: number | undefined,
  nextToken: string | undefined,
): Promise<Listed<Subscription>> {
  return listedPage(
    nextToken,
    (limit, after) => {
      const place = after === undefined ? undefined : Number(after);
      if (place !== undefined && !Number.isSafeInteger(place)) throw invalid('NextToken');
      const from = place !== undefined && { after: place };
      return env.topics.listSubscriptions({ account, region, topicId, limit, ...from });
    },
    ({ place }) => String(place),
  );
}

/** A subscription stays readable for about 48 hours after its topic was deleted. */
const DETACHED_LIFE_MS = 48 * 60 * 60_000;

export const NEVER = Number.POSITIVE_INFINITY;

/** Returns when a subscription lapses, if nothing happens to it until then. */
export function lapseOf({ detachedAt = NEVER, confirmed, createdAt }: Subscription): Millis {
  return 1 + Math.min(detachedAt + DETACHED_LIFE_MS, confirmed ? NEVER : createdAt + TOKEN_LIFE_MS);
}

/** Returns the instants before which subscriptions were detached, or created and never confirmed, that have lapsed. */
export function lapsedBefore(now: Millis): { detachedAt: Millis; unconfirmedAt: Millis } {
  return { detachedAt: now - DETACHED_LIFE_MS, unconfirmedAt: now - TOKEN_LIFE_MS };
}
