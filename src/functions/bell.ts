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
