/** Lets one caller after another use something, in the order of their calls. */

export class Turnstile {
  /** Resolves, to nothing that would keep a result in memory, when everybody so far has ended. */
  #last: Promise<void> = Promise.resolve();

  /**
   * Runs `use` once it is the caller's turn; or when the signal is aborted, at which `use` must not begin anything. Resolves
   * or rejects as it does.
   */
  run<T>(use: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const turn = this.#last;
    const result = (signal ? endOf(turn, signal) : turn).then(use);
    this.#last = Promise.allSettled([turn, result]).then(() => {});
    return result;
  }
}

/** Resolves when the promise, which must not reject, has resolved, or the signal is aborted. */
function endOf(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      signal.removeEventListener('abort', end);
      resolve();
    };
    if (signal.aborted) return end();
    signal.addEventListener('abort', end);
    void promise.then(end);
  });
}
