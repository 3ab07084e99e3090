/**
 * Group commit. Verbs that arrive in one turn of the event loop are carried out together, in one transaction, at its
 * end; their promises settle after the commit. That costs one commit (and one burst of answers) for many requests.
 */

import type { TurnListener } from '../observation.ts';
import type { Connection } from './database.ts';
import { concernsAll, type Faults } from './disk-faults.ts';

interface Waiting {
  /** Whether it is a verb that only adds. */
  adds: boolean;
  carryOut(): void;
  settle(): void;
  fail(error: unknown): void;
}

interface Hooks {
  /** Writes what verbs that only add have left to be written together. */
  writeAdded(): void;
  /** May still write. */
  beforeCommit(): void;
  /** Runs once the writes are durable, before the promises settle. */
  afterCommit(): void;
  /** Has to forget what is remembered of the database. */
  afterRollback(): void;
}

export class Turns {
  readonly #connection: Connection;
  readonly #faults: Faults;
  readonly #begin;
  readonly #commit;
  readonly #hooks: Hooks;
  /** What is remembered of the database may be wrong, since it could not be read after a rollback. */
  #forgetful = false;
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

  /** Carries `verb` out at the end of this turn. It must be synchronous, and may be called a second time (see below). */
  run<T>(verb: () => T): Promise<T> {
    return this.#enqueue(verb, false);
  }

  /** As `run`, for a verb that does not look at what those before it may have left to be written together. */
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

  /** Carries out at once what is waiting. */
  flush(): void {
    const group = this.#waiting;
    this.#waiting = [];
    if (group.length === 0) return;
    try {
      this.#transact(group);
    } catch (error) {
      // One verb must not take its neighbours with it: each gets a transaction of its own, and its own error.
      if (group.length > 1 && !concernsAll(error)) {
        for (const one of group) this.#alone(one);
        return;
      }
      const told = this.#faults.told(error);
      for (const one of group) one.fail(told);
      return;
    }
    this.#conclude(group);
  }

  #alone(one: Waiting): void {
    try {
      this.#transact([one]);
    } catch (error) {
      one.fail(this.#faults.told(error));
      return;
    }
    this.#conclude([one]);
  }

  /** Outside of every catch: what fails here must not look as if the transaction had, and run the verbs once more. */
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
      if (this.#forgetful) this.#rollBack();
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
      this.#forgetful = true;
      try {
        this.#rollBack();
      } catch {
        // A disk that cannot be read now is asked again by the next turn, before anything else. The first error counts.
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
    this.#forgetful = false;
  }
}
