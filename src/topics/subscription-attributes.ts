/**
 * The attributes of subscriptions: which ones can be set, their values, and what GetSubscriptionAttributes reports.
 * Source: API reference, Subscribe, SetSubscriptionAttributes and GetSubscriptionAttributes; error texts as observed on
 * the service.
 */

import { parseArn } from '../queues/arn.ts';
import { FIFO_SUFFIX } from '../queues/catalog.ts';
import { parseJsonObject } from '../queues/json-object.ts';
import { bytesOfSubscription } from '../storage/catalogue-bound.ts';
import type { Subscription } from '../storage/topics.ts';
import { effectiveSubscriptionPolicy, normalSubscriptionDeliveryPolicy } from './deliveries/delivery-policy.ts';
import { CompiledFilters } from './filters/compiled-filters.ts';
import { type FilterPolicy, type FilterScope, parseFilterPolicy } from './filters/filter-policy.ts';
import { InvalidText } from './invalid-text.ts';
import { checkLength, invalid, refusing } from './refusals.ts';
import { subscriptionArn, topicArn } from './topic-arn.ts';

/** Attributes that Squab itself stores with a subscription. No client can set these. */
export const KEPT = {
  /** The ARN of the caller who subscribed. */
  principal: 'SubscriptionPrincipal',
  /** `true` if the request that confirmed the subscription was signed. */
  authenticated: 'ConfirmationWasAuthenticated',
  /** `true` if only signed requests may unsubscribe. */
  signedUnsubscribe: 'AuthenticateOnUnsubscribe',
  /** The URL by which the subscriber reached Squab, for links in messages. */
  linkBase: 'LinkBase',
} as const;

/** What the validity of an attribute depends on. */
export interface OfSubscription {
  protocol: string;
  endpoint: string;
  /** Whether its topic is a FIFO topic. */
  fifo: boolean;
}

interface Checked extends OfSubscription {
  prefix: string;
  /** The filter policy scope once the request is carried out. */
  scope: FilterScope;
}

/**
 * Returns the value in the form in which it is stored; undefined removes the attribute. Throws InvalidText, whose
 * message begins with `prefix`.
 */
type Normal = (value: string, checked: Checked) => string | undefined;

const orNone: Normal = (value) => value || undefined;

const settable: Readonly<Record<string, Normal>> = {
  RawMessageDelivery: rawDelivery,
  FilterPolicyScope: filterPolicyScope,
  FilterPolicy: filterPolicy,
  RedrivePolicy: redrivePolicy,
  DeliveryPolicy: (value, { prefix }) => (value === '' ? undefined : normalSubscriptionDeliveryPolicy(value, prefix)),
  SubscriptionRoleArn: orNone,
  ReplayPolicy: orNone,
};

/** The names of the attributes that can be set. */
export const subscriptionAttributes: readonly string[] = Object.keys(settable);

const defaults: Readonly<Record<string, string>> = {
  RawMessageDelivery: 'false',
  FilterPolicyScope: 'MessageAttributes',
};

/** The protocols that can deliver a message without an envelope. */
const RAW_PROTOCOLS: ReadonlySet<string> = new Set(['sqs', 'http', 'https', 'firehose']);

/**
 * Checks the attributes of a Subscribe request, and returns them in the form in which they are stored; a value of
 * undefined means that the attribute was given as unset. Throws `InvalidParameter`.
 */
export function checkNewSubscription(
  of: OfSubscription,
  given: ReadonlyMap<string, string>,
): Map<string, string | undefined> {
  const prefix = 'Invalid parameter: Attributes Reason: ';
  const scope = scopeOf(given.get('FilterPolicyScope'));
  const result = new Map<string, string | undefined>();
  for (const [name, value] of given) {
    if (!Object.hasOwn(settable, name)) throw invalid(`Attributes Reason: Unknown attribute ${name}`);
    checkLength(name, value);
    result.set(
      name,
      refusing(() => settable[name]!(value, { ...of, prefix, scope })),
    );
  }
  return result;
}

/** Returns whether these attributes of a Subscribe request differ from those of the existing subscription. */
export function differFrom({ attributes }: Subscription, given: ReadonlyMap<string, string | undefined>): boolean {
  return [...given].some(([name, value = defaults[name]]) => value !== (attributes.get(name) ?? defaults[name]));
}

/**
 * Checks one attribute of an existing subscription, and returns its value as it is stored; undefined removes it.
 * `value` is undefined if the request has none. Throws `InvalidParameter`.
 */
export function checkChangedSubscription(
  subscription: Subscription,
  fifo: boolean,
  name: string,
  value: string | undefined,
): string | undefined {
  if (!Object.hasOwn(settable, name)) throw invalid('AttributeName');
  checkLength(name, value ?? '');
  if (name === 'RedrivePolicy' && value === undefined) return undefined;
  const { protocol, endpoint, attributes } = subscription;
  const scope = scopeOf(name === 'FilterPolicyScope' ? value : attributes.get('FilterPolicyScope'));
  const checked = { protocol, endpoint, fifo, prefix: 'Invalid parameter: ', scope };
  return refusing(() => {
    const normal = settable[name]!(value ?? '', checked);
    // A policy for bodies may be nested, and then cannot become one for attributes.
    const policy = attributes.get('FilterPolicy');
    if (name === 'FilterPolicyScope' && policy !== undefined) filterPolicy(policy, checked);
    return normal;
  });
}

function scopeOf(value: string | undefined): FilterScope {
  return value === 'MessageBody' ? value : 'MessageAttributes';
}

function rawDelivery(value: string, { prefix, protocol }: Checked): string {
  const normal = value.toLowerCase();
  if (normal !== 'true' && normal !== 'false') {
    throw new InvalidText(`${prefix}RawMessageDelivery: Invalid value [${value}]. Must be true or false.`);
  }
  if (RAW_PROTOCOLS.has(protocol)) return normal;
  throw new InvalidText(`${prefix}Delivery protocol [${protocol}] does not support raw message delivery.`);
}

function filterPolicyScope(value: string, { prefix }: Checked): string {
  if (value === 'MessageBody' || value === 'MessageAttributes') return value;
  const reason = 'Please use either MessageBody or MessageAttributes';
  throw new InvalidText(`${prefix}FilterPolicyScope: Invalid value [${value}]. ${reason}`);
}

/** Kept as the client wrote it, since infrastructure tools wait until the policy that they read is the one they set. */
function filterPolicy(value: string, { prefix, scope }: Checked): string | undefined {
  if (value === '') return undefined;
  const { rules } = parseFilterPolicy(value, scope, prefix);
  return rules.parts.length === 0 ? undefined : value;
}

/** No ARN of a queue is longer: its name has up to 80 characters. What is parsed is kept besides the policy itself. */
const QUEUE_ARN_MAX = 256;

function redrivePolicy(value: string, { prefix, endpoint, fifo }: Checked): string {
  const policy = parseJsonObject(value);
  if (!policy) throw new InvalidText(`${prefix}RedrivePolicy: failed to parse JSON.`);
  const { deadLetterTargetArn: arn } = policy;
  if (typeof arn !== 'string' || arn.length > QUEUE_ARN_MAX || parseArn(arn)?.service !== 'sqs') {
    throw new InvalidText(`${prefix}RedrivePolicy: deadLetterTargetArn is an invalid arn`);
  }
  if (fifo && endpoint.endsWith(FIFO_SUFFIX) && !arn.endsWith(FIFO_SUFFIX)) {
    throw new InvalidText(
      `${prefix}RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.`,
    );
  }
  return value;
}

/** Returns everything that GetSubscriptionAttributes reports. `topicPolicy`: the delivery policy of the topic. */
export function reportSubscription(subscription: Subscription, topicPolicy: string | undefined): Map<string, string> {
  const { protocol, endpoint, owner, confirmed, attributes } = subscription;
  const report = new Map<string, string>([
    ['SubscriptionArn', subscriptionArn(subscription)],
    ['TopicArn', topicArn(subscription.topic)],
    ['Owner', owner],
    ['Protocol', protocol],
    ['Endpoint', endpoint],
    [KEPT.principal, attributes.get(KEPT.principal) ?? owner],
    ['PendingConfirmation', String(!confirmed)],
    [KEPT.authenticated, attributes.get(KEPT.authenticated) ?? 'false'],
    ['RawMessageDelivery', attributes.get('RawMessageDelivery') ?? defaults.RawMessageDelivery!],
  ]);
  const policy = attributes.get('FilterPolicy');
  if (policy !== undefined) {
    report.set('FilterPolicy', policy);
    report.set('FilterPolicyScope', scopeOf(attributes.get('FilterPolicyScope')));
  }
  for (const name of ['RedrivePolicy', 'DeliveryPolicy', 'SubscriptionRoleArn', 'ReplayPolicy']) {
    const value = attributes.get(name);
    if (value !== undefined) report.set(name, value);
  }
  if (protocol === 'http' || protocol === 'https') {
    report.set('EffectiveDeliveryPolicy', effectiveSubscriptionPolicy(attributes.get('DeliveryPolicy'), topicPolicy));
  }
  return report;
}

const filters = new CompiledFilters<Subscription>();

/**
 * Returns the filter policy of a subscription; undefined if it has none. `compiled`, if given, receives the length of a
 * policy that had to be compiled.
 */
export function filterOf(
  subscription: Subscription,
  compiled: (characters: number) => void = () => {},
): FilterPolicy | undefined {
  const text = subscription.attributes.get('FilterPolicy');
  if (text === undefined) return undefined;
  const known = filters.get(subscription);
  if (known) return known;
  const filter = parseFilterPolicy(text, scopeOf(subscription.attributes.get('FilterPolicyScope')), '');
  filters.set(subscription, filter, bytesOfSubscription(subscription));
  compiled(text.length);
  return filter;
}

/** Returns whether the subscription's messages have no envelope. */
export function isRaw({ attributes }: Subscription): boolean {
  return attributes.get('RawMessageDelivery') === 'true';
}

const deadLetterArns = new WeakMap<Subscription, string>();

/**
 * Returns the ARN of the subscription's dead-letter queue. Its redrive policy, which can be long, is parsed only once;
 * `parsed`, if given, then receives its length.
 */
export function deadLetterArn(
  subscription: Subscription,
  parsed: (characters: number) => void = () => {},
): string | undefined {
  const text = subscription.attributes.get('RedrivePolicy');
  if (text === undefined) return undefined;
  const known = deadLetterArns.get(subscription);
  if (known !== undefined) return known;
  const arn = parseJsonObject(text)?.deadLetterTargetArn;
  parsed(text.length);
  if (typeof arn !== 'string') return undefined;
  deadLetterArns.set(subscription, arn);
  return arn;
}
