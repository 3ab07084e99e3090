/**
 * How many messages deliveries may have in memory at once. Lines wait for room before they take messages from their
 * backlogs, so that thousands of subscribers that do not answer use up neither the memory nor the file descriptors of
 * the process, which clients need too.
 */

import { heapBytes } from '../../storage/catalogue-bound.ts';
import { WaitingLine } from '../../time/waiting-line.ts';

/**
 * How many messages a line may have in progress. Once there are many in total, such as to subscribers that do not
 * answer, each line has only one.
 */
const [PER_LINE, MANY] = [8, 100];

/** How many messages may be in progress in total. Each needs a file descriptor. */
const MESSAGES_MAX = 1000;
/** How many characters they may have. */
const CHARACTERS_MAX = Math.min(64 * 1024 * 1024, heapBytes() / 32);
/** What a message counts as before it has been taken. */
const EXPECTED_CHARACTERS = 256 * 1024;

export class Room {
  readonly #max: number;
  readonly #line = new WaitingLine();
  #messages = 0;
  #characters = 0;

  /** `max`: how many messages may be in progress. */
  constructor(max = MESSAGES_MAX) {
    this.#max = max;
  }

  /** Returns how many messages a line may have in progress now. */
  get perLine(): number {
    return this.#messages < MANY ? PER_LINE : 1;
  }

  get #isFull(): boolean {
    return this.#messages >= this.#max || this.#characters >= CHARACTERS_MAX;
  }

  /**
   * Waits for room, and reserves it for this many messages that have not been taken yet. Resolves to what gives the
   * reservation back, which must be called once their number is known; to undefined if the signal is aborted.
   */
  async reserve(messages: number, signal: AbortSignal): Promise<(() => void) | undefined> {
    while (this.#isFull && !signal.aborted) await this.#line.wait(signal);
    if (signal.aborted) {
      this.#wakeNext();
      return undefined;
    }
    const leave = this.enter(messages * EXPECTED_CHARACTERS, messages);
    this.#wakeNext();
    return leave;
  }

  /** Counts a message that has been taken. Returns what must be called when it is no longer in progress. */
  enter(characters: number, messages = 1): () => void {
    this.#messages += messages;
    this.#characters += characters;
    return () => {
      this.#messages -= messages;
      this.#characters -= characters;
      this.#wakeNext();
    };
  }

  /** The one that wakes up finds out whether there is room, and wakes the next one if there is more. */
  #wakeNext(): void {
    if (!this.#isFull) this.#line.wakeNext();
  }
}
