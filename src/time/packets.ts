/**
 * Packets that cost far more than their bytes: a packet of 64 KiB can contain 2,500 requests, or 10,000 chunks of a body, and
 * Node.js calls JavaScript for each of them, even after the connection was reset.
 */

import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** Programs write a body as a whole, or in portions of several KiB. Each piece takes some hundred bytes of memory. */
const [PIECES_MAX, PIECE_BYTES] = [300, 200];

/** The method by which Node.js discards the body of a request that was answered without reading it. Not documented. */
interface Dumped {
  _dump?: () => void;
}

/**
 * Calls `refuse` if the body of a message arrives in too many small pieces (chunks, or parts of packets), whether anything
 * reads it or not. The connection must be closed then: the rest of the body is lost.
 */
export function watchPieces(message: IncomingMessage & Dumped, refuse: () => void): void {
  let [pieces, bytes, isRefused] = [0, 0, false];
  // Node.js's parser calls `push` for each piece, and buffers it if nothing reads the body.
  const push = message.push.bind(message);
  message.push = (piece: Buffer | null) => {
    pieces++;
    bytes += piece?.length ?? 0;
    if (piece === null || pieces <= PIECES_MAX + bytes / PIECE_BYTES) return push(piece);
    skipPacket(message.socket);
    if (!isRefused) refuse();
    isRefused = true;
    return true;
  };
  // Otherwise, it would parse the rest of the body without calling `push`.
  message._dump = () => void message.resume();
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
