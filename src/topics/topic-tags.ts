/**
 * Adds tags to topics, and removes them. Source: API reference, TagResource; error texts as observed on the service.
 */

import { SqsError } from '../errors.ts';
import { TAG_KEY_MAX, TAG_VALUE_MAX, TAGS_MAX } from '../queues/limits.ts';
import type { Topic } from '../storage/topics.ts';
import type { TopicsEnv } from './env.ts';
import { failedConstraint, invalid, nullAt } from './refusals.ts';

export interface TagInput {
  key: string | undefined;
  value: string | undefined;
}

/** Returns the tags of a request as a map. Throws `ValidationError`, `InvalidParameter`, `TagLimitExceeded`. */
export function checkTopicTags(given: readonly TagInput[]): Map<string, string> {
  const tags = new Map<string, string>();
  for (const [index, { key, value }] of given.entries()) {
    const place = `tags.${index + 1}.member`;
    if (key === undefined) throw nullAt(`${place}.key`);
    if (value === undefined) throw nullAt(`${place}.value`);
    checkLength(key, `${place}.key`, TAG_KEY_MAX);
    checkLength(value, `${place}.value`, TAG_VALUE_MAX);
    if (key === '') {
      throw failedConstraint(`Value '' at '${place}.key'`, 'Member must have length greater than or equal to 1');
    }
  }
  for (const { key, value } of given) {
    if (tags.has(key!)) throw invalid('Duplicated keys are not allowed.');
    tags.set(key!, value!);
  }
  if (tags.size > TAGS_MAX) throw tooManyTags();
  return tags;
}

function checkLength(text: string, place: string, max: number): void {
  if (text.length <= max) return;
  throw failedConstraint(`Value '${text}' at '${place}'`, `Member must have length less than or equal to ${max}`);
}

/** Adds tags; a tag with the same key is overwritten. Throws `TagLimitExceeded`, `ResourceNotFound`. */
export async function tagTopic(env: TopicsEnv, topic: Topic, tags: ReadonlyMap<string, string>): Promise<void> {
  const outcome = await env.topics.changeTopic(topic.id, { tags, tagsMax: TAGS_MAX });
  if (!outcome) throw resourceDoesNotExist();
  if (outcome === 'over-limit') throw tooManyTags();
}

/** Removes tags; keys that the topic does not have are ignored. Throws `ResourceNotFound`. */
export async function untagTopic(env: TopicsEnv, topic: Topic, keys: readonly string[]): Promise<void> {
  const tags = new Map(keys.map((key) => [key, undefined]));
  if (!(await env.topics.changeTopic(topic.id, { tags }))) throw resourceDoesNotExist();
}

/** Returns the error of the tag operations for a topic that does not exist, `ResourceNotFound`. */
export function resourceDoesNotExist(): SqsError {
  return new SqsError('ResourceNotFound', 'Resource does not exist');
}

function tooManyTags(): SqsError {
  return new SqsError('TagLimitExceeded', 'Could not complete request: tag quota of per resource exceeded');
}
