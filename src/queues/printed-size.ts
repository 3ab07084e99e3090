/**
 * The size of messages in a response. A message of 1 MiB that consists of quotation marks takes 6 MiB as XML, and ten
 * of them would hold up other requests. A receive may return fewer messages than it could, so it stops before that.
 */

import { heapBytes } from '../storage/catalogue-bound.ts';
import type { ReceiveRequest } from '../storage/store.ts';
import type { Env } from './env.ts';

/**
 * Bytes of the messages in a response. Ten messages of 1 MiB fit unless every fifth character has to be escaped, or the heap
 * is small: while a response is printed, it takes several times as much, and queues may fill half of the heap.
 */
export const PRINTED_BYTES_MAX = Math.min(20 * 1024 * 1024, heapBytes() / 64);

/** Bytes of a character: `"` as `&quot;`. Other characters have up to three, for each of their UTF-16 code units. */
const CHARACTER_BYTES_MAX = 6;

const [QUOTE, AMPERSAND, LESS, GREATER, RETURN] = [0x22, 0x26, 0x3c, 0x3e, 0x0d];

/** Ten texts of up to this many characters always fit, so it is not worth counting those that are escaped. */
const SHORT = PRINTED_BYTES_MAX / 10 / CHARACTER_BYTES_MAX;

/** The limit on the messages of a receive, as the engine applies it: `of` returns how many bytes a text takes at most. */
export function deliveryLimit({ responseRoom }: Env): NonNullable<ReceiveRequest['sizeLimit']> {
  const max = () => Math.min(PRINTED_BYTES_MAX, responseRoom?.() ?? PRINTED_BYTES_MAX);
  return {
    of: (text) => (text.length <= SHORT ? text.length * CHARACTER_BYTES_MAX : printedBytes(text)),
    max,
    fitting: () => max() / CHARACTER_BYTES_MAX,
  };
}

/** What a message has as JSON beside its texts: IDs, digests, numbers, and the names of members. */
const JSON_MEMBERS_BYTES_MAX = 3000;

/** The limit on messages that may take up to this many bytes as JSON. */
export function jsonLimit(bytes: number): NonNullable<ReceiveRequest['sizeLimit']> {
  return {
    of: (text) => Buffer.byteLength(JSON.stringify(text)) + JSON_MEMBERS_BYTES_MAX,
    max: () => bytes,
    // A text is in quotation marks, and a control character takes as many bytes as `CHARACTER_BYTES_MAX`, as in \u0001.
    fitting: (texts) => (bytes - texts * (JSON_MEMBERS_BYTES_MAX + 2)) / CHARACTER_BYTES_MAX,
  };
}

/** Returns how many bytes a text takes in XML. In JSON, it takes at most twice its own size. */
export function printedBytes(text: string): number {
  let bytes = Buffer.byteLength(text);
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        bytes += '&quot;'.length - 1;
        break;
      case AMPERSAND:
      case RETURN:
        bytes += '&amp;'.length - 1;
        break;
      case LESS:
      case GREATER:
        bytes += '&lt;'.length - 1;
    }
  }
  return bytes;
}
