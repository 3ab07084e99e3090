/**
 * How many batches of a standard queue may be in progress at once: five at first, and 300 more for each minute in which
 * all of them are.
 * Source: Lambda developer guide, "Configuring scaling behavior for SQS event source mappings".
 */

import type { Millis } from '../time/clock.ts';

const FIRST = 5;
const MORE_PER_MINUTE = 300;
const MAX = 1250;
const MINUTE_MS: Millis = 60_000;

export class Parallelism {
  #limit = FIRST;
  #busySince: Millis | undefined;

  /** Returns how many batches may be in progress, given how many are. */
  limit(running: number, now: Millis): number {
    if (running < this.#limit) this.#busySince = undefined;
    else {
      this.#busySince = Math.min(this.#busySince ?? now, now);
      const minutes = Math.floor((now - this.#busySince) / MINUTE_MS);
      this.#limit = Math.min(MAX, this.#limit + minutes * MORE_PER_MINUTE);
      this.#busySince += minutes * MINUTE_MS;
    }
    return this.#limit;
  }

  /** Must be called when no batch is in progress any more. */
  reset(): void {
    this.#limit = FIRST;
    this.#busySince = undefined;
  }

  /** When the limit grows, if as many batches as it allows stay in progress. */
  get growsAt(): Millis | undefined {
    return this.#busySince === undefined || this.#limit === MAX ? undefined : this.#busySince + MINUTE_MS;
  }
}
