/** Callers that wait until there is room for one of them, in the order of their calls. */

export class WaitingLine {
  readonly #waiting = new Set<() => void>();

  /** Resolves when it is the caller's turn, or the signal is aborted. */
  wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const end = () => {
        signal.removeEventListener('abort', end);
        this.#waiting.delete(end);
        resolve();
      };
      signal.addEventListener('abort', end);
      this.#waiting.add(end);
    });
  }

  /** Wakes the one that has waited for the longest time. If its signal has been aborted meanwhile, it must wake the next. */
  wakeNext(): void {
    const [wake] = this.#waiting;
    wake?.();
  }
}
