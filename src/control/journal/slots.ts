/** Finds the slot of the journal that a message is in, by the key that the engine gave the message. */

const NONE = -1;

/**
 * A hash table in arrays of numbers. Each message that is sent adds a key and drops an old one; a Map would be rebuilt
 * again and again.
 */
export class Slots {
  /** The first slot of each bucket. Keys count up, and so fill the buckets evenly. */
  readonly #first: Int32Array;
  /** The next slot of the same bucket, by slot. */
  readonly #next: Int32Array;
  readonly #keys: Float64Array;

  /** Has room for the slots 0 to `size` - 1. */
  constructor(size: number) {
    this.#first = new Int32Array(Math.max(1, size)).fill(NONE);
    this.#next = new Int32Array(size).fill(NONE);
    this.#keys = new Float64Array(size).fill(Number.NaN);
  }

  get(key: number): number | undefined {
    let slot = this.#first[key % this.#first.length]!;
    while (slot !== NONE && this.#keys[slot] !== key) slot = this.#next[slot]!;
    return slot === NONE ? undefined : slot;
  }

  /** Returns the key of a slot that is in use. */
  keyOf(slot: number): number {
    return this.#keys[slot]!;
  }

  /** Gives a free slot to a key. Of two slots with the same key, `get` returns the one that was set last. */
  set(key: number, slot: number): void {
    const bucket = key % this.#first.length;
    this.#next[slot] = this.#first[bucket]!;
    this.#first[bucket] = slot;
    this.#keys[slot] = key;
  }

  /** Frees a slot that is in use. */
  delete(slot: number): void {
    const bucket = this.#keys[slot]! % this.#first.length;
    if (this.#first[bucket] === slot) {
      this.#first[bucket] = this.#next[slot]!;
      return;
    }
    let before = this.#first[bucket]!;
    while (this.#next[before] !== slot) before = this.#next[before]!;
    this.#next[before] = this.#next[slot]!;
  }
}
