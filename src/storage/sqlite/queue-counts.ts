/**
 * The counts of one queue. They change only here, and each change of a message marks the queue's row to be written. The
 * row says at which instant its counts are true, and they are true only of the messages as they were when it was
 * written. So the row need not be written when the counts move to another instant.
 */

import type { Millis } from '../../time/clock.ts';
import { Tally } from '../collections/tally.ts';
import type { Counts } from '../store.ts';

/** The columns of a message from which its state follows. */
export interface Countable {
  visible_at: Millis;
  /** Receives from this queue. */
  receives: number;
}

interface Listener {
  /** The row must be written. */
  changed(): void;
  /** A message stopped being in flight at `now`, although its timeout had not ended, while `full` was set. */
  hasRoom(now: Millis): void;
}

export class QueueCounts extends Tally {
  readonly #listener: Listener;
  #unsaved = false;
  /**
   * Whether a receive may have reached the in-flight limit since a message last stopped being in flight. Not stored.
   */
  full: boolean;

  constructor(counts: Counts, at: Millis, full: boolean, listener: Listener) {
    super(counts, at);
    this.full = full;
    this.#listener = listener;
  }

  /** Counts a message in its new state. `before` is undefined for a new message, `after` for one that left. */
  replace(before: Countable | undefined, after: Countable | undefined): void {
    const { inFlight } = this;
    if (before) this.count(before.visible_at, before.receives, -1);
    if (after) this.count(after.visible_at, after.receives, 1);
    this.#changed();
    if (!this.full || this.inFlight >= inFlight) return;
    this.full = false;
    this.#listener.hasRoom(this.at);
  }

  /** Sets all counts, after many messages changed at once. */
  set(counts: Counts, now: Millis): void {
    this.recount(counts, now);
    this.#changed();
  }

  /** Must be called when the row has been written. */
  saved(): void {
    this.#unsaved = false;
  }

  #changed(): void {
    if (this.#unsaved) return;
    this.#unsaved = true;
    this.#listener.changed();
  }
}
