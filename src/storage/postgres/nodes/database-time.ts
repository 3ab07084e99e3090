/**
 * How far the database's clock is ahead of this machine's. All nodes go by the database's time, so they agree. If the
 * machine's clock is set, as by NTP soon after the machine has started, time goes on as if it had not been: messages of
 * all nodes would expire.
 */

import { type Clock, type Millis, systemClock } from '../../../time/clock.ts';
import type { Lane } from '../lanes.ts';
import { statement } from '../statement.ts';

/** How many round trips are measured; the shortest one counts. */
const SAMPLES = 5;

/** Distances from which on the user is warned: of the nodes, and of clients, whose signatures may be refused. */
const WARNED_MS: Millis = 1000;
const MINUTE_MS: Millis = 60_000;

/** By how much the machine's clock may differ from the monotonic time since the latest measurement. NTP adjusts it by less. */
const ADJUSTED_MS_MAX: Millis = 1000;

/** Not as float8, whose digits depend on a setting of the role. */
const CLOCK = statement<{ now: number }>('SELECT extract(epoch FROM clock_timestamp()) * 1000 AS now');

export class DatabaseTime {
  readonly #lane: Lane;
  readonly #warn: (message: string) => void;
  readonly #machine: Pick<Clock, 'now'>;
  #offset = 0;
  /** How far the machine's clock was ahead of the monotonic time at the latest measurement. */
  #machineAhead: Millis | undefined;
  #hasWarned = false;

  constructor(lane: Lane, warn: (message: string) => void, machine: Pick<Clock, 'now'> = systemClock) {
    this.#lane = lane;
    this.#warn = warn;
    this.#machine = machine;
  }

  /** How far the database's clock is ahead, in milliseconds. */
  get offset(): Millis {
    return this.#offset - this.#step;
  }

  /** Whether the machine's clock has been set since the latest measurement. */
  get isOutdated(): boolean {
    return this.#step !== 0;
  }

  /** By how much the machine's clock has been set forward since the latest measurement. */
  get #step(): Millis {
    if (this.#machineAhead === undefined) return 0;
    const step = this.#machine.now() - performance.now() - this.#machineAhead;
    return Math.abs(step) > ADJUSTED_MS_MAX ? step : 0;
  }

  async measure(): Promise<void> {
    const samples = await this.#lane.run(async (session) => {
      const taken: { offset: number; inaccuracy: number; machineAhead: Millis }[] = [];
      for (let sample = 0; sample < SAMPLES; sample++) {
        const [start, startedAt] = [this.#machine.now(), performance.now()];
        const [row] = await session.run(CLOCK, []);
        const inaccuracy = (performance.now() - startedAt) / 2;
        taken.push({ offset: row!.now - start - inaccuracy, inaccuracy, machineAhead: start - startedAt });
      }
      return taken;
    });
    const best = samples.reduce((one, other) => (other.inaccuracy < one.inaccuracy ? other : one));
    const { offset, inaccuracy } = best;
    this.#machineAhead = best.machineAhead;
    // The clock shows whole milliseconds. A measurement that agrees with the previous one as far as it is accurate
    // says nothing new; the first one may agree with no distance at all, so nodes on one machine have the same time.
    if (Math.abs(offset - this.#offset) <= inaccuracy + 1) return;
    this.#offset = Math.round(offset);
    this.#warnOnce();
  }

  #warnOnce(): void {
    const distance = Math.abs(this.#offset);
    if (distance < WARNED_MS) {
      this.#hasWarned = false;
      return;
    }
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    const side = this.#offset > 0 ? 'behind' : 'ahead of';
    const shown =
      distance < MINUTE_MS ? `${(distance / 1000).toFixed(1)} seconds` : `${Math.round(distance / 6000) / 10} minutes`;
    const advice =
      distance < MINUTE_MS
        ? "Squab goes by the database's clock."
        : "Squab goes by the database's clock for queues, and by this machine's for signatures and logs. " +
          'Synchronize both with NTP.';
    this.#warn(`This machine's clock is ${shown} ${side} the database's. ${advice}`);
  }
}
