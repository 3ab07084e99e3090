/** Reads the existing topics of a server, and their subscriptions, with SNS operations. */

import { DATA_PROTECTION_POLICY } from '../topics/topic-attributes.ts';
import type { Answer, CallSqs, Owner } from './call-sqs.ts';

/** A topic or a subscription that exists. */
interface Existing {
  owner: Owner;
  arn: string;
  /** As SNS reports them, with those that it computes. */
  attributes: ReadonlyMap<string, string>;
}

export interface ExistingTopic extends Existing {
  tags: ReadonlyMap<string, string>;
}

export interface ListedSubscription {
  /** Undefined while it is pending: only its subscriber knows its ARN. */
  arn: string | undefined;
  protocol: string;
  endpoint: string;
}

/** Resolves to the ARNs of an owner's topics, sorted by name. */
export async function topicArns(callSqs: CallSqs, owner: Owner): Promise<string[]> {
  const pages = await allPages(callSqs, 'ListTopics', {}, owner);
  return pages.flatMap(({ Topics }) => (Topics as { TopicArn: string }[]).map(({ TopicArn }) => TopicArn));
}

/** Reads a topic. Rejects with Refused if it does not exist. */
export async function readTopic(callSqs: CallSqs, owner: Owner, arn: string): Promise<ExistingTopic> {
  const { Attributes } = await callSqs('GetTopicAttributes', { TopicArn: arn }, owner);
  const { Tags = [] } = await callSqs('ListTagsForResource', { ResourceArn: arn }, owner);
  const protection = await callSqs('GetDataProtectionPolicy', { ResourceArn: arn }, owner);
  const attributes = mapOf(Attributes);
  const policy = protection[DATA_PROTECTION_POLICY];
  if (typeof policy === 'string' && policy !== '') attributes.set(DATA_PROTECTION_POLICY, policy);
  const tags = new Map((Tags as { Key: string; Value: string }[]).map(({ Key, Value }) => [Key, Value]));
  return { owner, arn, attributes, tags };
}

/** Lists the subscriptions of a topic in the order of their creation. */
export async function readSubscriptions(callSqs: CallSqs, owner: Owner, arn: string): Promise<ListedSubscription[]> {
  const pages = await allPages(callSqs, 'ListSubscriptionsByTopic', { TopicArn: arn }, owner);
  return pages.flatMap(({ Subscriptions }) =>
    (Subscriptions as Record<string, string>[]).map(({ SubscriptionArn, Protocol = '', Endpoint = '' }) => ({
      arn: SubscriptionArn === 'PendingConfirmation' ? undefined : SubscriptionArn,
      protocol: Protocol,
      endpoint: Endpoint,
    })),
  );
}

/** Reads the attributes of a subscription. Rejects with Refused if it does not exist. */
export async function readSubscription(callSqs: CallSqs, owner: Owner, arn: string): Promise<Map<string, string>> {
  const { Attributes } = await callSqs('GetSubscriptionAttributes', { SubscriptionArn: arn }, owner);
  return mapOf(Attributes);
}

async function allPages(callSqs: CallSqs, operation: string, input: object, owner: Owner): Promise<Answer[]> {
  const pages: Answer[] = [];
  for (let token: unknown, more = true; more; more = token !== undefined) {
    const page = await callSqs(operation, { ...input, ...(token !== undefined && { NextToken: token }) }, owner);
    pages.push(page);
    token = page.NextToken;
  }
  return pages;
}

function mapOf(object: unknown): Map<string, string> {
  return new Map(Object.entries((object ?? {}) as Record<string, string>));
}
