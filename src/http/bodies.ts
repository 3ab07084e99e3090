/**
 * Reads the bodies of requests. Fastify's own reader makes an AsyncResource for each request and copies each body, which
 * costs 3 to 5 µs for a batch of ten messages of 1 KiB. Node.js's parser has already made a copy.
 */

import type { FastifyInstance } from 'fastify';
import { InTurns } from '../time/in-turns.ts';
import { Pieces, skipPacket } from '../time/packets.ts';
import { resetConnection } from './sockets.ts';

// An import would load Node.js's WebSocket client, too: see not-http.ts.
const { IncomingMessage } = process.getBuiltinModule('node:http');

/** The methods whose requests fastify would read the bodies of. */
const METHODS: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/**
 * Parsing and checking a body of 8 MiB takes up to a tenth of a second, and hundreds may be complete in the same turn of the
 * event loop. So long ones share turns, with other requests in between; a few milliseconds are spent on the short ones of a turn.
 */
const LONG_BYTES = 64 * 1024;
const LONG_PER_TURN_BYTES = 2_000_000;

/** A body that is longer than its route allows. The app's error handlers get it. */
class BodyTooLong extends Error {
  readonly statusCode = 413;
}

/** The event of a request whose body arrives in too many small pieces. */
const TOO_MANY_PIECES = Symbol('too many pieces');

class TooManyPieces extends Error {
  override readonly message = 'The request body arrives in too many small pieces.';
}

/**
 * A request that emits `TOO_MANY_PIECES` if its body arrives in too many small pieces. If nothing listens, because the body
 * is not read, or not yet, it resets its connection.
 */
export class WatchedRequest extends IncomingMessage {
  readonly #pieces = new Pieces();
  #isRefused = false;

  /** Node.js's parser calls this for each piece, which is buffered if nothing reads the body. */
  override push(piece: Buffer | null): boolean {
    if (piece === null || !this.#pieces.areTooMany(piece)) return super.push(piece);
    skipPacket(this.socket);
    if (!this.#isRefused && !this.emit(TOO_MANY_PIECES)) resetConnection(this.socket);
    this.#isRefused = true;
    return true;
  }

  /** Discards the body after an answer. Node.js's own method, which is not documented, has it parsed without `push`. */
  _dump(): void {
    this.resume();
  }
}

/** Makes the app read each body, whatever its type, into `request.body`, a Buffer. It is undefined if there is none. */
export function readBodies(app: FastifyInstance): void {
  const long = new InTurns(LONG_PER_TURN_BYTES);
  for (const method of METHODS) app.addHttpMethod(method, { hasBody: false, overrideExisting: true });
  app.addHook('preValidation', (request, reply, done) => {
    const { method, raw } = request;
    if (!METHODS.has(method)) return done();
    const length = raw.headers['content-length'];
    if (length === '0' || (length === undefined && raw.headers['transfer-encoding'] === undefined)) return done();
    const { bodyLimit } = request.routeOptions;
    const chunks: Buffer[] = [];
    let bytes = 0;
    const stop = (error: Error) => {
      raw.off('data', take).off('end', end).off('error', stop).off(TOO_MANY_PIECES, refuse);
      // The client may go on sending.
      reply.header('connection', 'close');
      done(error);
    };
    const take = (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > bodyLimit) stop(new BodyTooLong());
    };
    const refuse = () => stop(new TooManyPieces());
    const end = () => {
      if (bytes <= LONG_BYTES) return pass();
      // A client that has gone by its turn would have its body parsed for nothing, as often as it connects again.
      long.run(() => raw.socket.destroyed || pass(), bytes);
    };
    const pass = () => {
      request.body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, bytes);
      done();
    };
    if (Number(length) > bodyLimit) return stop(new BodyTooLong());
    raw.on('data', take).on('end', end).on('error', stop).on(TOO_MANY_PIECES, refuse);
  });
}
