/**
 * Verbs that are called in the same turn of the event loop are carried out at its end, in the order of their calls, and
 * then their promises settle. This way requests share one burst of responses. Each verb is all or nothing by itself.
 */

import type { Changes } from '../collections/changes.ts';
import type { TurnListener } from '../observation.ts';
import type { Outbox } from '../outbox.ts';

interface Waiting {
  carryOut(): void;
  settle(): void;
  /** Makes `settle` reject. */
  fail(error: unknown): void;
}

export class Turns {
  readonly #changes: Changes;
  readonly #outbox: Outbox;
  readonly #onEnd: () => void;
  #waiting: Waiting[] = [];
  #listener: TurnListener | undefined;
  #isClosed = false;

  /** `onEnd` is called after each turn. */
  constructor({ changes, outbox }: { changes: Changes; outbox: Outbox }, onEnd: () => void) {
    this.#changes = changes;
    this.#outbox = outbox;
    this.#onEnd = onEnd;
  }

  onTurn(listener: TurnListener | undefined): void {
    this.#listener = listener;
  }

  /** Carries `verb` out at the end of this turn. Resolves to its result, or rejects with its error. */
  run<T>(verb: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) throw new Error('The engine has been closed.');
      if (this.#waiting.length === 0) setImmediate(() => this.flush());
      let settle = () => {};
      this.#waiting.push({
        carryOut() {
          const result = verb();
          settle = () => resolve(result);
        },
        settle: () => settle(),
        fail(error) {
          settle = () => reject(error);
        },
      });
    });
  }

  /** As `run`, again in the following turns for as long as the verb returns `unfinished`. */
  async finish<T>(verb: () => T | 'unfinished'): Promise<T> {
    for (;;) {
      const result = await this.run(verb);
      if (result !== 'unfinished') return result;
    }
  }

  /** Carries out the waiting verbs now. */
  flush(): void {
    const verbs = this.#waiting;
    if (verbs.length === 0) return;
    this.#waiting = [];
    const ended = this.#listener?.(verbs.length);
    for (const one of verbs) this.#carryOut(one);
    this.#onEnd();
    ended?.();
    try {
      this.#outbox.send();
    } finally {
      for (const one of verbs) one.settle();
    }
  }

  /** Carries out the waiting verbs, and then `verb`, which is undone. Returns its result. */
  tryOut<T>(verb: () => T): T {
    this.flush();
    const mark = this.#outbox.mark();
    try {
      return verb();
    } finally {
      this.#changes.undo();
      this.#outbox.forget(mark);
      this.#onEnd();
    }
  }

  /** Carries out the waiting verbs, and lets no other be called. */
  close(): void {
    this.flush();
    this.#isClosed = true;
  }

  #carryOut(one: Waiting): void {
    const mark = this.#outbox.mark();
    try {
      one.carryOut();
      this.#changes.keep();
    } catch (error) {
      this.#changes.undo();
      this.#outbox.forget(mark);
      one.fail(error);
    }
  }
}
