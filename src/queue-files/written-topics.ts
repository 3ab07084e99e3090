/** Topics and their subscriptions in the form of a file. */

import { functionNameOf } from '../functions/function-names.ts';
import { parseArn, queueArn } from '../queues/arn.ts';
import { parseJsonObject } from '../queues/json-object.ts';
import type { QueueKey } from '../storage/store.ts';
import type { TopicKey } from '../storage/topics.ts';
import { shownEndpoint } from '../topics/endpoints.ts';
import { subscriptionAttributes } from '../topics/subscription-attributes.ts';
import { DATA_PROTECTION_POLICY, topicAttributes } from '../topics/topic-attributes.ts';
import { defaultPolicy } from '../topics/topic-policy.ts';
import type { SubscriptionDefinition, TopicDefinition } from './definition.ts';
import { identity, ownerOf, writtenObject, writtenValue } from './written-values.ts';

/** The state of a topic, from a running Squab or a data folder. */
export interface TopicState extends TopicKey {
  /** As GetTopicAttributes reports them, and `DataProtectionPolicy`. */
  attributes: ReadonlyMap<string, string>;
  tags: ReadonlyMap<string, string>;
  /** In the order of their creation. */
  subscriptions: readonly SubscriptionState[];
}

export interface SubscriptionState {
  protocol: string;
  endpoint: string;
  /** As GetSubscriptionAttributes reports them; undefined if they are not known, because it is pending. */
  attributes: ReadonlyMap<string, string> | undefined;
}

/**
 * Returns the topics in the form of a file. Queues among `queues` are written by name if they have the topic's account and
 * region. Calls `warn` for what is left out.
 */
export function topicDefinitionsOf(
  topics: readonly TopicState[],
  queues: readonly QueueKey[],
  warn: (text: string) => void,
): TopicDefinition[] {
  const known = new Set(queues.map(identity));
  return topics.map((topic) => definitionOf(topic, known, warn));
}

function definitionOf(topic: TopicState, known: ReadonlySet<string>, warn: (text: string) => void): TopicDefinition {
  const { name, tags, attributes } = topic;
  // A Squab that starts subscribes HTTP endpoints last.
  const isHttp = ({ protocol }: SubscriptionState) => Number(/^https?$/.test(protocol));
  const subscriptions = topic.subscriptions.toSorted((one, other) => isHttp(one) - isHttp(other));
  const pending = subscriptions.filter((one) => one.attributes === undefined);
  if (pending.length > 0) {
    const endpoints = pending.map(({ endpoint }) => JSON.stringify(shownEndpoint(endpoint))).join(', ');
    warn(
      `These subscriptions of the topic ${name} are written without their attributes, which SNS does not show until ` +
        `they are confirmed: ${endpoints}.`,
    );
  }
  const defaults: Readonly<Record<string, string>> = {
    DisplayName: '',
    Policy: defaultPolicy(topic),
    ContentBasedDeduplication: 'false',
  };
  const own = [...topicAttributes, DATA_PROTECTION_POLICY].flatMap((attribute) => {
    const value = attributes.get(attribute);
    // FifoTopic follows from the name, and defaults need not be written.
    const isWritten = value !== undefined && attribute !== 'FifoTopic' && value !== defaults[attribute];
    return isWritten ? [[attribute, writtenValue(value)] as const] : [];
  });
  return {
    name,
    ...ownerOf(topic),
    ...(own.length > 0 && { attributes: Object.fromEntries(own) }),
    ...(tags.size > 0 && { tags: Object.fromEntries(tags) }),
    ...(subscriptions.length > 0 && { subscriptions: subscriptions.map((one) => writtenOf(one, topic, known)) }),
  };
}

function writtenOf(
  { protocol, endpoint, attributes = new Map() }: SubscriptionState,
  topic: TopicState,
  known: ReadonlySet<string>,
): string | SubscriptionDefinition {
  /** The name of a queue beside the topic; undefined for others, and for text that is not exactly its ARN. */
  const queueName = (arn: string) => {
    const key = { ...topic, name: parseArn(arn)?.name ?? '' };
    return queueArn(key) === arn && known.has(identity(key)) ? key.name : undefined;
  };
  const target = endpointOf(protocol, endpoint, topic, queueName);
  const { RawMessageDelivery, FilterPolicy, FilterPolicyScope, RedrivePolicy, DeliveryPolicy, ...others } =
    settingsIn(attributes);
  const deadLetterQueue = RedrivePolicy === undefined ? undefined : deadLetterQueueIn(RedrivePolicy, queueName);
  const rest = Object.entries({ ...others, ...(deadLetterQueue === undefined && { RedrivePolicy }) }).flatMap(
    ([name, value]) => (value === undefined ? [] : [[name, writtenValue(value)] as const]),
  );
  if (DeliveryPolicy !== undefined) rest.push(['DeliveryPolicy', deliveryPolicyOf(DeliveryPolicy)]);
  const settings = {
    ...(FilterPolicy !== undefined && { filter: policyOf(FilterPolicy) }),
    ...(FilterPolicyScope === 'MessageBody' && { filterScope: FilterPolicyScope }),
    ...(RawMessageDelivery === 'true' && { raw: true }),
    ...(deadLetterQueue !== undefined && { deadLetterQueue }),
    ...(rest.length > 0 && { attributes: Object.fromEntries(rest) }),
  } satisfies SubscriptionDefinition;
  const isName = target.queue !== undefined && Object.keys(settings).length === 0;
  return isName ? target.queue! : { ...target, ...settings };
}

function endpointOf(
  protocol: string,
  endpoint: string,
  { account, region }: TopicKey,
  queueName: (arn: string) => string | undefined,
): SubscriptionDefinition {
  switch (protocol) {
    case 'sqs':
      return { queue: queueName(endpoint) ?? endpoint };
    case 'http':
    case 'https':
      return { url: endpoint };
    case 'lambda': {
      const name = endpoint.split(':').slice(6).join(':');
      const isNear = functionNameOf(name, { account, region })?.arn === endpoint;
      return { function: isNear ? name : endpoint };
    }
    default:
      return { protocol, endpoint };
  }
}

/** Returns the attributes that can be set. */
function settingsIn(attributes: ReadonlyMap<string, string>): Partial<Record<string, string>> {
  return Object.fromEntries([...attributes].filter(([name]) => subscriptionAttributes.includes(name)));
}

/** Returns the name in a redrive policy that has nothing else. */
function deadLetterQueueIn(policy: string, queueName: (arn: string) => string | undefined): string | undefined {
  const arn = String(parseJsonObject(policy)?.deadLetterTargetArn ?? '');
  return JSON.stringify({ deadLetterTargetArn: arn }) === policy ? queueName(arn) : undefined;
}

/** Returns a delivery policy without the members that were not given: SNS reports them as null or 0, but refuses a 0. */
function deliveryPolicyOf(text: string): object {
  return JSON.parse(text, (name, value: unknown) =>
    value === null || (value === 0 && /^(min|max)DelayTarget$/.test(name)) ? undefined : value,
  ) as object;
}

/** Returns a filter policy as an object if the same text can be recreated from it. */
function policyOf(text: string): object | string {
  return writtenObject(text) ?? text;
}
