/** Keeps the messages that did not fit into a batch for the next one. In between, they take room in memory, too. */

import type { Entry } from './event.ts';
import type { EventRoom, Hold } from './event-room.ts';

export class LeftOver {
  readonly #hold: Hold;
  #entries: readonly Entry[] = [];

  constructor(room: EventRoom) {
    this.#hold = room.hold();
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  keep(entries: readonly Entry[]): void {
    this.#entries = entries;
    this.#hold.set(entries.reduce((sum, { bytes }) => sum + bytes, 0));
  }

  /** Returns the messages. Their room must be held elsewhere from now on. */
  take(): readonly Entry[] {
    const entries = this.#entries;
    this.drop();
    return entries;
  }

  /** Leaves the messages to their queue, in which they become visible again. */
  drop(): void {
    this.keep([]);
  }
}
