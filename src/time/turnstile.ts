/** Lets one caller after another use something, in the order of their calls. */

export class Turnstile {
  #last: Promise<void> = Promise.resolve();

  /** Resolves, to nothing that would keep a result in memory, when everybody so far has ended. */
  get last(): Promise<void> {
    return this.#last;
  }

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

/** A turnstile for each key, for as long as somebody uses it: keys that clients choose would fill the memory. */
export class Turnstiles {
  readonly #byKey = new Map<string, Turnstile>();

  /** See `Turnstile.run`. */
  run<T>(key: string, use: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const turnstile = this.#byKey.get(key) ?? new Turnstile();
    this.#byKey.set(key, turnstile);
    const result = turnstile.run(use, signal);
    const { last } = turnstile;
    void last.then(() => {
      if (turnstile.last === last) this.#byKey.delete(key);
    });
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
