/**
 * Limits the invocations of clients that are in progress. A client that has gone does not end its invocation, as on AWS,
 * so the limit on connections does not limit them.
 */

import { SqsError } from '../errors.ts';

export class InvocationRoom {
  readonly #max: Readonly<{ count: number; bytes: number }>;
  #count = 0;
  #bytes = 0;

  constructor(max: Readonly<{ count: number; bytes: number }>) {
    this.#max = max;
  }

  /**
   * Counts an invocation with a payload of this many bytes, until the returned function is called. If there is no other, it
   * may have more bytes than the limit. Throws `TooManyRequestsException`.
   */
  enter(bytes: number): () => void {
    const isFull = this.#count >= this.#max.count || (this.#count > 0 && this.#bytes + bytes > this.#max.bytes);
    if (isFull) throw new SqsError('TooManyRequestsException', 'Rate Exceeded.');
    this.#count++;
    this.#bytes += bytes;
    return () => {
      this.#count--;
      this.#bytes -= bytes;
    };
  }
}
