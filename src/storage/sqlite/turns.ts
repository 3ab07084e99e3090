/**
 * Group commit. Verbs that are called in the same turn of the event loop are carried out at its end, in one
 * transaction. Their promises settle after the commit. This way requests share one commit and one burst of responses.
 */

import type { TurnListener } from '../observation.ts';
import type { Connection } from './database.ts';
import { affectsAllVerbs, type Faults } from './disk-faults.ts';

interface Waiting {
  /** Whether the verb only adds rows (see `Turns.add`). */
  adds: boolean;
  carryOut(): void;
  settle(): void;
  fail(error: unknown): void;
}

interface Hooks {
  /** Writes the rows that verbs passed to `Turns.add` have left to be written together. */
  writeAdded(): void;
  /** Called before the commit. May write. */
  beforeCommit(): void;
  /** Called once the writes are durable, before the promises settle. */
  afterCommit(): void;
  /** Called after a rollback. Must discard or reload everything that is cached from the database. */
  afterRollback(): void;
}

export class Turns {
  readonly #connection: Connection;
  readonly #faults: Faults;
  readonly #begin;
  readonly #commit;
  readonly #hooks: Hooks;
  /** Whether caches of the database may be wrong, because they could not be reloaded after a rollback. */
  #cachesAreStale = false;
  #waiting: Waiting[] = [];
  #listener: TurnListener | undefined;

  constructor(connection: Connection, faults: Faults, hooks: Hooks) {
    this.#connection = connection;
    this.#faults = faults;
    this.#hooks = hooks;
    this.#begin = connection.prepare('BEGIN IMMEDIATE');
    this.#commit = connection.prepare('COMMIT');
  }

  onTurn(listener: TurnListener | undefined): void {
    this.#listener = listener;
  }

  /**
   * Carries `verb` out at the end of this turn. The verb must be synchronous, and may be called twice (see `flush`).
   * Resolves to its result. Rejects with its error, or with StoreUnavailable for a fault of the disk or the files.
   */
  run<T>(verb: () => T): Promise<T> {
    return this.#enqueue(verb, false);
  }

  /** Like `run`, but repeats the verb in the following turns for as long as it returns `unfinished`. */
  async finish<T>(verb: () => T | 'unfinished'): Promise<T> {
    for (;;) {
      const result = await this.run(verb);
      if (result !== 'unfinished') return result;
    }
  }

  /** Like `run`, for a verb that does not read rows that earlier verbs may have left to be written together. */
  add<T>(verb: () => T): Promise<T> {
    return this.#enqueue(verb, true);
  }

  #enqueue<T>(verb: () => T, adds: boolean): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => this.flush());
      let result: T;
      this.#waiting.push({
        adds,
        carryOut: () => {
          result = verb();
        },
        settle: () => resolve(result),
        fail: reject,
      });
    });
  }

  /** Carries out the waiting verbs now: together, or again one by one if one of them fails. */
  flush(): void {
    const group = this.#waiting;
    this.#waiting = [];
    if (group.length === 0) return;
    try {
      this.#transact(group);
    } catch (error) {
      // One verb must not make the others fail, so each runs again in its own transaction and gets its own error.
      if (group.length > 1 && !affectsAllVerbs(error)) {
        for (const one of group) this.#runAlone(one);
        return;
      }
      const failure = this.#faults.record(error);
      for (const one of group) one.fail(failure);
      return;
    }
    this.#conclude(group);
  }

  /**
   * Carries out the waiting verbs, and then `verb` in a transaction of its own that is rolled back. Returns its result.
   * Throws its error, or StoreUnavailable for a fault of the disk or the files.
   */
  tryOut<T>(verb: () => T): T {
    this.flush();
    try {
      if (this.#cachesAreStale) this.#rollBack();
      this.#cachesAreStale = true;
      this.#begin.run();
      const result = verb();
      this.#rollBack();
      return result;
    } catch (error) {
      // The next turn rolls back first.
      throw this.#faults.record(error);
    }
  }

  #runAlone(one: Waiting): void {
    try {
      this.#transact([one]);
    } catch (error) {
      one.fail(this.#faults.record(error));
      return;
    }
    this.#conclude([one]);
  }

  /** Called outside of every `try`: an error here must not look like a failed transaction and run the verbs again. */
  #conclude(group: readonly Waiting[]): void {
    try {
      this.#hooks.afterCommit();
    } finally {
      for (const one of group) one.settle();
    }
  }

  #transact(group: readonly Waiting[]): void {
    const ended = this.#listener?.(group.length);
    try {
      if (this.#cachesAreStale) this.#rollBack();
      this.#begin.run();
      for (const one of group) {
        if (!one.adds) this.#hooks.writeAdded();
        one.carryOut();
      }
      this.#hooks.writeAdded();
      this.#hooks.beforeCommit();
      this.#faults.check();
      this.#commit.run();
    } catch (error) {
      this.#cachesAreStale = true;
      try {
        this.#rollBack();
      } catch {
        // If the disk cannot be read now, the next turn rolls back again first. The first error is the one to report.
      }
      throw error;
    } finally {
      ended?.();
    }
    this.#faults.committed();
  }

  #rollBack(): void {
    if (this.#connection.inTransaction) this.#connection.exec('ROLLBACK');
    this.#hooks.afterRollback();
    this.#cachesAreStale = false;
  }
}
