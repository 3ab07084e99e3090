/** Divides tasks among turns of the event loop, however many there are, so that requests run in between. */

interface Task {
  run(): void;
  weight: number;
}

export class InTurns {
  readonly #perTurn: number;
  readonly #tasks: Task[] = [];
  /** What tasks may still weigh in this turn. The last one may weigh more. */
  #left: number;
  #isScheduled = false;

  /** `perTurn`: the weight of the tasks of a turn together. By default, each turn runs one task. */
  constructor(perTurn = 1) {
    this.#perTurn = perTurn;
    this.#left = perTurn;
  }

  /** Runs a task at once if this turn has room for it and none is waiting. Otherwise, it waits for one of the next turns. */
  run(task: () => void, weight = 1): void {
    this.#tasks.push({ run: task, weight });
    if (this.#tasks.length === 1) this.#runTasks();
  }

  /** Resolves when `run` would run a task. */
  turn(): Promise<void> {
    return new Promise((resolve) => this.run(resolve));
  }

  #runTasks(): void {
    while (this.#left > 0) {
      const task = this.#tasks.shift();
      if (!task) return;
      this.#left -= task.weight;
      this.#schedule();
      task.run();
    }
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#left = this.#perTurn;
      this.#runTasks();
    });
  }
}
