/**
 * Where receives begin to look for messages. The entries of messages that were received or deleted stay in the index
 * until a vacuum frees them, which may take long: a transaction that lasts, such as a dump, holds it up. So that a
 * receive need not step over all of them, a node remembers for each queue an instant before which it has found no
 * message, the floor.
 *
 * A floor is at least two seconds in the past, and every write makes its message visible from its own `now` on, or
 * later. Only a write that took longer, or that of a node whose clock is late, can put a message below a floor. So a
 * floor is a hint that heals: every half minute, the look from which it follows begins at the very start again. It is
 * dropped as soon as the time goes back.
 */

import type { Millis } from '../../../time/clock.ts';
import type { QueueState } from '../queue-table.ts';

/** How often a node looks for a new floor, and how often from the start, in milliseconds of the machine's time. */
const LOOK_MS = 500;
const HEAL_MS = 30_000;

/** How far a floor stays behind the time. */
const MARGIN_MS: Millis = 2000;

/** Times may differ by this much from request to request. */
const DISORDER_MS: Millis = 1000;

interface Floor {
  at: Millis;
  /** The latest time that a receive brought. */
  seen: Millis;
  /** When to look for another floor, and when from the start, as `performance.now()` counts. */
  lookAt: number;
  healAt: number;
}

/** Before all messages. */
const NONE = -1;

export class Floors {
  /** A queue that was changed, purged or restored has another state, and so no floor. */
  readonly #floors = new WeakMap<QueueState, Floor>();

  /** Returns an instant: a receive at `now` need not look for messages that became visible then or earlier. */
  of(state: QueueState, now: Millis): Millis {
    const floor = this.#floors.get(state);
    if (!floor) return NONE;
    if (now < floor.seen - DISORDER_MS) {
      this.#floors.delete(state);
      return NONE;
    }
    floor.seen = Math.max(floor.seen, now);
    return floor.at;
  }

  /**
   * Returns the instant after which the caller must look for the first message, if it is time for that; the caller then
   * reports it with `found`.
   */
  due(state: QueueState, now: Millis, clock = performance.now()): Millis | undefined {
    const floor = this.#floors.get(state);
    if (!floor) {
      this.#floors.set(state, { at: NONE, seen: now, lookAt: clock + LOOK_MS, healAt: clock + HEAL_MS });
      return undefined;
    }
    floor.seen = Math.max(floor.seen, now);
    if (clock < floor.lookAt) return undefined;
    floor.lookAt = clock + LOOK_MS;
    if (clock < floor.healAt) return floor.at;
    floor.healAt = clock + HEAL_MS;
    return NONE;
  }

  /** Sets the floor, after a look at `now` that found the first message; undefined if there was none. */
  found(state: QueueState, firstVisibleAt: Millis | undefined, now: Millis): void {
    const floor = this.#floors.get(state);
    // The time went back while the look was under way.
    if (!floor || now < floor.seen - DISORDER_MS) return;
    floor.at = Math.min(firstVisibleAt ?? Number.POSITIVE_INFINITY, now - MARGIN_MS) - 1;
  }
}
