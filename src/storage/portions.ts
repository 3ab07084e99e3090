/** How much one verb of an engine does before it lets others run. The same for every engine, so that they agree. */

/** The largest number of expired messages that one verb frees in a queue. */
export const FREED_AT_ONCE = 200;
/** The verbs of a turn together free about as many: one may look at hundreds of queues, and there may be thousands of verbs. */
const FREED_PER_TURN = 2000;
/** A verb that moves messages stops after this many. */
export const MOVED_AT_ONCE = 100;
/** A receive returns about this many bytes at most: ten messages of 1 MiB. */
export const RECEIVED_AT_ONCE_BYTES = 10_000_000;
/**
 * Clients of LocalStack may ask for a thousand messages. An engine that reads contents to find messages looks at the sizes
 * only if more than these are asked for. While a tenant is noisy, no receive returns more.
 */
export const RECEIVED_FREELY = 10;
/**
 * Once the receives of a turn have read this many bytes, further ones wait for the next turn. Responses can have six times
 * as many, and those of a turn are printed together: a tenth of a second of work.
 */
export const READ_PER_TURN_BYTES = 2_000_000;
/** A message counts as this many bytes more, since it has to be handed out and printed, however short it is. */
export const READ_MESSAGE_BYTES = 500;
/** The largest number of messages that a peek looks at; with a text to find in them, it reads all their bodies. */
export const PEEKED_AT_ONCE = 1000;
export const BODIES_AT_ONCE = 200;
/** The largest number of messages that a portion of a search for a message ID looks at. */
export const SEARCHED_AT_ONCE = 2000;
/** A verb that moves messages also stops after this many bytes of bodies and attributes. */
export const PORTION_BYTES = 1_000_000;

/**
 * Which queues may free expired messages in a turn. If nothing is left for some, those that had their share wait in the next
 * turns until all others have had theirs: a million expired messages of one queue keep no other queue waiting.
 */
export class Freeing {
  #left = FREED_PER_TURN;
  /** The queues that have freed messages in this turn. */
  readonly #served = new Set<number>();
  /** The queues that wait for others. */
  readonly #waiting = new Set<number>();
  #isShort = false;

  /** Whether a queue that has expired messages may free some now. */
  mayFree(queueId: number): boolean {
    if (this.#waiting.has(queueId)) return false;
    if (this.#left <= 0 && !this.#served.has(queueId)) this.#isShort = true;
    return this.#left > 0;
  }

  /** Must be called with how many messages were freed, or could have been in the time that something else took. */
  spend(count: number, queueId?: number): void {
    this.#left -= count;
    if (queueId !== undefined && count > 0) this.#served.add(queueId);
  }

  /** Must be called after each turn. */
  endTurn(): void {
    if (this.#isShort) for (const id of this.#served) this.#waiting.add(id);
    else this.#waiting.clear();
    this.#served.clear();
    this.#left = FREED_PER_TURN;
    this.#isShort = false;
  }
}
