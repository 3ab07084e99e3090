/** Resets connections. */

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
