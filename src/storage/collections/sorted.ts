/**
 * A sorted collection. Adding, finding and deleting an item take logarithmic time, and less at either end. The items
 * are kept in short arrays (chunks), so that no change moves more than a few hundred pointers.
 */

const CHUNK_LENGTH = 512;

/** `Item`s are compared by their places. No two items of a collection have the same place. */
export class Sorted<Place, Item extends Place = Place> {
  readonly #compare: (a: Place, b: Place) => number;
  /** None of them is empty. */
  readonly #chunks: Item[][] = [];

  constructor(compare: (a: Place, b: Place) => number) {
    this.#compare = compare;
  }

  get first(): Item | undefined {
    return this.#chunks[0]?.[0];
  }

  add(item: Item): void {
    const chunks = this.#chunks;
    const last = chunks.at(-1);
    if (!last || this.#compare(last.at(-1)!, item) < 0) {
      if (last && last.length < CHUNK_LENGTH) last.push(item);
      else chunks.push([item]);
      return;
    }
    const at = this.#chunkOf(item);
    const chunk = chunks[at]!;
    chunk.splice(this.#indexIn(chunk, item), 0, item);
    if (chunk.length > CHUNK_LENGTH) chunks.splice(at + 1, 0, chunk.splice(CHUNK_LENGTH / 2));
  }

  find(place: Place): Item | undefined {
    const chunk = this.#chunks[this.#chunkOf(place)];
    const item = chunk?.[this.#indexIn(chunk, place)];
    return item !== undefined && this.#compare(item, place) === 0 ? item : undefined;
  }

  /** Deletes the item at this place, which must exist. Its place must be the one that it was added at. */
  delete(place: Place): void {
    const chunks = this.#chunks;
    const at = this.#chunkOf(place);
    const chunk = chunks[at]!;
    const index = this.#indexIn(chunk, place);
    if (index === 0) chunk.shift();
    else chunk.splice(index, 1);
    const next = chunks[at + 1];
    if (chunk.length === 0) chunks.splice(at, 1);
    else if (next && chunk.length + next.length < CHUNK_LENGTH / 2) chunks.splice(at, 2, [...chunk, ...next]);
  }

  /** Iterates over all items in order. The collection must not change meanwhile. */
  *[Symbol.iterator](): Generator<Item, undefined> {
    for (const chunk of this.#chunks) yield* chunk;
  }

  /** Iterates over the items after this place. The collection must not change meanwhile. */
  *after(place: Place): Generator<Item, undefined> {
    const chunks = this.#chunks;
    for (let at = this.#chunkOf(place), isFirst = true; at < chunks.length; at++, isFirst = false) {
      const chunk = chunks[at]!;
      for (let index = isFirst ? this.#indexIn(chunk, place) : 0; index < chunk.length; index++) {
        const item = chunk[index]!;
        if (!isFirst || this.#compare(item, place) > 0) yield item;
      }
    }
  }

  /** Returns the first chunk whose last item is not before the place; the number of chunks if there is none. */
  #chunkOf(place: Place): number {
    const chunks = this.#chunks;
    let low = 0;
    for (let high = chunks.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (this.#compare(chunks[middle]!.at(-1)!, place) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Returns the index of the first item that is not before the place. */
  #indexIn(chunk: readonly Item[], place: Place): number {
    if (this.#compare(chunk[0]!, place) >= 0) return 0;
    let low = 1;
    for (let high = chunk.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (this.#compare(chunk[middle]!, place) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
