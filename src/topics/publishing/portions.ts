/**
 * Prepares publications to many subscribers in portions, so that other requests run in between: compiling filter policies,
 * and evaluating policies of queues, can take milliseconds for each subscriber.
 */

/** How much one portion does, in steps of 50 ns: some milliseconds. */
const PORTION_STEPS = 50_000;

const waiting: (() => void)[] = [];
let isScheduled = false;

/** Resolves in a turn of the event loop in which no other publication continues. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    schedule();
  });
}

function schedule(): void {
  if (isScheduled) return;
  isScheduled = true;
  setImmediate(() => {
    isScheduled = false;
    waiting.shift()?.();
    if (waiting.length > 0) schedule();
  });
}

/** Counts the work on one publication. */
export class Portions {
  #left = PORTION_STEPS;

  /** Counts work that has been done, in steps. Returns what to await if the portion is over. */
  done(steps: number): Promise<void> | undefined {
    this.#left -= steps;
    if (this.#left > 0) return undefined;
    this.#left = PORTION_STEPS;
    return turn();
  }
}
