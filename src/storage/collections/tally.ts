/** How many messages of one queue are visible, in flight and delayed at an instant. An engine has one for each queue. */

import type { Millis } from '../../time/clock.ts';
import type { Counts } from '../store.ts';

export class Tally implements Counts {
  #visible: number;
  #inFlight: number;
  #delayed: number;
  #at: Millis;

  constructor({ visible, inFlight, delayed }: Counts, at: Millis) {
    this.#visible = visible;
    this.#inFlight = inFlight;
    this.#delayed = delayed;
    this.#at = at;
  }

  get visible(): number {
    return this.#visible;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get delayed(): number {
    return this.#delayed;
  }

  /** The instant at which the counts are true. */
  get at(): Millis {
    return this.#at;
  }

  /** Moves the counts to the instant `now`, given how many messages become visible on the way (backward: negative). */
  moveTo(now: Millis, { received, unreceived }: { received: number; unreceived: number }): void {
    this.#at = now;
    this.#visible += received + unreceived;
    this.#inFlight -= received;
    this.#delayed -= unreceived;
  }

  /** Counts a message (1), or stops counting it (-1). `receives` is how many times it was received from this queue. */
  protected count(visibleAt: Millis, receives: number, sign: 1 | -1): void {
    if (visibleAt <= this.#at) this.#visible += sign;
    else if (receives > 0) this.#inFlight += sign;
    else this.#delayed += sign;
  }

  /** Sets all counts, after many messages changed at once. */
  protected recount({ visible, inFlight, delayed }: Counts, at: Millis): void {
    this.#visible = visible;
    this.#inFlight = inFlight;
    this.#delayed = delayed;
    this.#at = at;
  }
}
