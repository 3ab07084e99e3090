/**
 * Packets that cost far more than their bytes: a packet of 64 KiB can contain 2,500 requests, or 10,000 chunks of a body, and
 * Node.js calls JavaScript for each of them, even after the connection was reset.
 */

import type { Socket } from 'node:net';

/** Programs write a body as a whole, or in portions of several KiB. Each piece takes some hundred bytes of memory. */
const [PIECES_MAX, PIECE_BYTES] = [300, 200];

/** The pieces in which a body arrives: its chunks, or parts of packets. */
export class Pieces {
  #count = 0;
  #bytes = 0;

  /** Counts another piece. Returns whether there are too many small ones. */
  areTooMany(piece: Buffer): boolean {
    this.#count++;
    this.#bytes += piece.length;
    return this.#count > PIECES_MAX + this.#bytes / PIECE_BYTES;
  }
}

/** What Node.js attaches to the socket of an HTTP connection. It is not documented, so it may be missing. */
interface Parsed {
  parser?: (Record<number, unknown> & { onIncoming?: () => number; constructor: { kOnBody?: number } }) | null;
}

/** With this result of `onIncoming`, Node.js's parser does not read the rest of a packet. */
const SKIP_THE_REST = 2;

/** Skips the rest of the packet that is being parsed. The connection must be closed then. */
export function skipPacket({ parser }: Socket & Parsed): void {
  if (parser?.onIncoming) parser.onIncoming = () => SKIP_THE_REST;
  const at = parser?.constructor.kOnBody;
  const onBody = at === undefined ? undefined : parser?.[at];
  if (!parser || at === undefined || onBody === undefined) return;
  parser[at] = undefined;
  // After the packet, but before the connection can be closed: other connections then get the parser.
  setImmediate(() => {
    parser[at] = onBody;
  });
}
