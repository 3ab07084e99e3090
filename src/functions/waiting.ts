/** Waits of the code that invokes functions: for a change, for a time, or for a turn. */

import type { Clock, Millis } from '../time/clock.ts';

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

/** Resolves when one of the signals is aborted, or, if given, at the instant `until` of the clock. */
export function rest(signals: readonly AbortSignal[], clock?: Clock, until?: Millis): Promise<void> {
  return new Promise((resolve) => {
    if (signals.some(({ aborted }) => aborted)) return resolve();
    const end = () => {
      cancelAlarm();
      for (const signal of signals) signal.removeEventListener('abort', end);
      resolve();
    };
    const cancelAlarm = until === undefined ? () => {} : clock!.at(until, end);
    for (const signal of signals) signal.addEventListener('abort', end);
  });
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
