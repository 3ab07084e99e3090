/** What the code that invokes functions waits for: a change, or its turn. */

/** Rings whenever something has changed. */
export class Bell {
  #controller = new AbortController();

  /** Is aborted when the bell rings next. Take it before looking at what may change. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  ring(): void {
    const rung = this.#controller;
    this.#controller = new AbortController();
    rung.abort();
  }
}

/** Lets one caller after another use something, in the order of their calls. */
export class Turnstile {
  #last: Promise<void> = Promise.resolve();

  /** Runs `use` once it is the caller's turn. */
  run<T>(use: () => Promise<T>): Promise<T> {
    const result = this.#last.then(use);
    this.#last = result.then(
      () => {},
      () => {},
    );
    return result;
  }
}
