/** Calls to other programs, for which a move of the clock waits: they take real time, and what they change is due then. */

import type { Clock, Millis } from './clock.ts';

/** How long a move waits for a call. The program may itself wait for the move, or take minutes. */
const CALL_MS_MAX: Millis = 1000;

export class Calls {
  readonly #machine: Clock;
  readonly #calls = new Set<Promise<unknown>>();

  constructor(machine: Clock) {
    this.#machine = machine;
  }

  /** Whether there is a call to wait for. */
  get pending(): boolean {
    return this.#calls.size > 0;
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
      cancel = this.#machine.at(this.#machine.now() + CALL_MS_MAX, () => {
        for (const call of calls) this.#calls.delete(call);
        resolve();
      });
    });
    await Promise.race([timeout, ...calls.map((call) => call.catch(() => {}))]);
    cancel();
  }
}
