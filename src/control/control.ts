/** What AWS does not have: a look into Squab and a hand on it. Programs have it from `start()`, others over HTTP. */

import type { Clock } from '../clock.ts';
import type { Env } from '../queues/env.ts';
import type { Faults } from '../queues/faults.ts';
import type { QueueScope, States } from '../storage/states.ts';
import { ClockControl } from './clock.ts';
import { FaultControl } from './faults.ts';
import { Reset, type ResetListener } from './reset.ts';
import { SnapshotControl } from './snapshots.ts';

/** What the control interface has its hands on. */
export interface Surroundings {
  clock: Clock;
  env: Env;
  states: States;
  faults: Faults;
  /** The names of all operations of SQS. */
  operations: readonly string[];
}

export class Control {
  readonly clock: ClockControl;
  readonly faults: FaultControl;
  readonly snapshots: SnapshotControl;
  readonly #reset: Reset;

  constructor(surroundings: Surroundings) {
    this.clock = new ClockControl(surroundings.clock);
    this.faults = new FaultControl(surroundings);
    this.snapshots = new SnapshotControl(surroundings);
    this.#reset = new Reset(surroundings);
  }

  /**
   * Removes queues with all that they hold, and tells how many: those of an account, of a region, or whose names begin
   * with a prefix; without any of these all queues, and fault rules too. Throws ControlError (400).
   */
  reset(scope: QueueScope = {}): Promise<{ queues: number }> {
    return this.#reset.run(scope);
  }

  /** Calls `listener` after each reset. */
  onReset(listener: ResetListener): void {
    this.#reset.onReset(listener);
  }
}
