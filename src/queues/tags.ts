/**
 * Adds tags to queues, and removes them.
 * Source: API reference, TagQueue; developer guide, "Amazon SQS cost allocation tags".
 */

import { invalidParameter, queueDoesNotExist, type SqsError } from '../errors.ts';
import type { Queue } from '../storage/store.ts';
import type { Env } from './env.ts';
import { TAG_KEY_MAX, TAG_VALUE_MAX, TAGS_MAX } from './limits.ts';

/**
 * Adds tags to a queue; a tag with the same key is overwritten. Throws `InvalidParameterValue`, `QueueDoesNotExist`.
 */
export async function tagQueue(env: Env, queue: Queue, tags: ReadonlyMap<string, string>): Promise<void> {
  checkTags(tags, queue.tags, queue.name);
  // Another request may have added tags since the queue was looked up.
  const outcome = await env.store.changeQueue(queue.id, { tags, tagsMax: TAGS_MAX }, env.clock.now());
  if (!outcome) throw queueDoesNotExist();
  if (outcome === 'over-limit') throw tooManyTags(queue.name);
}

/** Removes tags from a queue; keys that it does not have are ignored. Throws `QueueDoesNotExist`. */
export async function untagQueue(env: Env, queue: Queue, keys: readonly string[]): Promise<void> {
  const tags = new Map(keys.map((key) => [key, undefined]));
  if (!(await env.store.changeQueue(queue.id, { tags }, env.clock.now()))) throw queueDoesNotExist();
}

/** Validates new tags, and the total number of tags with those that the queue has. Throws `InvalidParameterValue`. */
export function checkTags(
  added: ReadonlyMap<string, string>,
  existing: ReadonlyMap<string, string>,
  queueName: string,
): void {
  for (const [key, value] of added) checkTag(key, value);
  checkTagCount(new Set([...existing.keys(), ...added.keys()]).size, queueName);
}

/** Throws `InvalidParameterValue` for a tag that a resource cannot have. Lambda has the same rules as SQS. */
export function checkTag(key: string, value: string): void {
  if (key.length < 1 || key.length > TAG_KEY_MAX) {
    throw invalidParameter(`Tag keys must be between 1 and ${TAG_KEY_MAX} characters in length.`);
  }
  if (/^aws:/i.test(key)) throw invalidParameter('Tag keys must not begin with aws:, which is reserved for AWS use.');
  if (value.length > TAG_VALUE_MAX) {
    throw invalidParameter(`Tag values must be between 0 and ${TAG_VALUE_MAX} characters in length.`);
  }
  if (!isTagText(key)) throw invalidParameter(`Tag keys ${ALPHABET}`);
  if (!isTagText(value)) throw invalidParameter(`Tag values ${ALPHABET}`);
}

/** Throws `InvalidParameterValue` for more tags than a queue may have. */
export function checkTagCount(count: number, queueName: string): void {
  if (count > TAGS_MAX) throw tooManyTags(queueName);
}

function tooManyTags(queueName: string): SqsError {
  return invalidParameter(`Too many tags added for queue ${queueName}.`);
}

const ALPHABET = 'may only contain unicode letters, digits, whitespace, or one of these symbols: _ . : / = + - @';

function isTagText(text: string): boolean {
  return /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(text);
}
