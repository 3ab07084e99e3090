/** The characters that SQS accepts in messages, IDs and names. Source: API reference, SendMessage and CreateQueue. */

import { REGION_MAX } from './limits.ts';

/**
 * Everything except `#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF`. Lone surrogates are
 * checked separately.
 */
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

/** Returns whether a message body, or the value or data type of a message attribute, has only valid characters. */
export function hasOnlyAllowedCharacters(text: string): boolean {
  return !FORBIDDEN.test(text) && text.isWellFormed();
}

/**
 * Returns whether a message group ID, deduplication ID or receive request attempt ID is valid: 1 to 128 ASCII letters,
 * digits and punctuation characters, without spaces.
 */
export function isMessageId(text: string): boolean {
  return /^[!-~]{1,128}$/.test(text);
}

/**
 * Returns whether a text can be the name of a region. AWS has no such rule of its own; but ARNs, URLs, headers and files
 * contain regions.
 */
export function isRegion(text: string): boolean {
  return text.length <= REGION_MAX && /^[A-Za-z0-9._-]+$/.test(text);
}

/**
 * Returns whether a queue name (without `.fifo`), a permission's label or the ID of a batch entry is valid: 1 to 80
 * ASCII letters, digits, hyphens and underscores.
 */
export function isName(text: string): boolean {
  return /^[A-Za-z0-9_-]{1,80}$/.test(text);
}
