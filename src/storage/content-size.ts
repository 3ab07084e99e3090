/** The size of a message's content, and of other texts, in memory. */

import type { MessageContent } from './message.ts';

/** Counts UTF-16 code units. Node stores each in one byte if the whole string is Latin-1, otherwise in two. */
export function charactersOf({ body, attributes, traceHeader = '' }: MessageContent): number {
  let characters = body.length + traceHeader.length;
  if (!attributes) return characters;
  for (const [name, { dataType, stringValue, binaryValue }] of attributes) {
    characters += name.length + dataType.length + (stringValue?.length ?? 0) + (binaryValue?.length ?? 0);
  }
  return characters;
}

/** Counts the UTF-16 code units of attributes or tags, with their names. */
export function charactersIn(texts: ReadonlyMap<string, string>): number {
  let characters = 0;
  for (const [name, value] of texts) characters += name.length + value.length;
  return characters;
}
