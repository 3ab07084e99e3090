/**
 * Copies of texts that outlive their requests. V8 stores a part of a text (from `slice`, `split`, `trim` or a regular
 * expression) as a reference into the whole text, which stays in memory as long as the part: a region of 20 characters
 * would keep a header of 64 KiB.
 */

/** Returns a copy that refers to no other text. */
export function ownText(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}

/** Returns the first characters of a text, as a text of its own; with an ellipsis if that is not all of it. */
export function briefText(text: string, characters: number): string {
  return text.length > characters ? ownText(`${text.slice(0, characters)}…`) : text;
}
