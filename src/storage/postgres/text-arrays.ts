/**
 * Arrays of texts as PostgreSQL sends them in its binary format. In the format of literals, which the package `pg` would
 * use, each quotation mark and backslash of a message is escaped by a replacement of its own: for one with 256 KiB of
 * quotation marks, that takes 50 ms.
 * Source: array_recv in src/backend/utils/adt/arrayfuncs.c of PostgreSQL.
 */

/** The number of the type `text`. */
const TEXT = 25;

/** How many numbers of four bytes precede the elements. */
const HEAD = 5;

const NULL_LENGTH = -1;

type Text = string | null | undefined;

/** Returns the value of a parameter: the binary form of an array with texts, and any other value as it is. */
export function withBinaryTexts(value: unknown): unknown {
  return Array.isArray(value) && value.some((item) => typeof item === 'string') ? binaryTexts(value) : value;
}

/** Returns an array of texts, of which undefined ones are null, in the binary format. */
function binaryTexts(texts: readonly Text[]): Buffer {
  const lengths = texts.map((text) => (text == null ? NULL_LENGTH : Buffer.byteLength(text)));
  const size = lengths.reduce((sum, length) => sum + 4 + Math.max(length, 0), 4 * HEAD);
  const bytes = Buffer.allocUnsafe(size);
  const hasNulls = Number(lengths.includes(NULL_LENGTH));
  // One dimension, whose elements are numbered from 1 on.
  let at = 0;
  for (const number of [1, hasNulls, TEXT, texts.length, 1]) at = bytes.writeInt32BE(number, at);
  for (const [index, text] of texts.entries()) {
    at = bytes.writeInt32BE(lengths[index]!, at);
    if (text != null) at += bytes.write(text, at);
  }
  return bytes;
}
