/** Freezes and moves the clock of SQS. */

import type { Clock } from '../../time/clock.ts';
import { VirtualClock } from '../../time/virtual-clock.ts';
import { ControlError } from '../control-error.ts';
import { millisOf } from '../duration.ts';

export interface ClockState {
  /** The current time of SQS, as ISO 8601. */
  now: string;
  /** The same instant, in milliseconds since 1970-01-01 UTC. */
  millis: number;
  /** Whether the clock is frozen. */
  frozen: boolean;
}

/**
 * The clock of SQS. Every method except `read` throws ControlError (409) if the program passed `start()` a clock that
 * is not a VirtualClock.
 */
export class ClockControl {
  readonly #clock: Clock;

  /** @internal */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns the current time of SQS, and whether the clock is frozen. */
  read(): ClockState {
    const millis = this.#clock.now();
    const frozen = this.#clock instanceof VirtualClock && this.#clock.frozen;
    return { now: new Date(millis).toISOString(), millis, frozen };
  }

  /** Freezes the clock until `resume`: nothing becomes visible, times out or expires until it moves. */
  freeze(): ClockState {
    this.#movable().freeze();
    return this.read();
  }

  /** Lets a frozen clock run on from its current time. */
  resume(): ClockState {
    this.#movable().resume();
    return this.read();
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
      await by(this.#movable());
    } catch (error) {
      throw error instanceof RangeError ? new ControlError(400, error.message) : error;
    }
    return this.read();
  }

  #movable(): VirtualClock {
    if (this.#clock instanceof VirtualClock) return this.#clock;
    throw new ControlError(
      409,
      'The clock passed to start() is not a VirtualClock, so Squab cannot control it. Pass one, or move the clock yourself.',
    );
  }
}
