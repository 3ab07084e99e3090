/**
 * Text for people to read, in a log or on a terminal. It may quote what clients sent or files contain, which must not
 * be able to move the cursor, recolour or hide other lines, or look different from what it is.
 */

/**
 * Control characters (of ASCII, DEL and C1), formatting that is invisible or changes the direction of text, other
 * characters that are not shown, separators of lines and paragraphs, and halves of surrogate pairs. Tabs and newlines
 * are not among them.
 */
const UNPRINTABLE = /(?![\t\n])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/**
 * Replaces characters that a reader cannot see or a terminal obeys by their escapes in JSON, such as `\u202e`. Tabs and
 * newlines stay. So JSON that is written in one go, and YAML whose strings are quoted, stay valid and mean the same.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, escaped);
}

/** As `printable`, for a text that has to stay in its line. */
export function printableLine(text: string): string {
  return printable(text).replaceAll('\n', '\\n');
}

function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}
