/**
 * Serial transactions: each first locks the rows of its queues, and then has them to itself, on all nodes. The lock is
 * a statement of its own. The statements after it so have snapshots that are younger than the lock, and see everything
 * that its former holders have done.
 *
 * Verbs that wait for the same queue share a transaction, in the order in which they were asked for.
 */

import { StoreUnavailable } from '../store.ts';
import type { Effects } from './effects.ts';
import { asRefusal } from './faults.ts';
import type { Lane } from './lanes.ts';
import type { QueueTable } from './queue-table.ts';
import type { Session } from './session.ts';
import { LockedTurn, OldCopy, type Turn } from './turn.ts';

export { nextNumbers, type Turn } from './turn.ts';

/** The largest number of verbs, and about how many bytes of messages, that share a transaction. */
const VERBS_AT_ONCE = 100;
const BYTES_AT_ONCE = 1_000_000;
/** How long a verb may take, in milliseconds, and how much may wait while the database is slow or away. */
const LIMIT_MS = 9000;
const WAITING_MAX = 10_000;
const WAITING_BYTES_MAX = 64 * 1024 * 1024;
/** How many waiting verbs are considered for a transaction. */
const CONSIDERED_AT_ONCE = 1000;

/** What a quick form of a verb resolves to if it has not carried the verb out, and has changed nothing. */
export const NOT_QUICK = Symbol('not quick');

export interface SerialOptions<T> {
  /**
   * A form of the verb that starts all its statements before it first awaits anything. Those of several verbs leave in one
   * burst, together with the lock, so `turn.state` is this node's copy; if that is old, everything is done again.
   */
  quick?: (turn: Turn) => Promise<T | typeof NOT_QUICK>;
  /** About how many bytes of messages the verb writes. */
  bytes?: number;
  /** Whether the verb may be carried out again if it is not known whether it has happened. */
  repeatable?: boolean;
  /** When the verb must have been carried out, if it is part of another one; see `deadlineOfVerb`. */
  deadline?: number;
}

/** Returns when a verb that is asked for now must have been carried out, as `performance.now()` counts. */
export const deadlineOfVerb = () => performance.now() + LIMIT_MS;

interface Waiting {
  /** When the verb must have been carried out, as `performance.now()` counts. */
  readonly deadline: number;
  readonly queueIds: readonly number[];
  readonly bytes: number;
  readonly repeatable: boolean;
  carryOut(turn: Turn): Promise<void>;
  /** Resolves to whether the verb has been carried out. */
  readonly carryOutQuickly: ((turn: Turn) => Promise<boolean>) | undefined;
  settle(): void;
  fail(error: unknown): void;
}

interface Context {
  lane: Lane;
  queues: QueueTable;
  /** Returns effects for a new transaction. */
  newEffects(): Effects;
  /** Called after the commit, before the promises of the verbs settle. */
  report(effects: Effects): void;
}

const tooSlow = () => new StoreUnavailable('The database is too slow: too many requests wait for it. Try again later.');

export class Serial {
  readonly #context: Context;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  /** Queues that are locked, or about to be, by transactions of this node. */
  readonly #busy = new Set<number>();
  #running = 0;
  #startsSoon = false;

  constructor(context: Context) {
    this.#context = context;
  }

  /**
   * Carries out a verb with these queues locked. The verb may be called more than once, each time in a new transaction
   * with new effects. A verb that throws is rolled back, and does not affect the verbs with which it shared its
   * transaction: these are carried out again.
   */
  run<T>(queueIds: readonly number[], verb: (turn: Turn) => Promise<T>, options: SerialOptions<T> = {}): Promise<T> {
    const { bytes = 0, repeatable = false, deadline = deadlineOfVerb(), quick } = options;
    this.#context.lane.expect();
    return new Promise((resolve, reject) => {
      let result: T;
      if (this.#isFull(bytes)) {
        this.#context.lane.answered();
        reject(tooSlow());
        return;
      }
      this.#waitingBytes += bytes;
      this.#waiting.push({
        deadline,
        queueIds: [...new Set(queueIds)],
        bytes,
        repeatable,
        carryOut: async (turn) => {
          result = await verb(turn);
        },
        carryOutQuickly:
          quick &&
          (async (turn) => {
            const outcome = await quick(turn);
            if (outcome !== NOT_QUICK) result = outcome;
            return outcome !== NOT_QUICK;
          }),
        settle: () => {
          this.#context.lane.answered();
          resolve(result);
        },
        fail: (error) => {
          this.#context.lane.answered();
          reject(error);
        },
      });
      if (this.#startsSoon) return;
      // Verbs that are asked for one after the other, without waiting, go together.
      this.#startsSoon = true;
      queueMicrotask(() => {
        this.#startsSoon = false;
        this.#start();
      });
    });
  }

  /** Starts as many transactions as there are connections and queues that are not busy. */
  #start(): void {
    while (this.#running < this.#context.lane.width) {
      const batch = this.#take();
      if (batch.length === 0) return;
      void this.#carryOut(batch);
    }
  }

  /**
   * Removes verbs for one transaction from those that wait: the first one whose queues are not busy, and those that
   * share queues with it. No verb overtakes another one for the same queue.
   */
  #take(): Waiting[] {
    this.#refuseLate();
    const batch: Waiting[] = [];
    const mine = new Set<number>();
    const passed = new Set<number>();
    let bytes = 0;
    for (const waiting of this.#waiting.slice(0, CONSIDERED_AT_ONCE)) {
      if (batch.length === VERBS_AT_ONCE || bytes >= BYTES_AT_ONCE) break;
      const isFree = !waiting.queueIds.some((id) => this.#busy.has(id) || passed.has(id));
      if (isFree && (batch.length === 0 || waiting.queueIds.some((id) => mine.has(id)))) {
        batch.push(waiting);
        bytes += waiting.bytes;
        for (const id of waiting.queueIds) mine.add(id);
      } else {
        for (const id of waiting.queueIds) passed.add(id);
      }
    }
    if (batch.length > 0) {
      const taken = new Set(batch);
      this.#waiting = this.#waiting.filter((waiting) => !taken.has(waiting));
      for (const waiting of batch) this.#waitingBytes -= waiting.bytes;
    }
    return batch;
  }

  /** Refuses verbs that have waited too long for others of their queues. */
  #refuseLate(): void {
    const now = performance.now();
    const late = this.#waiting.filter(({ deadline }) => deadline <= now);
    if (late.length === 0) return;
    this.#waiting = this.#waiting.filter(({ deadline }) => deadline > now);
    for (const { bytes, fail } of late) {
      this.#waitingBytes -= bytes;
      fail(tooSlow());
    }
  }

  /** Whether so much waits that a verb that writes these bytes must be refused: memory must not grow without bounds. */
  #isFull(bytes: number): boolean {
    const isTooMuch = this.#waitingBytes > 0 && this.#waitingBytes + bytes > WAITING_BYTES_MAX;
    return isTooMuch || this.#waiting.length >= WAITING_MAX;
  }

  async #carryOut(batch: readonly Waiting[]): Promise<void> {
    const queueIds = [...new Set(batch.flatMap((waiting) => waiting.queueIds))].sort((a, b) => a - b);
    for (const id of queueIds) this.#busy.add(id);
    this.#running++;
    try {
      await this.#transactions(queueIds, batch);
    } finally {
      this.#running--;
      for (const id of queueIds) this.#busy.delete(id);
      this.#start();
    }
  }

  /** Carries out these verbs in one transaction, or in several if some of them throw. Never rejects. */
  async #transactions(queueIds: readonly number[], batch: readonly Waiting[]): Promise<void> {
    const { lane } = this.#context;
    let left = batch;
    let trustsCopies = true;
    let isRepeat = false;
    while (left.length > 0) {
      const verbs = left;
      const attempt: Attempt = { trustsCopies, isRepeat };
      const repeatable = verbs.every((verb) => verb.repeatable);
      const options = { verbs: verbs.length, repeatable, deadline: Math.min(...verbs.map((verb) => verb.deadline)) };
      try {
        await lane.run((session) => this.#transact(session, queueIds, verbs, attempt), options);
      } catch (error) {
        const { failed } = attempt;
        isRepeat = attempt.isRepeat;
        if (error instanceof OldCopy) {
          trustsCopies = false;
          continue;
        }
        if (failed === undefined || error instanceof StoreUnavailable) {
          for (const verb of verbs) verb.fail(error);
          return;
        }
        failed.fail(asRefusal(error));
        left = verbs.filter((verb) => verb !== failed);
        continue;
      }
      this.#conclude(attempt, verbs);
      return;
    }
  }

  async #transact(
    session: Session,
    queueIds: readonly number[],
    verbs: readonly Waiting[],
    attempt: Attempt,
  ): Promise<void> {
    attempt.failed = undefined;
    attempt.isRepeat ||= session.isRepeat;
    await session.transaction(async (tx) => {
      const turn = new LockedTurn(tx, { slot: session.slot, isRepeat: attempt.isRepeat }, this.#context);
      attempt.turn = turn;
      const startsQuickly = attempt.trustsCopies && verbs[0]?.carryOutQuickly !== undefined;
      if (!startsQuickly || !turn.startLock(queueIds)) await turn.lock(queueIds);
      for (let at = 0; at < verbs.length; ) at += await this.#carryOutNext(verbs.slice(at), turn, attempt);
      attempt.failed = undefined;
      // Leaves together with COMMIT, which fails if this does.
      turn.counts.write(tx, session.slot).catch(() => {});
    });
  }

  /** Carries out the first of these verbs, or the first ones that have quick forms. Returns how many. */
  async #carryOutNext(verbs: readonly Waiting[], turn: LockedTurn, attempt: Attempt): Promise<number> {
    const end = verbs.findIndex(({ carryOutQuickly }) => carryOutQuickly === undefined);
    const burst = verbs.slice(0, end === -1 ? verbs.length : end);
    const outcomes = await Promise.allSettled(burst.map((verb) => verb.carryOutQuickly!(turn)));
    await turn.endLock();
    const failed = outcomes.findIndex(({ status }) => status === 'rejected');
    if (failed >= 0) {
      attempt.failed = burst[failed];
      throw (outcomes[failed] as PromiseRejectedResult).reason;
    }
    const others = burst.filter((_, index) => !(outcomes[index] as PromiseFulfilledResult<boolean>).value);
    if (burst.length === 0) others.push(verbs[0]!);
    for (const verb of others) {
      attempt.failed = verb;
      await verb.carryOut(turn);
    }
    return Math.max(burst.length, 1);
  }

  #conclude({ turn, isRepeat }: Attempt, verbs: readonly Waiting[]): void {
    try {
      turn?.keep();
      // What the verbs did before is not announced, and what they have found now may be nothing to announce.
      if (isRepeat) for (const id of new Set(verbs.flatMap(({ queueIds }) => queueIds))) turn?.effects.announce(id, 0);
      if (turn) this.#context.report(turn.effects);
    } finally {
      for (const verb of verbs) verb.settle();
    }
  }
}

/** The latest attempt at a transaction: its turn, and the verb that is being carried out, or that threw. */
interface Attempt {
  /** Whether to begin with this node's copies of the queues. */
  readonly trustsCopies: boolean;
  /** Whether an earlier attempt may have been committed. */
  isRepeat: boolean;
  turn?: LockedTurn;
  failed?: Waiting | undefined;
}
