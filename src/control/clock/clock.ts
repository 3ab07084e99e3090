/** Freezes and moves the clock of SQS. */

import { Turnstile } from '../../time/turnstile.ts';
import type { VirtualClock } from '../../time/virtual-clock.ts';
import { checked } from '../checked.ts';
import type { ControlContext } from '../control-context.ts';
import { ControlError } from '../control-error.ts';
import { millisOf } from '../duration.ts';
import { upcomingShape } from './clock-shapes.ts';
import type { ClockState, MovableClock } from './movable-clock.ts';
import { type Upcoming, upcoming } from './upcoming.ts';

/**
 * The clock of SQS. Every method except `read` and `upcoming` throws ControlError (409) if the program passed `start()` a
 * clock that is not a VirtualClock; and, except `resume`, if other Squabs use the same database.
 */
export class ClockControl {
  readonly #clock: MovableClock;
  readonly #context: ControlContext;
  /** Listings are made one after another, so that many at once do not slow other requests down. */
  readonly #listings = new Turnstile();

  /** @internal */
  constructor(clock: MovableClock, context: ControlContext) {
    this.#clock = clock;
    this.#context = context;
  }

  /** Returns the current time of SQS, and whether the clock is frozen, or ahead of the machine's. */
  read(): ClockState {
    return this.#clock.read();
  }

  /**
   * Lists what happens to messages as time passes, the earliest first: for each queue, when a message becomes visible
   * next, and when its oldest one expires. Returns up to `limit` events (1 to 100, 10 by default). Throws ControlError
   * (400) for an invalid limit.
   */
  async upcoming(limit?: number): Promise<Upcoming[]> {
    const parsed = checked(upcomingShape(), { limit });
    return this.#listings.run(() => upcoming(this.#context, parsed.limit));
  }

  /** Freezes the clock until `resume`: nothing becomes visible, times out or expires until it moves. */
  freeze(): ClockState {
    this.#clock.alone().freeze();
    return this.#clock.moved();
  }

  /** Lets a frozen clock run on from its current time. */
  resume(): ClockState {
    this.#clock.movable().resume();
    return this.#clock.moved();
  }

  /**
   * Moves the clock forward by a duration such as `30s` or `14 days`. Resolves once everything due in that time has
   * happened, in order. Throws ControlError (400) if the duration is invalid, or longer than a hundred years.
   */
  async advance(duration: string): Promise<ClockState> {
    const ms = millisOf(duration);
    return this.#move((clock) => clock.advance(ms));
  }

  /**
   * Sets the clock to an instant: forward as `advance` does, or back. Throws ControlError (400) if the
   * instant is invalid, before 1970, or more than a hundred years ahead.
   */
  async set(to: Date): Promise<ClockState> {
    return this.#move((clock) => clock.set(to));
  }

  async #move(by: (clock: VirtualClock) => Promise<void>): Promise<ClockState> {
    try {
      await by(this.#clock.alone());
    } catch (error) {
      throw error instanceof RangeError ? new ControlError(400, error.message) : error;
    }
    return this.#clock.moved();
  }
}
