/**
 * Which entries of the journal removed all messages of a queue: purges, and the deletion of the queue. Each of them can be
 * the end of every message that the journal keeps, so they are found by binary search, and not looked at one by one.
 */

import type { Entries } from './entries.ts';

/** How many ends that restored snapshots have undone a message's history shows, at most: there can be thousands. */
export const UNDONE_SHOWN = 10;

/** The IDs of entries, oldest first. */
interface Ends {
  inEffect: number[];
  undone: number[];
}

export class QueueEnds {
  readonly #entries: Entries;
  readonly #isUndone: (id: number) => boolean;
  /** The IDs of all of them, oldest first. */
  readonly #ids: number[] = [];
  /** By the IDs of their queues; undefined until they are needed. */
  #byQueue: Map<number, Ends> | undefined;

  /** `isUndone` returns whether a restored snapshot has undone the entry with this ID. */
  constructor(entries: Entries, isUndone: (id: number) => boolean) {
    this.#entries = entries;
    this.#isUndone = isUndone;
  }

  /** Adds the latest entry. */
  add(): void {
    while (this.#ids[0] !== undefined && this.#ids[0] < this.#entries.firstId) this.#ids.shift();
    this.#ids.push(this.#entries.lastId);
    this.#byQueue = undefined;
  }

  /** Must be called when a restored snapshot has undone entries, or no longer has. */
  restored(): void {
    this.#byQueue = undefined;
  }

  /**
   * Returns the IDs of the entries that removed all messages of the queue after the entry `last`, oldest first: up to the
   * first that is in effect, and of those before it the latest UNDONE_SHOWN.
   */
  after(last: number, queueId: number): number[] {
    this.#byQueue ??= this.#sorted();
    const { inEffect, undone } = this.#byQueue.get(queueId) ?? { inEffect: [], undone: [] };
    const end = inEffect[firstIndex(inEffect, (id) => id > last)];
    const [from, to] = [last, end ?? Number.POSITIVE_INFINITY].map((limit) => firstIndex(undone, (id) => id > limit));
    const shown = undone.slice(Math.max(from!, to! - UNDONE_SHOWN), to);
    return end === undefined ? shown : [...shown, end];
  }

  #sorted(): Map<number, Ends> {
    const sorted = new Map<number, Ends>();
    for (const id of this.#ids) {
      const queueId = id < this.#entries.firstId ? undefined : this.#entries.queueOf(id)?.id;
      if (queueId === undefined) continue;
      const ends = sorted.get(queueId) ?? { inEffect: [], undone: [] };
      sorted.set(queueId, ends);
      (this.#isUndone(id) ? ends.undone : ends.inEffect).push(id);
    }
    return sorted;
  }
}

/** Returns the index of the first item for which `isTrue`, as it is for all later ones; the length if there is none. */
export function firstIndex<T>(items: readonly T[], isTrue: (item: T) => boolean): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isTrue(items[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}
