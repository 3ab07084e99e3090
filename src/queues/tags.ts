/** Tags of queues. Source: API reference, TagQueue; developer guide, "Amazon SQS cost allocation tags". */

import { invalidParameter } from '../errors.ts';
import { TAG_KEY_MAX, TAG_VALUE_MAX, TAGS_MAX } from './limits.ts';

/** Checks tags that are added to those a queue has. Throws `InvalidParameterValue`. */
export function checkTags(
  added: ReadonlyMap<string, string>,
  existing: ReadonlyMap<string, string>,
  queueName: string,
): void {
  for (const [key, value] of added) {
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
  const count = new Set([...existing.keys(), ...added.keys()]).size;
  if (count > TAGS_MAX) throw invalidParameter(`Too many tags added for queue ${queueName}.`);
}

const ALPHABET = 'may only contain unicode letters, digits, whitespace, or one of these symbols: _ . : / = + - @';

function isTagText(text: string): boolean {
  return /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(text);
}
