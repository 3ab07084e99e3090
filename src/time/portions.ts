/**
 * Divides long work into portions, so that other requests run in between: preparing publications to thousands of
 * subscribers, or searching the bodies of the journal. Each turn of the event loop has one portion of all such work.
 */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { InTurns } from './in-turns.ts';

/** How much one portion does, in steps of 50 ns: some milliseconds. */
export const PORTION_STEPS = 50_000;

const line = new InTurns();

/** Resolves in a later turn of the event loop, in which no other work continues. */
async function turn(): Promise<void> {
  await nextTurn();
  await line.turn();
}

/** Counts one piece of work. */
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
