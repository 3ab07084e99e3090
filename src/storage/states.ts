/**
 * What an engine is asked for beyond the verbs of SQS, so that tests can begin from a state that they know: to remove many
 * queues at once, and to take and restore snapshots of everything. As with `Store`, each is one transaction.
 */

import type { Millis } from '../time/clock.ts';
import type { Queue } from './store.ts';

/** The queues that all of this is true of; nothing said: all queues. */
export interface QueueScope {
  account?: string | undefined;
  region?: string | undefined;
  /** Only names that begin so. */
  prefix?: string | undefined;
}

/** What is known of a snapshot. */
export interface SnapshotInfo {
  readonly name: string;
  /** The time of the clock of SQS. */
  readonly takenAt: Millis;
  readonly queues: number;
  /** Visible, in flight and delayed ones. */
  readonly messages: number;
}

export interface States {
  /** Removes queues and all that they hold, at a cost that does not depend on how deep they are; resolves to them. */
  removeQueues(scope: QueueScope): Promise<Queue[]>;
  /**
   * Keeps a copy of everything, in memory until the store is closed, in the place of one that has that name already:
   * queues, messages and where they stand, move tasks, what was sent and received lately.
   */
  takeSnapshot(name: string, now: Millis): Promise<SnapshotInfo>;
  /**
   * Makes everything what it was; undefined when there is no such snapshot. It is announced when its messages are
   * visible. Receipts that were given out since the snapshot was taken are stale from then on, also where the message is
   * received for as many times; those from before it are good again. Numbers are never given a second time, all the same.
   */
  restoreSnapshot(name: string, now: Millis): Promise<SnapshotInfo | undefined>;
  /** In the order in which they were taken. */
  snapshots(): readonly SnapshotInfo[];
  /** False: there is none. */
  removeSnapshot(name: string): Promise<boolean>;
}
