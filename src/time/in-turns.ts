/** Runs one task in each turn of the event loop, however many there are, so that requests run in between. */

export class InTurns {
  readonly #tasks: (() => void)[] = [];
  #isScheduled = false;

  /** Runs a task at once if none has run in this turn and none is waiting. Otherwise, it waits for a turn of its own. */
  run(task: () => void): void {
    if (!this.#isScheduled) {
      task();
      this.#schedule();
    } else this.#tasks.push(task);
  }

  /** Resolves when `run` would run a task. */
  turn(): Promise<void> {
    return new Promise((resolve) => this.run(resolve));
  }

  #schedule(): void {
    this.#isScheduled = true;
    setImmediate(() => {
      const task = this.#tasks.shift();
      this.#isScheduled = false;
      if (task) this.run(task);
    });
  }
}
