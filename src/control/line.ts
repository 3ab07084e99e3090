/** Tasks that run one after another. */

export class Line {
  /** Settles when the latest task has. */
  #latest: Promise<unknown> = Promise.resolve();

  /** Starts `task` when all earlier ones have ended. Resolves or rejects as it does. */
  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#latest.then(task);
    this.#latest = result.catch(() => {});
    return result;
  }
}
