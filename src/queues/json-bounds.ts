/**
 * Rejects JSON that would block the event loop: `JSON.parse` takes more than a second for a few megabytes of brackets,
 * and validating an array of a million elements takes longer. No valid SQS request comes near these limits.
 */

/**
 * Shorter JSON is not checked by default: it cannot take long to parse, and the check costs about 2 ms per MiB. It can
 * still be nested so deeply that a recursive function, such as `JSON.stringify`, exceeds the stack.
 */
const UNCHECKED_BYTES_MAX = 128 * 1024;
/** Commas and opening brackets. A batch of ten messages with ten attributes each has about 500 members and elements. */
const TOKENS_MAX = 10_000;
/** The input of a batch is six levels deep. */
const DEPTH_MAX = 100;

const [QUOTE, COMMA, BACKSLASH] = [0x22, 0x2c, 0x5c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Returns which limit a text exceeds, in words that complete "it …", or undefined if it exceeds none. The text need not
 * be valid JSON. `unchecked` is the length up to which no limit applies, `tokensMax` the limit on commas and brackets.
 */
export function excessOf(
  json: Uint8Array,
  unchecked = UNCHECKED_BYTES_MAX,
  tokensMax = TOKENS_MAX,
): string | undefined {
  if (json.length <= unchecked) return undefined;
  let depth = 0;
  let tokens = 0;
  for (let at = 0; at < json.length; at++) {
    switch (json[at]) {
      case QUOTE:
        at = endOfString(json, at + 1);
        break;
      case OPEN_LIST:
      case OPEN_OBJECT:
        depth++;
        tokens++;
        break;
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        depth--;
        break;
      case COMMA:
        tokens++;
    }
    if (depth > DEPTH_MAX) return `nests deeper than ${DEPTH_MAX} levels`;
    if (tokens > tokensMax) return `has more than ${tokensMax} commas and opening brackets`;
  }
  return undefined;
}

/** Returns the index of the quote that closes the string whose content begins at `start`. */
function endOfString(json: Uint8Array, start: number): number {
  let at = start;
  while (at < json.length && json[at] !== QUOTE) at += json[at] === BACKSLASH ? 2 : 1;
  return at;
}
