/**
 * Indents JSON. Only white space changes: what JSON.parse returns has lost digits of long numbers, and all but the last
 * of equal keys.
 */

/** Deeper JSON would be almost nothing but indentation. */
const DEPTH_MAX = 100;

/** Returns the text with indentation, as JSON.stringify makes it. Returns undefined if it is no object or list in JSON. */
export function prettyOf(text: string): string | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  return indented(text);
}

/** `json` is valid. Returns undefined if it is too deep. */
function indented(json: string): string | undefined {
  let [pretty, depth] = ['', 0];
  /** Whether the object or list that was opened last has no member so far. */
  let isEmpty = false;
  const lineBreak = () => `\n${'  '.repeat(depth)}`;
  for (let at = 0; at < json.length; at++) {
    const character = json[at]!;
    if (/\s/.test(character)) continue;
    const closes = character === ']' || character === '}';
    if (closes) depth--;
    if (isEmpty !== closes) pretty += lineBreak();
    isEmpty = character === '[' || character === '{';
    if (isEmpty && ++depth > DEPTH_MAX) return undefined;
    const end = character === '"' ? endOfString(json, at + 1) : at;
    pretty += json.slice(at, end + 1);
    at = end;
    if (character === ',') pretty += lineBreak();
    else if (character === ':') pretty += ' ';
  }
  return pretty;
}

/** Returns the index of the quote that closes the string whose content begins at `start`. */
function endOfString(json: string, start: number): number {
  let at = start;
  while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at;
}
