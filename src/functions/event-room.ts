/**
 * How many bytes of messages all pollers together may have in memory. Pollers wait for room before they take messages
 * from their queues, so that functions that do not answer do not use up the memory of the process.
 */

import { WaitingLine } from '../time/waiting-line.ts';
import { EVENT_BYTES_MAX } from './lambda-limits.ts';

/** The messages that a poller has taken for a batch. */
export interface Hold {
  /** Counts messages as having this many bytes from now on: 0 gives back their room. */
  set(bytes: number): void;
}

export class EventRoom {
  readonly #max: number;
  readonly #line = new WaitingLine();
  #bytes = 0;

  constructor(bytesMax = EVENT_BYTES_MAX) {
    this.#max = bytesMax;
  }

  /** Whether each poller should have only one batch in progress, and a short one. */
  get isCrowded(): boolean {
    return this.#bytes >= this.#max / 4;
  }

  get isFull(): boolean {
    return this.#bytes >= this.#max;
  }

  hold(): Hold {
    let held = 0;
    return {
      set: (bytes) => {
        this.#bytes += bytes - held;
        held = bytes;
        this.#wakeNext();
      },
    };
  }

  /** Resolves when there is room, or the signal is aborted. A caller that has not been told to end sets a hold next. */
  async wait(signal: AbortSignal): Promise<void> {
    if (!this.isFull || signal.aborted) return;
    await this.#line.wait(signal);
    if (signal.aborted) this.#wakeNext();
  }

  /** Wakes the poller that has waited for the longest time, if there is room. */
  #wakeNext(): void {
    if (!this.isFull) this.#line.wakeNext();
  }
}
