/** Lets one caller after another use something, in the order of their calls. */

import { type Millis, wakeAfter } from './clock.ts';

export class Turnstile {
  readonly #holdMs: Millis | undefined;
  /** Resolves, to nothing that would keep a result in memory, when everybody so far has ended. */
  #last: Promise<void> = Promise.resolve();

  /** `holdMs`: how long a caller keeps the next one waiting at most, for callers that may wait themselves. */
  constructor(holdMs?: Millis) {
    this.#holdMs = holdMs;
  }

  /**
   * Runs `use` once it is the caller's turn; or when the signal is aborted, at which `use` must not begin anything. Resolves
   * or rejects as it does.
   */
  run<T>(use: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const turn = this.#last;
    const result = (signal ? endOf(turn, signal) : turn).then(use);
    const held = this.#holdMs === undefined ? result : turn.then(() => within(result, this.#holdMs!));
    this.#last = Promise.allSettled([turn, held]).then(() => {});
    return result;
  }
}

/** Resolves when the promise has settled, or the time is over. */
function within(promise: Promise<unknown>, ms: Millis): Promise<void> {
  return new Promise((resolve) => {
    const cancel = wakeAfter(ms, resolve);
    const end = () => {
      cancel();
      resolve();
    };
    promise.then(end, end);
  });
}

/**
 * Resolves when the promise, which must not reject, has resolved, or the signal is aborted. The promise then keeps nothing of
 * the caller in memory, though it may resolve hours later: the reason of an aborted signal can refer to its whole request.
 */
function endOf(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const caller: { end: (() => void) | undefined } = { end: undefined };
  void promise.then(endedBy(caller));
  return new Promise((resolve) => {
    const end = () => {
      signal.removeEventListener('abort', end);
      caller.end = undefined;
      resolve();
    };
    if (signal.aborted) return end();
    caller.end = end;
    signal.addEventListener('abort', end);
  });
}

/** Not inside `endOf`: a function there would keep all its variables. */
function endedBy(caller: { end: (() => void) | undefined }): () => void {
  return () => caller.end?.();
}
