/** Shapes that several operations of SNS share. */

import type { Subscription } from '../../storage/topics.ts';
import type { PublishedAttribute } from '../../topics/publishing/publication-attributes.ts';
import { subscriptionArn, topicArn } from '../../topics/topic-arn.ts';
import type { TagInput } from '../../topics/topic-tags.ts';
import { blob, entryMap, memberList, type Nested, nested, optional, required, string } from '../wires/shape.ts';

export const attributes = entryMap(string);

const tag = { Key: required(string), Value: required(string) };

export const tags = memberList(nested(tag));

/** Converts tags from the input of an operation. */
export function tagInputs(given: readonly Nested<typeof tag>[]): TagInput[] {
  return given.map(({ Key: key, Value: value }) => ({ key, value }));
}

const attributeValue = { DataType: required(string), StringValue: optional(string), BinaryValue: optional(blob) };

export const messageAttributes = entryMap(nested(attributeValue), { key: 'Name', value: 'Value' });

/** Converts message attributes from the input of an operation. */
export function publishedAttributes(
  given: ReadonlyMap<string, Nested<typeof attributeValue>> | undefined,
): ReadonlyMap<string, PublishedAttribute> | undefined {
  if (!given) return undefined;
  return new Map(
    [...given].map(([name, { DataType: dataType, StringValue: stringValue, BinaryValue: binaryValue }]) => [
      name,
      { dataType, stringValue, binaryValue },
    ]),
  );
}

export const subscriptions = memberList(
  nested({
    SubscriptionArn: optional(string),
    Owner: optional(string),
    Protocol: optional(string),
    Endpoint: optional(string),
    TopicArn: optional(string),
  }),
);

/** Returns a subscription as lists show it. A pending one has no ARN there. */
export function listedSubscription(subscription: Subscription) {
  const { owner, protocol, endpoint, topic, confirmed } = subscription;
  return {
    SubscriptionArn: confirmed ? subscriptionArn(subscription) : 'PendingConfirmation',
    Owner: owner,
    Protocol: protocol,
    Endpoint: endpoint,
    TopicArn: topicArn(topic),
  };
}
