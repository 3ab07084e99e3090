/** The part of an engine's contract for monitoring: whether the engine works, what queues hold, and how it commits. */

import type { Millis } from '../time/clock.ts';
import type { Counts, Queue } from './store.ts';

/** A queue and its contents at one instant. */
export interface Holding extends Counts {
  queue: Queue;
  /** When its oldest message was sent; undefined if it is empty. */
  oldestSentAt: Millis | undefined;
}

/**
 * Called when a transaction begins, with the number of verbs that share it. The function that it returns is called
 * when the transaction has been committed or has failed.
 */
export type TurnListener = (verbs: number) => () => void;

export interface Observation {
  /**
   * Resolves if the storage works, as far as the engine knows. During a fault it writes something, to find out
   * whether the fault is over. Rejects with StoreUnavailable.
   */
  probe(): Promise<void>;
  /** Returns the IDs of all queues, except hidden ones. */
  queueIds(): Promise<number[]>;
  /**
   * Returns what these queues hold at `now`. Queues that do not exist are left out. The cost grows with the number of
   * queues, not of messages.
   */
  holdings(queueIds: readonly number[], now: Millis): Promise<Holding[]>;
  /**
   * Returns, for each of these queues in the same order, the next instant later than `now` at which one of its messages
   * becomes visible; undefined if none is hidden, or the queue does not exist.
   */
  nextShown(queueIds: readonly number[], now: Millis): Promise<(Millis | undefined)[]>;
  /** Sets the listener for transactions, in place of the previous one; undefined removes it. */
  onTurn(listener: TurnListener | undefined): void;
}
