/** The clock of SQS as something to freeze, move or set: whether that is possible, and who must know of it. */

import type { Clock } from '../../time/clock.ts';
import { VirtualClock } from '../../time/virtual-clock.ts';
import type { ControlContext } from '../control-context.ts';
import { ControlError } from '../control-error.ts';

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

/** @internal */
export class MovableClock {
  readonly #clock: Clock;
  readonly #context: ControlContext;

  constructor(clock: Clock, context: ControlContext) {
    this.#clock = clock;
    this.#context = context;
  }

  get frozen(): boolean {
    return this.#clock instanceof VirtualClock && this.#clock.frozen;
  }

  read(): ClockState {
    const millis = this.#clock.now();
    const aheadMs = millis - this.#context.realTime.now();
    return { now: new Date(millis).toISOString(), millis, frozen: this.frozen, aheadMs };
  }

  /** Returns the clock. Throws ControlError (409) if the program passed `start()` one that is not a VirtualClock. */
  movable(): VirtualClock {
    if (this.#clock instanceof VirtualClock) return this.#clock;
    throw new ControlError(
      409,
      'The clock passed to start() is not a VirtualClock, so Squab cannot control it. Pass one, or move the clock yourself.',
    );
  }

  /** Returns the clock. Throws as `movable` does, and ControlError (409) if other nodes have clocks of their own. */
  alone(): VirtualClock {
    const others = this.#context.env.store.nodes?.others ?? [];
    if (others.length === 0) return this.movable();
    throw new ControlError(
      409,
      'The clock of SQS cannot be frozen or moved while other Squabs use the same database, since they have clocks of ' +
        `their own: ${others.map(({ name }) => name).join(', ')}. Stop them first.`,
    );
  }

  /** Tells other nodes whether the clock still shows the time that they have, too. Must be called after each change. */
  moved(): ClockState {
    const state = this.read();
    const isVirtual = state.frozen || Math.abs(state.aheadMs) > AHEAD_MS_MAX;
    this.#context.env.store.nodes?.setClock(isVirtual ? 'virtual' : 'machine');
    return state;
  }
}
