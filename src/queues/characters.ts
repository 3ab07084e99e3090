/** Which characters SQS takes where. Source: API reference, SendMessage. */

/** What is not `#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF`, lone surrogates apart. */
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

/** The rule for bodies, and for the values and types of attributes. */
export function hasOnlyAllowedCharacters(text: string): boolean {
  return !FORBIDDEN.test(text) && text.isWellFormed();
}

/** Group, deduplication and receive-attempt ids: 1 to 128 letters, digits and punctuation of ASCII, no space. */
export function isMessageId(text: string): boolean {
  return /^[!-~]{1,128}$/.test(text);
}

/** Names of queues (`.fifo` apart): 1 to 80 letters, digits, hyphens and underscores. */
export function isName(text: string): boolean {
  return /^[A-Za-z0-9_-]{1,80}$/.test(text);
}
