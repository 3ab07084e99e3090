/**
 * Escapes text that users read in a log or on a terminal. The text may quote clients and files, which must not be able
 * to move the cursor, hide or forge lines, or display text other than what they contain.
 */

/**
 * Control characters (C0, DEL and C1) except tabs and newlines, invisible and bidirectional formatting, other invisible
 * characters, of which Unicode regards the empty Braille pattern as visible, line and paragraph separators, and lone
 * surrogates.
 */
const UNPRINTABLE = /(?![\t\n])[\u2800\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/**
 * Replaces control characters and invisible characters with JSON escapes such as `\u202e`, except tabs and newlines.
 * JSON, and YAML with these characters only in double-quoted strings, stays valid and keeps its meaning.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, escaped);
}

/** Like `printable`, but also escapes newlines. */
export function printableLine(text: string): string {
  return printable(text).replaceAll('\n', '\\n');
}

function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}
