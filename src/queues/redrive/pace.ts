/**
 * Spreads work evenly: n messages per second, in up to 20 portions, so that the mover does not wake too often. Over
 * each full second, exactly n messages are due. After a long pause, for example because the machine was asleep, the
 * backlog is not moved in one burst.
 */

import type { Millis } from '../../time/clock.ts';

const PORTIONS_PER_SECOND_MAX = 20;

export class Pace {
  readonly #perSecond: number;
  readonly #portions: number;
  #start: Millis;
  /** The time of the last call of `due`. */
  #latest: Millis;
  #done = 0;

  /** Spreads `perSecond` messages per second; the first portion is due at `start`. */
  constructor(perSecond: number, start: Millis) {
    this.#perSecond = perSecond;
    this.#portions = Math.min(perSecond, PORTIONS_PER_SECOND_MAX);
    this.#start = start;
    this.#latest = start;
  }

  /**
   * Returns the number of messages that are due at `now` and not done. If that is more than one second's worth,
   * counting starts again at `now`. If the clock was set back since the last call, this counts as no time passed.
   */
  due(now: Millis): number {
    if (now < this.#latest) this.#start -= this.#latest - now;
    this.#latest = now;
    const due = this.#dueAfter(Math.floor(((now - this.#start) * this.#portions) / 1000)) - this.#done;
    if (due <= this.#perSecond) return Math.max(due, 0);
    this.#start = now;
    this.#done = 0;
    return this.#dueAfter(0);
  }

  /** Must be called after each portion, with the number of messages that it moved. */
  did(count: number): void {
    this.#done += count;
  }

  /** Returns when the next message is due, which may be in the past. */
  nextAt(): Millis {
    // The first portion by which more messages are due than are done.
    const portion = Math.ceil(((this.#done + 1) * this.#portions) / this.#perSecond) - 1;
    return this.#start + Math.ceil((portion * 1000) / this.#portions);
  }

  /** The number of messages due once this portion (counted from 0) has begun. */
  #dueAfter(portion: number): number {
    return Math.floor(((portion + 1) * this.#perSecond) / this.#portions);
  }
}
