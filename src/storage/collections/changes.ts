/**
 * Makes a verb all or nothing. Each change of the data records how to undo it. If the verb throws, its changes are
 * undone, the latest first; otherwise the records are dropped.
 */

export class Changes {
  readonly #undos: (() => void)[] = [];

  /** Records how to undo a change that was just made. `undo` must not throw. */
  record(undo: () => void): void {
    this.#undos.push(undo);
  }

  keep(): void {
    this.#undos.length = 0;
  }

  undo(): void {
    for (let undo = this.#undos.pop(); undo; undo = this.#undos.pop()) undo();
  }
}
