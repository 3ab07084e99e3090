/** The clock of SQS as something to freeze, move or set: whether that is possible, and who must know of it. */

import type { Clock } from '../../time/clock.ts';
import { VirtualClock } from '../../time/virtual-clock.ts';
import type { ControlContext } from '../control-context.ts';
import { ControlError } from '../control-error.ts';

/** A clock that differs from the machine's by more was moved. */
const AHEAD_MS_MAX = 100;

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

  /** How far the clock is ahead of the machine's, in milliseconds; negative if it is behind. */
  get aheadMs(): number {
    return this.#clock.now() - this.#context.realTime.now();
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
  moved(): void {
    const isVirtual = this.frozen || Math.abs(this.aheadMs) > AHEAD_MS_MAX;
    this.#context.env.store.nodes?.setClock(isVirtual ? 'virtual' : 'machine');
  }
}
