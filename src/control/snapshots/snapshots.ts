/**
 * Snapshots: states of all queues that tests can return to. They are kept in memory until Squab stops, even if it
 * keeps its data in a folder.
 */

import type { Env } from '../../queues/env.ts';
import type { SnapshotInfo, States } from '../../storage/states.ts';
import type { Clock } from '../../time/clock.ts';
import { VirtualClock } from '../../time/virtual-clock.ts';
import { checked } from '../checked.ts';
import { ControlError } from '../control-error.ts';
import type { Journal } from '../journal/journal.ts';
import { Line } from '../line.ts';
import { nameShape, restoreShape } from './snapshot-shapes.ts';

/** Snapshots are full copies in memory: without a limit, tests that never remove them would fill it. */
const SNAPSHOTS_MAX = 100;

/** Describes a snapshot. */
export interface Snapshot {
  name: string;
  /** When it was taken, in the time of SQS, as ISO 8601. */
  takenAt: string;
  /** How many queues it holds. */
  queues: number;
  /** How many messages it holds: visible, in flight and delayed. */
  messages: number;
}

/** Options of a restore. */
export interface RestoreOptions {
  /** Whether to set the clock to the time of the snapshot too; by default, only a frozen clock is set. */
  clock?: boolean | undefined;
}

interface Dependencies {
  env: Env;
  states: States;
  clock: Clock;
}

/** The snapshots of a running Squab. */
export class SnapshotControl {
  readonly #dependencies: Dependencies;
  readonly #journal: Journal;
  /** The ID of the journal's latest entry when each snapshot was taken. */
  readonly #takenAt = new Map<string, number>();
  readonly #listeners: ((snapshot: Snapshot) => void)[] = [];
  /** Takes, restores and removals run one after another. */
  readonly #line = new Line();

  /** @internal */
  constructor(dependencies: Dependencies, journal: Journal) {
    this.#dependencies = dependencies;
    this.#journal = journal;
  }

  /** Lists the snapshots in the order in which they were taken. */
  list(): Snapshot[] {
    return this.#dependencies.states.snapshots().map(report);
  }

  /**
   * Takes a snapshot, which replaces an existing one of this name. Throws ControlError: 400 if the name is invalid,
   * 409 if there are already 100 others.
   */
  async take(given: string): Promise<Snapshot> {
    const name = checked(nameShape, given);
    return this.#line.run(() => this.#take(name));
  }

  async #take(name: string): Promise<Snapshot> {
    const { states, clock } = this.#dependencies;
    const others = states.snapshots().filter((one) => one.name !== name).length;
    if (others >= SNAPSHOTS_MAX)
      throw new ControlError(
        409,
        `There are already ${SNAPSHOTS_MAX} snapshots, which is the maximum. Remove one first.`,
      );
    const taken = await states.takeSnapshot(name, clock.now());
    this.#takenAt.set(name, this.#journal.entries.lastId);
    return report(taken);
  }

  /**
   * Restores queues, messages and move tasks to a snapshot. By default, a frozen clock is set to the time of the
   * snapshot, so that timeouts have as long left as they had then, and a running clock is left alone; `clock`
   * overrides this. Throws ControlError: 400 for invalid options, 404 if the snapshot does not exist, 409 if the
   * clock cannot be set.
   */
  async restore(given: string, options: RestoreOptions = {}): Promise<Snapshot> {
    const parsed = checked(restoreShape, options);
    return this.#line.run(() => this.#restore(given, parsed));
  }

  /** Removes a snapshot. Throws ControlError (404) if it does not exist. */
  async remove(given: string): Promise<void> {
    const isRemoved = await this.#line.run(() => this.#dependencies.states.removeSnapshot(given));
    if (!isRemoved) throw this.#unknown(given);
    this.#takenAt.delete(given);
  }

  /** Calls `listener` after each restore, until Squab stops. */
  onRestore(listener: (snapshot: Snapshot) => void): void {
    this.#listeners.push(listener);
  }

  async #restore(given: string, options: RestoreOptions): Promise<Snapshot> {
    const { env, states, clock } = this.#dependencies;
    const { mover, waiters, cooldowns, fifoQuotas } = env;
    const known = states.snapshots().find((one) => one.name === given);
    if (!known) throw this.#unknown(given);
    const movable = clock instanceof VirtualClock ? clock : undefined;
    if (options.clock && !movable) {
      throw new ControlError(
        409,
        'The clock passed to start() is not a VirtualClock, so it cannot be set. Restore without "clock".',
      );
    }
    await mover.pause();
    let restored: SnapshotInfo | undefined;
    try {
      // The clock first: alarms that ring while it moves still belong to the state that is discarded.
      if (options.clock ?? movable?.frozen) await movable?.set(known.takenAt);
      restored = await states.restoreSnapshot(given, clock.now());
    } finally {
      await mover.resume();
    }
    if (!restored) throw this.#unknown(given);
    this.#journal.restored(this.#takenAt.get(given) ?? 0);
    cooldowns?.forget(() => true);
    fifoQuotas?.forget();
    waiters.wakeEveryone();
    await env.onQueuesReplaced?.();
    for (const listener of this.#listeners) listener(report(restored));
    return report(restored);
  }

  #unknown(given: string): ControlError {
    const names = this.list().map((one) => JSON.stringify(one.name));
    const others =
      names.length > 0 ? `The snapshots are: ${names.join(', ')}.` : 'There are no snapshots; take one first.';
    return new ControlError(404, `Snapshot ${JSON.stringify(given)} does not exist. ${others}`);
  }
}

function report({ takenAt, ...rest }: SnapshotInfo): Snapshot {
  return { ...rest, takenAt: new Date(takenAt).toISOString() };
}
