/** Lets one caller after another use something, in the order of their calls. */

export class Turnstile {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `use` once it is the caller's turn; or when the signal is aborted, at which `use` must not begin anything. */
  run<T>(use: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const turn = this.#last;
    const result = (signal ? endOf(turn, signal) : turn).then(use);
    this.#last = Promise.allSettled([turn, result]);
    return result;
  }
}

/** Resolves when the promise, which must not reject, has resolved, or the signal is aborted. */
function endOf(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
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
