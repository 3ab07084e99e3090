/**
 * The counts of one queue. They change only here, and each change of a message marks the queue's row to be written. The
 * row says at which instant its counts are true, and they are true only of the messages as they were when it was
 * written.
 */

import type { Millis } from '../../time/clock.ts';
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

export class QueueCounts implements Counts {
  readonly #listener: Listener;
  #visible: number;
  #inFlight: number;
  #delayed: number;
  #at: Millis;
  #unsaved = false;
  /**
   * Whether a receive may have reached the in-flight limit since a message last stopped being in flight. Not stored.
   */
  full: boolean;

  constructor({ visible, inFlight, delayed }: Counts, at: Millis, full: boolean, listener: Listener) {
    this.#visible = visible;
    this.#inFlight = inFlight;
    this.#delayed = delayed;
    this.#at = at;
    this.full = full;
    this.#listener = listener;
  }

  get visible(): number {
    return this.#visible;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get delayed(): number {
    return this.#delayed;
  }

  /** The instant at which the counts are true. */
  get at(): Millis {
    return this.#at;
  }

  /** Counts a message in its new state. `before` is undefined for a new message, `after` for one that left. */
  replace(before: Countable | undefined, after: Countable | undefined): void {
    const inFlight = this.#inFlight;
    if (before) this.#add(before, -1);
    if (after) this.#add(after, 1);
    this.#changed();
    if (!this.full || this.#inFlight >= inFlight) return;
    this.full = false;
    this.#listener.hasRoom(this.#at);
  }

  /**
   * Moves the counts to the instant `now`, given how many messages become visible on the way (backward: negative). The
   * row need not be written: it remains true of its own instant.
   */
  moveTo(now: Millis, { received, unreceived }: { received: number; unreceived: number }): void {
    this.#at = now;
    this.#visible += received + unreceived;
    this.#inFlight -= received;
    this.#delayed -= unreceived;
  }

  /** Sets all counts, after many messages changed at once. */
  set({ visible, inFlight, delayed }: Counts, now: Millis): void {
    this.#visible = visible;
    this.#inFlight = inFlight;
    this.#delayed = delayed;
    this.#at = now;
    this.#changed();
  }

  /** Must be called when the row has been written. */
  saved(): void {
    this.#unsaved = false;
  }

  #add({ visible_at, receives }: Countable, sign: 1 | -1): void {
    if (visible_at <= this.#at) this.#visible += sign;
    else if (receives > 0) this.#inFlight += sign;
    else this.#delayed += sign;
  }

  #changed(): void {
    if (this.#unsaved) return;
    this.#unsaved = true;
    this.#listener.changed();
  }
}
