/**
 * The part of an engine's contract that lets tests start from a known state: removing many queues at once, and taking
 * and restoring snapshots of everything. As in `Store`, each verb is one transaction. A snapshot may be prepared in
 * earlier turns: it has the state that its last turn found, and nothing of a restore is visible before its last turn.
 */

import type { Millis } from '../time/clock.ts';
import type { Queue } from './store.ts';

/** Selects the queues, or topics, that meet all of these conditions. An empty scope selects all of them. */
export interface QueueScope {
  account?: string | undefined;
  region?: string | undefined;
  /** Selects only names that start with this. */
  prefix?: string | undefined;
}

/**
 * The storage does not allow snapshots, or not this one. Nothing has happened. The message says why, and what the user
 * can do.
 */
export class SnapshotRefused extends Error {
  override readonly name = 'SnapshotRefused';
}

/** A description of a snapshot. */
export interface SnapshotInfo {
  readonly name: string;
  /** By the clock that messages go by, which may be a virtual one. */
  readonly takenAt: Millis;
  /** The number of queues in it, without hidden ones. */
  readonly queues: number;
  /** The number of messages in these queues: visible, in flight and delayed. */
  readonly messages: number;
  readonly topics: number;
}

export interface States {
  /**
   * Removes queues and everything in them, at a cost independent of their depth, except hidden queues: these are removed
   * with their subscriptions (`Topics.removeTopics`). Resolves to the removed queues, perhaps without attributes and tags.
   */
  removeQueues(scope: QueueScope): Promise<Queue[]>;
  /**
   * Copies everything: queues, messages and their states, move tasks, topics, subscriptions, and the recent sends,
   * receives and publications that are remembered for deduplication and receive attempts. The copy is kept in memory
   * until the store is closed or, by an engine that several nodes share, in the database, for all of them. It replaces an
   * earlier snapshot of the same name. `taken` is called once, after all events whose effects the snapshot contains, and
   * before all others. Rejects with SnapshotRefused.
   */
  takeSnapshot(name: string, now: Millis, taken?: () => void): Promise<SnapshotInfo>;
  /**
   * Replaces everything with the snapshot. Resolves to undefined if there is no such snapshot. The engine announces
   * when the restored queues have something to deliver. Receipts that were issued after the snapshot was taken are
   * stale from then on, even once the restored message has been received that many times again; receipts that were
   * issued before are valid again. Message keys and IDs are still never reused. `restored` is called once, after all events
   * whose effects the restore has undone, and before all others. Rejects with SnapshotRefused.
   */
  restoreSnapshot(name: string, now: Millis, restored?: () => void): Promise<SnapshotInfo | undefined>;
  /** Lists the snapshots in the order in which they were taken: those that this node knows of. */
  snapshots(): readonly SnapshotInfo[];
  /** Has this node know of the snapshots that other nodes have taken and removed so far. */
  refreshSnapshots(): Promise<void>;
  /** Resolves to false if there is no such snapshot. */
  removeSnapshot(name: string): Promise<boolean>;
}
