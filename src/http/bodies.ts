/**
 * Reads the bodies of requests. Fastify's own reader makes an AsyncResource for each request and copies each body, which
 * costs 3 to 5 µs for a batch of ten messages of 1 KiB. Node.js's parser has already made a copy.
 */

import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { watchPieces } from '../time/packets.ts';
import { resetConnection } from './sockets.ts';

/** The methods whose requests fastify would read the bodies of. */
const METHODS: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

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
 * Makes the app read each body, whatever its type, into `request.body`, a Buffer. It is undefined if there is none. Resets
 * the connection if a body that is not read, or not yet, arrives in too many small pieces.
 */
export function readBodies(app: FastifyInstance): void {
  app.server.on('request', (request: IncomingMessage) => {
    watchPieces(request, () => {
      if (!request.emit(TOO_MANY_PIECES)) resetConnection(request.socket);
    });
  });
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
      request.body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, bytes);
      done();
    };
    if (Number(length) > bodyLimit) return stop(new BodyTooLong());
    raw.on('data', take).on('end', end).on('error', stop).on(TOO_MANY_PIECES, refuse);
  });
}
