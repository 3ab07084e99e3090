/**
 * Keeps JSON away that would hold up everybody: `JSON.parse` takes more than a second for some megabytes of brackets, and
 * the check of a list of a million members takes longer. No request of SQS comes near these limits.
 */

/** In less there is no room for what takes long; and to look costs about 2 ms for each MiB. */
const LOOKED_AT_BYTES = 128 * 1024;
/** A batch of ten messages with ten attributes each has about 500 members and elements. */
const MOST_PARTS = 10_000;
/** The input of a batch nests six deep. */
const DEEPEST = 100;

const [QUOTE, COMMA, BACKSLASH] = [0x22, 0x2c, 0x5c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** What is too much about a text, to complete "it …"; undefined when nothing is. It need not be JSON. */
export function excessOf(json: Uint8Array): string | undefined {
  if (json.length <= LOOKED_AT_BYTES) return undefined;
  let depth = 0;
  let parts = 0;
  for (let at = 0; at < json.length; at++) {
    switch (json[at]) {
      case QUOTE:
        at = endOfText(json, at + 1);
        break;
      case OPEN_LIST:
      case OPEN_OBJECT:
        depth++;
        parts++;
        break;
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        depth--;
        break;
      case COMMA:
        parts++;
    }
    if (depth > DEEPEST) return `nests deeper than ${DEEPEST}`;
    if (parts > MOST_PARTS) return `has more than ${MOST_PARTS} parts`;
  }
  return undefined;
}

/** Where the text ends that begins there: the place of its closing quote. */
function endOfText(json: Uint8Array, start: number): number {
  let at = start;
  while (at < json.length && json[at] !== QUOTE) at += json[at] === BACKSLASH ? 2 : 1;
  return at;
}
