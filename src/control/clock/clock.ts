/** Freezes and moves the clock of SQS. */

import type { Clock } from '../../time/clock.ts';
import { VirtualClock } from '../../time/virtual-clock.ts';
import { checked } from '../checked.ts';
import type { ControlContext } from '../control-context.ts';
import { ControlError } from '../control-error.ts';
import { millisOf } from '../duration.ts';
import { Line } from '../line.ts';
import { upcomingShape } from './clock-shapes.ts';
import { type Upcoming, upcoming } from './upcoming.ts';

/** A clock that differs from the machine's by more was moved. */
const AHEAD_MS_MAX = 100;

export interface ClockState {
  /** The current time of SQS, as ISO 8601. */
  now: string;
  /** The same instant, in milliseconds since 1970-01-01 UTC. */
  millis: number;
  /** Whether the clock is frozen. */
  frozen: boolean;
  /** How far it is ahead of the machine's clock, in milliseconds; negative if it is behind. */
  aheadMs: number;
}

/**
 * The clock of SQS. Every method except `read` and `upcoming` throws ControlError (409) if the program passed `start()` a
 * clock that is not a VirtualClock; and, except `resume`, if other Squabs use the same database.
 */
export class ClockControl {
  readonly #clock: Clock;
  readonly #context: ControlContext;
  /** Listings are made one after another, so that many at once do not slow other requests down. */
  readonly #listings = new Line();

  /** @internal */
  constructor(clock: Clock, context: ControlContext) {
    this.#clock = clock;
    this.#context = context;
  }

  /** Returns the current time of SQS, and whether the clock is frozen, or ahead of the machine's. */
  read(): ClockState {
    const millis = this.#clock.now();
    const frozen = this.#clock instanceof VirtualClock && this.#clock.frozen;
    const aheadMs = millis - this.#context.realTime.now();
    return { now: new Date(millis).toISOString(), millis, frozen, aheadMs };
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
    this.alone().freeze();
    return this.moved();
  }

  /** Lets a frozen clock run on from its current time. */
  resume(): ClockState {
    this.#movable().resume();
    return this.moved();
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
      await by(this.alone());
    } catch (error) {
      throw error instanceof RangeError ? new ControlError(400, error.message) : error;
    }
    return this.moved();
  }

  /** @internal Tells other nodes whether the clock still shows the time that they have, too. */
  moved(): ClockState {
    const state = this.read();
    const isVirtual = state.frozen || Math.abs(state.aheadMs) > AHEAD_MS_MAX;
    this.#context.env.store.nodes?.setClock(isVirtual ? 'virtual' : 'machine');
    return state;
  }

  /** @internal Returns the clock, to be moved. Throws ControlError (409) if other nodes have clocks of their own. */
  alone(): VirtualClock {
    const others = this.#context.env.store.nodes?.others ?? [];
    if (others.length === 0) return this.#movable();
    throw new ControlError(
      409,
      'The clock of SQS cannot be frozen or moved while other Squabs use the same database, since they have clocks of ' +
        `their own: ${others.map(({ name }) => name).join(', ')}. Stop them first.`,
    );
  }

  #movable(): VirtualClock {
    if (this.#clock instanceof VirtualClock) return this.#clock;
    throw new ControlError(
      409,
      'The clock passed to start() is not a VirtualClock, so Squab cannot control it. Pass one, or move the clock yourself.',
    );
  }
}
