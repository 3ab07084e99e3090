/**
 * Evenly spread work: n messages a second, in as many portions as a second can have without waking too often. After each
 * full second exactly n were due. What was missed while the machine slept is not made up for in one burst.
 */

import type { Millis } from '../../time/clock.ts';

const PORTIONS_PER_SECOND_MAX = 20;

export class Pace {
  readonly #perSecond: number;
  readonly #portions: number;
  #start: Millis;
  #done = 0;

  /** The first portion is due at `start`. */
  constructor(perSecond: number, start: Millis) {
    this.#perSecond = perSecond;
    this.#portions = Math.min(perSecond, PORTIONS_PER_SECOND_MAX);
    this.#start = start;
  }

  /** How many are due at `now`, and not done; where that is more than a second's worth, the count starts anew. */
  due(now: Millis): number {
    const due = this.#dueAfter(Math.floor(((now - this.#start) * this.#portions) / 1000)) - this.#done;
    if (due <= this.#perSecond) return Math.max(due, 0);
    this.#start = now;
    this.#done = 0;
    return this.#dueAfter(0);
  }

  did(count: number): void {
    this.#done += count;
  }

  /** When the next one is due, which may be in the past. */
  nextAt(): Millis {
    // The first portion after which more are due than are done.
    const portion = Math.ceil(((this.#done + 1) * this.#portions) / this.#perSecond) - 1;
    return this.#start + Math.ceil((portion * 1000) / this.#portions);
  }

  #dueAfter(portion: number): number {
    return Math.floor(((portion + 1) * this.#perSecond) / this.#portions);
  }
}
