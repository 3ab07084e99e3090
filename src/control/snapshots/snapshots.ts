/**
 * Snapshots: a state of all queues that tests can come back to. They are kept in memory, until Squab stops, also where it
 * keeps its data in a folder.
 */

import type { Env } from '../../queues/env.ts';
import type { SnapshotInfo, States } from '../../storage/states.ts';
import type { Clock } from '../../time/clock.ts';
import { VirtualClock } from '../../time/virtual-clock.ts';
import { checked } from '../checked.ts';
import { ControlError } from '../control-error.ts';
import { nameShape, restoreShape } from './snapshot-shapes.ts';

/** They are whole copies, in memory: a test that forgets to remove them must not fill it without end. */
const MOST = 100;

export interface Snapshot {
  name: string;
  /** The time of SQS when it was taken, as ISO 8601. */
  takenAt: string;
  queues: number;
  /** Visible, in flight and delayed ones. */
  messages: number;
}

export interface RestoreOptions {
  /** Whether the clock is set to the time of the snapshot too; by default it is if it stands still. */
  clock?: boolean | undefined;
}

interface Dependencies {
  env: Env;
  states: States;
  clock: Clock;
}

export class SnapshotControl {
  readonly #dependencies: Dependencies;
  readonly #listeners: ((snapshot: Snapshot) => void)[] = [];
  /** Restores are made one after the other. */
  #restores: Promise<unknown> = Promise.resolve();

  constructor(dependencies: Dependencies) {
    this.#dependencies = dependencies;
  }

  /** In the order in which they were taken. */
  list(): Snapshot[] {
    return this.#dependencies.states.snapshots().map(print);
  }

  /** Takes a snapshot, in the place of one that has this name already. Throws ControlError: 400, and 409 when there are many. */
  async take(given: string): Promise<Snapshot> {
    const { states, clock } = this.#dependencies;
    const name = checked(nameShape, given);
    const others = states.snapshots().filter((one) => one.name !== name).length;
    if (others >= MOST) throw new ControlError(409, `There are ${MOST} snapshots already. DELETE some first.`);
    return print(await states.takeSnapshot(name, clock.now()));
  }

  /**
   * Makes queues, messages and move tasks what they were. A clock that stands still is set to the time of the snapshot, so
   * that timeouts have as long to go as then; one that goes is left alone. `clock` says otherwise. Throws ControlError: 404
   * when there is no such snapshot, 409 when the clock cannot be set.
   */
  restore(given: string, options: RestoreOptions = {}): Promise<Snapshot> {
    const restore = this.#restores.then(() => this.#restore(given, checked(restoreShape, options)));
    this.#restores = restore.catch(() => {});
    return restore;
  }

  /** Throws ControlError (404). */
  async remove(given: string): Promise<void> {
    if (!(await this.#dependencies.states.removeSnapshot(given))) throw this.#unknown(given);
  }

  /** Calls `listener` after each restore. */
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
      throw new ControlError(409, 'The clock that was given to start() is no VirtualClock: restore without "clock".');
    }
    await mover.pause();
    let restored: SnapshotInfo | undefined;
    try {
      // First the clock: what rings on its way still belongs to the state that is thrown away.
      if (options.clock ?? movable?.frozen) await movable?.set(known.takenAt);
      restored = await states.restoreSnapshot(given, clock.now());
    } finally {
      await mover.resume();
    }
    if (!restored) throw this.#unknown(given);
    cooldowns?.forget(() => true);
    fifoQuotas?.forget();
    waiters.wakeEveryone();
    for (const listener of this.#listeners) listener(print(restored));
    return print(restored);
  }

  #unknown(given: string): ControlError {
    const names = this.list().map((one) => JSON.stringify(one.name));
    const others = names.length > 0 ? `There are ${names.join(', ')}.` : 'There are none; PUT one first.';
    return new ControlError(404, `There is no snapshot ${JSON.stringify(given)}. ${others}`);
  }
}

function print({ takenAt, ...rest }: SnapshotInfo): Snapshot {
  return { ...rest, takenAt: new Date(takenAt).toISOString() };
}
