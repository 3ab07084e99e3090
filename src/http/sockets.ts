/** Resets connections, and keeps Node.js from parsing packets that are no longer wanted. */

import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/**
 * Resets a connection, which also frees what the system has not sent yet. Over TLS, the client only sees that the
 * connection closes.
 */
export function resetConnection(socket: Socket): void {
  if (socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
}

/** What Node.js attaches to the socket of an HTTP connection. It is not documented, so it may be missing. */
interface Parsed {
  parser?: (Record<number, unknown> & { onIncoming?: () => number; constructor: { kOnBody?: number } }) | null;
}

/** With this result of `onIncoming`, Node.js's parser does not read the rest of a packet. */
const SKIP_THE_REST = 2;

/**
 * Skips the requests, and the rest of a body, in the packet that is being parsed: a packet of 64 KiB can contain 2,500
 * requests or 10,000 chunks of a body, and Node.js would call JavaScript for each, even after the connection was reset.
 */
export function skipPacket({ parser }: Socket & Parsed): void {
  if (parser?.onIncoming) parser.onIncoming = () => SKIP_THE_REST;
  const at = parser?.constructor.kOnBody;
  if (!parser || at === undefined) return;
  const onBody = parser[at];
  parser[at] = undefined;
  // After the packet, but before the connection can be closed: other connections then get the parser.
  setImmediate(() => {
    parser[at] = onBody;
  });
}
