/** Transactions on one connection. */

import { randomInt } from 'node:crypto';
import { sleep } from '../../time/clock.ts';
import type { Connection } from './connection.ts';
import { isAnswer, isConflict } from './faults.ts';
import type { Statement } from './statement.ts';

export interface Tx {
  /** Several calls may be started without awaiting them: they leave in one burst, in order. */
  run<Row>(statement: Statement<Row>, values: readonly unknown[]): Promise<Row[]>;
  /** Carries out SQL that has no parameters, without preparing it: for commands, and for tables that come and go. */
  script(text: string): Promise<void>;
}

/** How often a transaction is carried out if others are in its way. */
const ATTEMPTS_MAX = 6;

/** The longest pause before the first repetition, in milliseconds; later ones may be longer. */
const PAUSE_MS = 10;

/** A connection, while a lane lends it out. */
export class Session implements Tx {
  readonly connection: Connection;
  /** A small number of the connection, for rows that transactions shall not wait for each other for. */
  readonly slot: number;
  /** How many transactions may have been committed. */
  #maybeCommitted = 0;
  #conflicts = 0;
  #isRepeat = false;

  constructor(connection: Connection, slot: number) {
    this.connection = connection;
    this.slot = slot;
  }

  /** Whether anything of the work since the latest `begin` may have happened. */
  get mayHaveCommitted(): boolean {
    return this.#maybeCommitted > 0;
  }

  /** Whether the work may have been carried out before, on a connection that was lost. */
  get isRepeat(): boolean {
    return this.#isRepeat;
  }

  /** How often a transaction of the work had to be repeated. */
  get conflicts(): number {
    return this.#conflicts;
  }

  /** Called by the lane before each work. */
  begin(isRepeat = false): void {
    this.#maybeCommitted = 0;
    this.#conflicts = 0;
    this.#isRepeat = isRepeat;
  }

  /** Carries out one statement as a transaction of its own. It is repeated if another transaction is in its way. */
  run<Row>(statement: Statement<Row>, values: readonly unknown[]): Promise<Row[]> {
    const writes = !/^\s*SELECT\b/.test(statement.text);
    const done = this.#attempt(() => this.#committing(writes, this.connection.run(statement, values), () => true));
    done.catch(() => {});
    return done;
  }

  script(text: string): Promise<void> {
    return this.#attempt(() => this.#committing(true, this.connection.script(text), () => true));
  }

  /**
   * Begins a transaction (READ COMMITTED), carries out the work, and commits. If the work throws, rolls back. The work
   * is called again if another transaction is in its way, so whatever it collects must be made within it.
   */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#attempt(async () => {
      const tx = new Transaction(this.connection);
      let result: T;
      try {
        result = await work(tx);
      } catch (error) {
        tx.end();
        await this.connection.command('ROLLBACK').catch(() => {});
        throw tx.firstError ?? error;
      }
      tx.end();
      await this.#commit(tx);
      return result;
    });
  }

  /**
   * Like `transaction`, in one round trip: the statements that the work starts before it first awaits anything leave
   * together with BEGIN and COMMIT. The work can start none later, and an error of its own undoes nothing.
   */
  burst<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#attempt(async () => {
      const tx = new Transaction(this.connection);
      const working = work(tx);
      tx.end();
      const [worked, committed] = await Promise.allSettled([working, this.#commit(tx)]);
      if (committed.status === 'rejected') throw committed.reason;
      if (worked.status === 'rejected') throw worked.reason;
      return worked.value;
    });
  }

  /** COMMIT of a failed transaction is answered by ROLLBACK, without an error. */
  async #commit(tx: Transaction): Promise<void> {
    const committed = this.#committing(true, this.connection.command('COMMIT'), (tag) => tag === 'COMMIT');
    const tag = await committed.catch((error) => {
      throw tx.firstError && !isAnswer(tx.firstError) ? tx.firstError : error;
    });
    if (tag !== 'COMMIT') throw tx.firstError ?? new Error(`The database answered COMMIT by ${tag}.`);
  }

  /** Counts a transaction as one that may have been committed, unless the server says that it was not. */
  async #committing<T>(writes: boolean, answer: Promise<T>, succeeded: (answer: T) => boolean): Promise<T> {
    if (writes) this.#maybeCommitted++;
    try {
      const result = await answer;
      if (writes && !succeeded(result)) this.#maybeCommitted--;
      return result;
    } catch (error) {
      if (writes && isAnswer(error)) this.#maybeCommitted--;
      throw error;
    }
  }

  async #attempt<T>(carryOut: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await carryOut();
      } catch (error) {
        if (attempt === ATTEMPTS_MAX || !isConflict(error)) throw error;
        this.#conflicts++;
        await sleep(randomInt(PAUSE_MS * attempt));
      }
    }
  }
}

/** A transaction that has begun. */
class Transaction implements Tx {
  readonly #connection: Connection;
  #ended = false;
  /** The error of the first statement that failed; the later ones fail only because of it. */
  firstError: unknown;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#note(connection.command('BEGIN'));
  }

  run<Row>(statement: Statement<Row>, values: readonly unknown[]): Promise<Row[]> {
    if (this.#ended) throw new Error('The transaction has ended; no statement can be added to it.');
    return this.#note(this.#connection.run(statement, values));
  }

  script(text: string): Promise<void> {
    if (this.#ended) throw new Error('The transaction has ended; no statement can be added to it.');
    return this.#note(this.#connection.script(text));
  }

  end(): void {
    this.#ended = true;
  }

  #note<T>(answer: Promise<T>): Promise<T> {
    answer.catch((error) => {
      this.firstError ??= error;
    });
    return answer;
  }
}
