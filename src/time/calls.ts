/** Calls to other programs, for which a move of the clock waits: they take real time, and what they change is due then. */

import type { Clock, Millis } from './clock.ts';

/** How long a move waits for a call. The program may itself wait for the move, or take minutes. */
const CALL_MS_MAX: Millis = 1000;

/**
 * How long a move waits for the calls of one instant: a function that fails, or sends to its own queue, may be called without
 * end.
 */
const CALLS_MS_MAX: Millis = 30_000;

export class Calls {
  readonly #machine: Clock;
  readonly #calls = new Set<Promise<unknown>>();
  /** When the move goes on from its present instant, whatever calls there are. */
  #waitsUntil: Millis = 0;

  constructor(machine: Clock) {
    this.#machine = machine;
  }

  /** Must be called when a move begins, and when it reaches another instant. */
  begin(): void {
    this.#waitsUntil = this.#machine.now() + CALLS_MS_MAX;
  }

  /** Whether there is a call for which the move should wait. */
  get pending(): boolean {
    return this.#calls.size > 0 && this.#machine.now() < this.#waitsUntil;
  }

  add(call: Promise<unknown>): void {
    this.#calls.add(call);
    const forget = () => this.#calls.delete(call);
    call.then(forget, forget);
  }

  /** Resolves when one of the calls has ended. If none does in time, gives up waiting for any of them. */
  async wait(): Promise<void> {
    const calls = [...this.#calls];
    let cancel = () => {};
    const timeout = new Promise<void>((resolve) => {
      cancel = this.#machine.at(Math.min(this.#machine.now() + CALL_MS_MAX, this.#waitsUntil), () => {
        for (const call of calls) this.#calls.delete(call);
        resolve();
      });
    });
    await Promise.race([timeout, ...calls.map((call) => call.catch(() => {}))]);
    cancel();
  }
}
