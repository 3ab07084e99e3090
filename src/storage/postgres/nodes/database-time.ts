/**
 * How far the database's clock is ahead of this machine's. All nodes go by the database's time, so they agree. If the
 * machine's clock is set, as by NTP soon after the machine has started, time goes on as if it had not been. Otherwise, messages
 * of all nodes could expire.
 */

import { uptime } from 'node:os';
import { type Millis, systemClock } from '../../../time/clock.ts';
import type { Lane } from '../lanes.ts';
import { statement } from '../statement.ts';

/** How many round trips are measured; the shortest one counts. */
const SAMPLES = 5;

/** Distances from which on the user is warned: of the nodes, and of clients, whose signatures may be refused. */
const WARNED_MS: Millis = 1000;
const MINUTE_MS: Millis = 60_000;

/** By how much the machine's clock may have been adjusted since the latest measurement. NTP adjusts it by less. */
const ADJUSTED_MS_MAX: Millis = 1000;

/** Not as float8, whose digits depend on a setting of the role. */
const CLOCK = statement<{ now: number }>('SELECT extract(epoch FROM clock_timestamp()) * 1000 AS now');

/** The clocks of a machine. Only the first one can be set. */
export interface MachineClocks {
  now(): Millis;
  /** The time that has passed, possibly without that for which the machine was suspended. */
  running(): Millis;
  /** The time that has passed. Takes longer to read. */
  sinceStart(): Millis;
}

const monotonic = () => performance.now();

const ownClocks: MachineClocks = {
  now: systemClock.now,
  running: monotonic,
  // On other systems, the monotonic time goes on while the machine is suspended.
  sinceStart: process.platform === 'linux' ? () => uptime() * 1000 : monotonic,
};

export class DatabaseTime {
  readonly #lane: Lane;
  readonly #warn: (message: string) => void;
  readonly #machine: MachineClocks;
  #offset = 0;
  /** What the machine's clocks showed at the latest measurement. */
  #measuredAt: Record<keyof MachineClocks, Millis> | undefined;
  #hasWarned = false;

  constructor(lane: Lane, warn: (message: string) => void, machine = ownClocks) {
    this.#lane = lane;
    this.#warn = warn;
    this.#machine = machine;
  }

  /** How far the database's clock is ahead, in milliseconds. */
  get offset(): Millis {
    return this.#offset - this.#step;
  }

  /** Whether the machine's clock has been set, or the machine suspended, since the latest measurement. */
  get isOutdated(): boolean {
    return this.#aheadOf('running') !== 0;
  }

  /** By how much the machine's clock has been set forward since the latest measurement. */
  get #step(): Millis {
    return this.isOutdated ? this.#aheadOf('sinceStart') : 0;
  }

  /** By how much more time has passed on the machine's clock than on another one since the latest measurement. */
  #aheadOf(other: 'running' | 'sinceStart'): Millis {
    const [machine, then] = [this.#machine, this.#measuredAt];
    if (!then) return 0;
    const ahead = machine.now() - then.now - (machine[other]() - then[other]);
    return Math.abs(ahead) > ADJUSTED_MS_MAX ? ahead : 0;
  }

  async measure(): Promise<void> {
    const samples = await this.#lane.run(async (session) => {
      const { now, running, sinceStart } = this.#machine;
      const taken: { offset: number; inaccuracy: number; start: Record<keyof MachineClocks, Millis> }[] = [];
      for (let sample = 0; sample < SAMPLES; sample++) {
        const start = { sinceStart: sinceStart(), now: now(), running: running() };
        const [row] = await session.run(CLOCK, []);
        const inaccuracy = (running() - start.running) / 2;
        taken.push({ offset: row!.now - start.now - inaccuracy, inaccuracy, start });
      }
      return taken;
    });
    const best = samples.reduce((one, other) => (other.inaccuracy < one.inaccuracy ? other : one));
    const { offset, inaccuracy } = best;
    this.#measuredAt = best.start;
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
