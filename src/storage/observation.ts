/** What an engine tells those who watch over it: whether it can do its work, what its queues hold, how it commits. */

import type { Millis } from '../time/clock.ts';
import type { Counts, Queue } from './store.ts';

/** A queue and how much it holds, at one instant. */
export interface Holding extends Counts {
  queue: Queue;
  /** When its oldest message was sent; undefined when it has none. */
  oldestSentAt: Millis | undefined;
}

/**
 * Is called when a transaction begins, with the number of verbs that share it; what it hands back is called when it is
 * committed, or has failed.
 */
export type TurnListener = (verbs: number) => () => void;

export interface Observation {
  /**
   * Resolves when the storage can do its work, as far as is known: while a fault lasts it writes something, to find out
   * whether that is over. Rejects with StoreUnavailable.
   */
  probe(): Promise<void>;
  /** The ids of all queues. */
  queueIds(): Promise<number[]>;
  /** What these queues hold at `now`, without the queues that are gone. The work grows with the queues, not with messages. */
  holdings(queueIds: readonly number[], now: Millis): Promise<Holding[]>;
  /** Sets who hears of turns. While nobody does, turns are not watched. */
  onTurn(listener: TurnListener | undefined): void;
}
