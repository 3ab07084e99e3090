/**
 * Sends long responses in portions, so that other requests run in between, and limits the memory of responses that
 * clients do not read.
 */

import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { bytesOfText } from '../storage/catalogue-bound.ts';
import type { Clock, Millis } from '../time/clock.ts';
import type { HttpLimits } from './limits.ts';
import { resetConnection } from './sockets.ts';

/** Characters that are sent at a time: less than a millisecond of work. */
const PORTION = 256 * 1024;

const WARNING =
  'Closed the connection of a client that has stopped reading its response, because unread responses take too much ' +
  'memory. Further such connections are closed without a message.';

/** A long response that the client has not read yet. */
interface Unread {
  bytes: number;
  /** When the client last read a portion. */
  readAt: Millis;
  socket: Socket;
}

export class LongResponses {
  readonly #clock: Clock;
  readonly #limits: Readonly<HttpLimits>;
  readonly #unread = new Set<Unread>();
  #bytes = 0;
  #warn: ((text: string) => void) | undefined;

  /** `clock` shows real time. */
  constructor(clock: Clock, limits: Readonly<HttpLimits>) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Sends each long response of the app in portions. */
  addTo(app: FastifyInstance): void {
    this.#warn = (text) => app.log.warn(text);
    app.addHook('onSend', ({ raw: { socket } }, reply, payload, done) => {
      if (typeof payload !== 'string' || payload.length <= this.#limits.longResponse) return done(null, payload);
      reply.header('content-length', Buffer.byteLength(payload));
      done(null, this.#stream(payload, socket));
    });
  }

  /** Returns how many more bytes of responses may wait for their clients. */
  room(): number {
    return Math.max(0, this.#limits.unread - this.#bytes);
  }

  #stream(text: string, socket: Socket): Readable {
    const bytes = bytesOfText(text);
    this.#makeRoom(bytes);
    const one = { bytes, readAt: this.#clock.now(), socket };
    this.#unread.add(one);
    this.#bytes += one.bytes;
    const onRead = () => {
      one.readAt = this.#clock.now();
    };
    return Readable.from(portions(text, onRead)).once('close', () => this.#forget(one));
  }

  /**
   * Closes connections until `bytes` fit: those of clients that have stopped reading, starting with the one that
   * stopped first. At twice the limit, also closes those of clients that read slowly.
   */
  #makeRoom(bytes: number): void {
    if (bytes <= this.room()) return;
    const silentSince = this.#clock.now() - this.#limits.unreadMs;
    for (const one of [...this.#unread].sort((a, b) => a.readAt - b.readAt)) {
      const isTolerable = one.readAt > silentSince && this.#bytes + bytes <= 2 * this.#limits.unread;
      if (isTolerable || bytes <= this.room()) return;
      this.#forget(one);
      resetConnection(one.socket);
      this.#warn?.(WARNING);
      // Once is enough: there may be thousands of such clients.
      this.#warn = undefined;
    }
  }

  #forget(one: Unread): void {
    if (this.#unread.delete(one)) this.#bytes -= one.bytes;
  }
}

/** Yields the text in portions, each in a turn of the event loop of its own. Calls `onRead` when the client read one. */
async function* portions(text: string, onRead: () => void): AsyncGenerator<string> {
  for (let at = 0; at < text.length; ) {
    // The two halves of a surrogate pair must be encoded together.
    const end = at + PORTION + (isHighSurrogate(text.charCodeAt(at + PORTION - 1)) ? 1 : 0);
    yield text.slice(at, end);
    at = end;
    onRead();
    await new Promise(setImmediate);
  }
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code < 0xdc00;
}
