/** Limits how many events a second a reader gets, such as a page that shows them to a person. */

import type { Clock, Millis } from '../../time/clock.ts';

export class Pace {
  readonly perSecond: number;
  readonly clock: Clock;
  #endsAt: Millis = Number.NEGATIVE_INFINITY;
  #left = 0;

  constructor(perSecond: number, clock: Clock) {
    this.perSecond = perSecond;
    this.clock = clock;
  }

  /** Takes the right to read an event. Returns undefined, or the instant at which to ask again. */
  take(): Millis | undefined {
    const now = this.clock.now();
    if (now >= this.#endsAt) {
      this.#endsAt = now + 1000;
      this.#left = this.perSecond;
    }
    if (this.#left === 0) return this.#endsAt;
    this.#left--;
    return undefined;
  }
}
