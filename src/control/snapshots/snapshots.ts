/**
 * Snapshots: states of all queues that tests can return to. They are kept in memory until Squab stops, even if it
 * keeps its data in a folder.
 */

import { type SnapshotInfo, SnapshotRefused, type States } from '../../storage/states.ts';
import type { Clock, Millis } from '../../time/clock.ts';
import { Turnstile } from '../../time/turnstile.ts';
import { VirtualClock } from '../../time/virtual-clock.ts';
import type { TopicsEnv } from '../../topics/env.ts';
import { checked } from '../checked.ts';
import type { MovableClock } from '../clock/movable-clock.ts';
import { ControlError } from '../control-error.ts';
import type { Journal, JournalMark } from '../journal/journal.ts';
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
  /** How many topics it holds. */
  topics: number;
}

/** Options of a restore. */
export interface RestoreOptions {
  /** Whether to set the clock to the time of the snapshot too; by default, only a frozen clock is set. */
  clock?: boolean | undefined;
}

interface Dependencies {
  env: TopicsEnv;
  states: States;
  clock: Clock;
}

/** The snapshots of a running Squab. */
export class SnapshotControl {
  readonly #dependencies: Dependencies;
  readonly #journal: Journal;
  readonly #clock: MovableClock;
  /** The journal's marks of when this process took snapshots. With a database, other processes take some, too. */
  readonly #marks = new Map<string, { takenAt: Millis; mark: JournalMark }>();
  readonly #listeners: ((snapshot: Snapshot) => void)[] = [];
  /** Takes, restores and removals run one after another. */
  readonly #line = new Turnstile();

  /** @internal */
  constructor(dependencies: Dependencies, journal: Journal, clock: MovableClock) {
    this.#dependencies = dependencies;
    this.#journal = journal;
    this.#clock = clock;
  }

  /**
   * Lists the snapshots in the order in which they were taken. Those that another node has taken are in it once this node
   * has heard of them, after some milliseconds.
   */
  list(): Snapshot[] {
    return this.#dependencies.states.snapshots().map((info) => this.#report(info));
  }

  /** @internal Has `list` contain what other nodes have taken so far. */
  async refresh(): Promise<void> {
    await this.#dependencies.states.refreshSnapshots();
  }

  /**
   * Takes a snapshot, which replaces an existing one of this name. Throws ControlError: 400 if the name is invalid,
   * 409 if there are already 100 others, or the storage allows none.
   */
  async take(given: string): Promise<Snapshot> {
    const name = checked(nameShape(), given);
    return this.#line.run(() => this.#take(name));
  }

  async #take(name: string): Promise<Snapshot> {
    const { states, clock } = this.#dependencies;
    await states.refreshSnapshots();
    const others = states.snapshots().filter((one) => one.name !== name).length;
    if (others >= SNAPSHOTS_MAX)
      throw new ControlError(
        409,
        `There are already ${SNAPSHOTS_MAX} snapshots, which is the maximum. Remove one first.`,
      );
    const takenAt = clock.now();
    const taken = () => this.#marks.set(name, { takenAt, mark: this.#journal.mark() });
    return this.#report(await states.takeSnapshot(name, takenAt, taken).catch(explained));
  }

  /**
   * Restores queues, messages and move tasks to a snapshot. By default, a frozen clock is set to the time of the
   * snapshot, so that timeouts have as long left as they had then, and a running clock is left alone; `clock`
   * overrides this. Throws ControlError: 400 for invalid options, 404 if the snapshot does not exist, 409 if the
   * clock cannot be set, for example because other Squabs use the same database.
   */
  async restore(given: string, options: RestoreOptions = {}): Promise<Snapshot> {
    const parsed = checked(restoreShape(), options);
    return this.#line.run(() => this.#restore(given, parsed));
  }

  /** Removes a snapshot. Throws ControlError (404) if it does not exist. */
  async remove(given: string): Promise<void> {
    const isRemoved = await this.#line.run(() => this.#dependencies.states.removeSnapshot(given));
    if (!isRemoved) throw this.#unknown(given);
    this.#marks.delete(given);
  }

  /** Calls `listener` after each restore, until Squab stops. */
  onRestore(listener: (snapshot: Snapshot) => void): void {
    this.#listeners.push(listener);
  }

  async #restore(given: string, options: RestoreOptions): Promise<Snapshot> {
    const { env, states, clock } = this.#dependencies;
    await states.refreshSnapshots();
    const known = states.snapshots().find((one) => one.name === given);
    if (!known) throw this.#unknown(given);
    if (options.clock && !(clock instanceof VirtualClock)) {
      throw new ControlError(
        409,
        'The clock passed to start() is not a VirtualClock, so it cannot be set. Restore without "clock".',
      );
    }
    const movesTo = (options.clock ?? this.#clock.frozen) ? this.#clock.alone() : undefined;
    // When the clock is set back, functions and endpoints would get messages that are about to be removed; and restored
    // messages that functions got before `queuesReplaced` would be taken for removed ones.
    const [resumeDeliveries] = await Promise.all([env.deliverer.pause(), env.feeding?.pause()]);
    try {
      return await this.#replace(known, movesTo);
    } finally {
      env.feeding?.resume();
      resumeDeliveries();
    }
  }

  async #replace(known: SnapshotInfo, movesTo: VirtualClock | undefined): Promise<Snapshot> {
    const { mover, waiters, cooldowns, fifoQuotas, feeding } = this.#dependencies.env;
    await mover.pause();
    let restored: SnapshotInfo | undefined;
    try {
      restored = await this.#restoreAt(known, movesTo);
    } finally {
      if (movesTo) this.#clock.moved();
      await mover.resume();
    }
    if (!restored) throw this.#unknown(known.name);
    cooldowns?.forget(() => true);
    fifoQuotas?.forget();
    await feeding?.queuesReplaced();
    waiters.wakeEveryone();
    for (const listener of this.#listeners) listener(this.#report(restored));
    return this.#report(restored);
  }

  /**
   * Restores a snapshot, and sets `movable`, if given, to its time. If the restore is refused, the clock shows its former
   * time again, and nothing that waits has noticed.
   */
  async #restoreAt(
    { name, takenAt }: SnapshotInfo,
    movable: VirtualClock | undefined,
  ): Promise<SnapshotInfo | undefined> {
    const { states, clock } = this.#dependencies;
    const before = clock.now();
    // Back first, because requests must not find the restored messages at a time when they may have expired.
    if (takenAt < before) await movable?.set(takenAt);
    const own = this.#marks.get(name);
    const mark = () => (own?.takenAt === takenAt ? own.mark : markAt(this.#journal, takenAt));
    const restored = () => this.#journal.restored(mark());
    try {
      const now = movable ? takenAt : clock.now();
      const info = await states.restoreSnapshot(name, now, restored).catch(explained);
      if (takenAt > before) await movable?.set(takenAt);
      return info;
    } catch (error) {
      if (takenAt < before) await movable?.jump(before);
      throw error;
    }
  }

  #report({ takenAt, ...rest }: SnapshotInfo): Snapshot {
    return { ...rest, takenAt: new Date(takenAt).toISOString() };
  }

  #unknown(given: string): ControlError {
    const names = this.list().map((one) => JSON.stringify(one.name));
    const others =
      names.length > 0 ? `The snapshots are: ${names.join(', ')}.` : 'There are no snapshots; take one first.';
    return new ControlError(404, `Snapshot ${JSON.stringify(given)} does not exist. ${others}`);
  }
}

/** Throws an error of the storage as a ControlError (409), if it is about snapshots. */
function explained(error: unknown): never {
  throw error instanceof SnapshotRefused ? new ControlError(409, error.message) : error;
}

/** Returns the mark of a snapshot that another process took at this instant, as far as the instants of entries tell. */
function markAt(journal: Journal, takenAt: Millis): JournalMark {
  const { entries } = journal;
  let { lastId } = entries;
  while (lastId >= entries.firstId && entries.entry(lastId).at > takenAt) lastId--;
  return { lastId, undone: journal.mark().undone.filter(({ last }) => last <= lastId) };
}
