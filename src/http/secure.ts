/**
 * HTTPS and HTTP on the same ports, as LocalStack has them: the first byte of a connection shows which one it uses.
 * Both are passed to the one HTTP server, so its limits and its shutdown apply to both.
 */

import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { InTurns } from '../time/in-turns.ts';
import type { HttpLimits } from './limits.ts';
import { type Tls, tlsSettings } from './tls.ts';

/** The first byte of a TLS connection: the content type "handshake". Source: RFC 8446, section 5.1. */
const HANDSHAKE = 22;

/** What Node.js calls before it signs a handshake. It is not documented, so it may be missing. */
interface Signing {
  _handle?: { oncertcb?: () => void; enableCertCb?: () => void; certCbDone?: () => void } | null;
}

/**
 * Makes a connection wait for a turn before it signs its handshake, which costs most of it. The rest of the client's first
 * message may arrive much later than its first byte, and, after a retry (TLS 1.3), the client sends a second one.
 */
function signInTurns(secure: TLSSocket & Signing, turns: InTurns): void {
  const handle = secure._handle;
  if (!handle?.oncertcb || !handle.enableCertCb || !handle.certCbDone) return;
  handle.oncertcb = () =>
    turns.run(() => {
      if (secure.destroyed) return;
      handle.certCbDone!();
      if (!secure.destroyed) handle.enableCertCb!();
    });
  handle.enableCertCb();
}

/**
 * Makes the server accept TLS connections besides plain ones. Returns a function that closes the connections that have
 * sent nothing yet or are in a handshake, which the server does not know about.
 */
export function acceptTls(server: Server, tls: Tls, { headersMs }: Readonly<HttpLimits>): () => void {
  const secureContext = createSecureContext({ ...tls, ...tlsSettings });
  const [serve] = server.listeners('connection') as ((socket: Socket) => void)[];
  const undecided = new Set<Socket>();
  // The first message of a handshake costs a few milliseconds of cryptography.
  const handshakes = new InTurns();

  const accept = (socket: Socket) => {
    const close = () => void socket.destroy();
    undecided.add(socket);
    socket.once('close', () => undecided.delete(socket));
    socket.on('error', close).setTimeout(headersMs, close);
    const hand = (accepted: Socket) => {
      undecided.delete(socket);
      socket.off('error', close).off('timeout', close).setTimeout(0);
      serve!.call(server, accepted);
    };
    const look = () => {
      const first = socket.read(1) as Buffer | null;
      if (first === null) return;
      socket.off('readable', look).off('end', close);
      socket.unshift(first);
      if (first[0] !== HANDSHAKE) return hand(socket);
      handshakes.run(() => {
        if (!socket.destroyed) shakeHands();
      });
    };
    const shakeHands = () => {
      const secure = new TLSSocket(socket, { isServer: true, secureContext, ALPNProtocols: ['http/1.1'] });
      signInTurns(secure, handshakes);
      secure.on('error', close);
      // After the handshake, Node.js reports errors of TLS itself, such as a corrupt record, only in this event.
      secure.on('_tlsError', () => secure.destroy());
      secure.once('secure', () => {
        secure.off('error', close);
        hand(secure);
      });
    };
    socket.on('readable', look).once('end', close);
  };

  server.removeAllListeners('connection');
  server.on('connection', accept);
  return () => {
    for (const socket of undecided) socket.destroy();
  };
}
