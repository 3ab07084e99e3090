/** The clock of SQS, as a user may hold and move it. */

import type { Clock } from '../../time/clock.ts';
import { VirtualClock } from '../../time/virtual-clock.ts';
import { ControlError } from '../control-error.ts';
import { millisOf } from '../duration.ts';

export interface ClockState {
  /** The time of SQS, as ISO 8601. */
  now: string;
  /** The same, in milliseconds since 1970. */
  millis: number;
  /** Whether it stands still. */
  frozen: boolean;
}

export class ClockControl {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  read(): ClockState {
    const millis = this.#clock.now();
    const frozen = this.#clock instanceof VirtualClock && this.#clock.frozen;
    return { now: new Date(millis).toISOString(), millis, frozen };
  }

  /** Holds time still, until `resume`. Throws ControlError, as all that follow do, where the clock is not Squab's own. */
  freeze(): ClockState {
    this.#movable().freeze();
    return this.read();
  }

  /** Lets time go on from where it is. */
  resume(): ClockState {
    this.#movable().resume();
    return this.read();
  }

  /** Moves time forward by a duration such as `30s` or `14 days`; resolves when all that falls into it has happened. */
  async advance(duration: string): Promise<ClockState> {
    const ms = millisOf(duration);
    return this.#move((clock) => clock.advance(ms));
  }

  /** Moves time to an instant: forward as `advance` does, or back. */
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
      'The clock that was given to start() is no VirtualClock, and only its owner can move it.',
    );
  }
}
