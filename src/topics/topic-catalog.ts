/**
 * Creates, finds, lists, changes and deletes topics.
 * Source: API reference, CreateTopic, ListTopics, SetTopicAttributes and DeleteTopic; error texts as observed on the
 * service.
 */

import { FIFO_SUFFIX } from '../queues/catalog.ts';
import { isRegion } from '../queues/characters.ts';
import { ownText } from '../queues/own-text.ts';
import type { Topic, TopicKey } from '../storage/topics.ts';
import type { TopicsEnv } from './env.ts';
import { checkLarge } from './large-topics.ts';
import { type Listed, listedPage } from './listing.ts';
import { checkLength, invalid, topicDoesNotExist } from './refusals.ts';
import {
  checkChangedAttribute,
  checkNewAttributes,
  DATA_PROTECTION_POLICY,
  MESSAGE_BYTES,
  topicSetting,
} from './topic-attributes.ts';
import { checkTopicTags, type TagInput } from './topic-tags.ts';

/** "Topic names must be … between 1 and 256 characters long. For a FIFO topic, the name must end with .fifo." */
const NAME_MAX = 256;

export interface CreateTopicInput {
  attributes: ReadonlyMap<string, string>;
  tags: readonly TagInput[];
  dataProtectionPolicy: string | undefined;
}

/**
 * Creates a topic. If one of that name exists, returns it, provided that each given attribute and tag has the same
 * value as the topic's. Throws `InvalidParameter`, `ValidationError`, `TagLimitExceeded`.
 */
export async function createTopic(env: TopicsEnv, key: TopicKey, input: CreateTopicInput): Promise<Topic> {
  const fifo = input.attributes.get('FifoTopic')?.toLowerCase() === 'true';
  checkTopicName(key.name, fifo);
  if (!isRegion(key.region)) throw invalid('Topic Name');
  const attributes = checkNewAttributes(input.attributes, fifo);
  const tags = checkTopicTags(input.tags);
  checkLength(DATA_PROTECTION_POLICY, input.dataProtectionPolicy ?? '');
  if (input.dataProtectionPolicy) attributes.set(DATA_PROTECTION_POLICY, input.dataProtectionPolicy);
  const own = { ...key, region: ownText(key.region) };
  const { topic, created } = await env.topics.createTopic(own, { fifo, attributes, tags }, env.clock.now());
  if (created) return topic;
  for (const [name, value] of attributes) {
    if ((topicSetting(topic, name) ?? topic.attributes.get(name)) === value) continue;
    throw invalid('Attributes Reason: Topic already exists with different attributes');
  }
  for (const [name, value] of tags) {
    if (topic.tags.get(name) !== value) throw invalid('Tags Reason: Topic already exists with different tags');
  }
  return topic;
}

/** Throws `InvalidParameter` if a topic cannot have this name. */
export function checkTopicName(name: string, fifo: boolean): void {
  const base = fifo && name.endsWith(FIFO_SUFFIX) ? name.slice(0, -FIFO_SUFFIX.length) : fifo ? '' : name;
  if (name.length > NAME_MAX || !/^[A-Za-z0-9_-]+$/.test(base)) throw invalid('Topic Name');
}

/** Returns the topic with this key. Throws `NotFound`. */
export async function findTopic(env: TopicsEnv, key: TopicKey): Promise<Topic> {
  const topic = await env.topics.findTopic(key);
  if (!topic) throw topicDoesNotExist();
  return topic;
}

/** Lists a page of the topics of an account and region. Throws `InvalidParameter` for a token that is not valid. */
export function listTopics(
  env: TopicsEnv,
  owner: { account: string; region: string },
  nextToken: string | undefined,
): Promise<Listed<Topic>> {
  const { account, region } = owner;
  return listedPage(
    nextToken,
    (limit, after) => env.topics.listTopics({ account, region, limit, ...(after !== undefined && { after }) }),
    ({ name }) => name,
  );
}

/** Sets an attribute; an absent value counts as empty. Throws `InvalidParameter`, `NotFound`. */
export async function setTopicAttribute(
  env: TopicsEnv,
  topic: Topic,
  name: string,
  value: string | undefined,
): Promise<void> {
  const normal = checkChangedAttribute(topic, name, value ?? '');
  if (name === 'MaximumMessageSize' && Number(normal) > MESSAGE_BYTES.default) {
    checkLarge(await env.topics.subscriptionsOf(topic.id));
  }
  const attributes = new Map([[name, normal]]);
  if (!(await env.topics.changeTopic(topic.id, { attributes }))) throw topicDoesNotExist();
}

/** Keeps the text of a data protection policy, which has no effect. Throws `NotFound`. */
export async function putDataProtectionPolicy(env: TopicsEnv, topic: Topic, text: string): Promise<void> {
  checkLength(DATA_PROTECTION_POLICY, text);
  const attributes = new Map([[DATA_PROTECTION_POLICY, text || undefined]]);
  if (!(await env.topics.changeTopic(topic.id, { attributes }))) throw topicDoesNotExist();
}

/** Deletes a topic, if it exists. Its subscriptions stay readable for a while. */
export async function deleteTopic(env: TopicsEnv, key: TopicKey): Promise<void> {
  const topic = await env.topics.findTopic(key);
  if (!topic || !(await env.topics.deleteTopic(topic.id, env.clock.now()))) return;
  env.onLapsable?.();
  env.reports.deleted(topic);
}
