/** The entries of the journal that removed all messages of a queue: purges and deletions. */

export class QueueEnds {
  /** Their IDs by queue, oldest first. The queue with the latest one is the last. */
  readonly #ids = new Map<number, number[]>();

  /** Adds the ID of the latest entry. Those before `firstId` are forgotten, at the latest with the next one. */
  add(queueId: number, id: number, firstId: number): void {
    const own = this.#ids.get(queueId) ?? [];
    while (own[0] !== undefined && own[0] < firstId) own.shift();
    own.push(id);
    this.#ids.delete(queueId);
    this.#ids.set(queueId, own);
    for (const [other, ids] of this.#ids) {
      if (ids.at(-1)! >= firstId) break;
      this.#ids.delete(other);
    }
  }

  /** Returns the IDs of those of a queue, oldest first. The journal may have forgotten some of them. */
  of(queueId: number): readonly number[] {
    return this.#ids.get(queueId) ?? [];
  }
}
