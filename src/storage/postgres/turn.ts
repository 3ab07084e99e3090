/** A serial transaction, as its verbs see it. */

import { CountChanges } from './counts.ts';
import type { Effects } from './effects.ts';
import type { QueueRow, QueueState, QueueTable } from './queue-table.ts';
import type { Session, Tx } from './session.ts';
import { statement } from './statement.ts';

/** Locks queues against all other serial transactions. In the order of their IDs, so that no two wait for each other. */
const LOCK = statement<QueueRow>(
  'SELECT * FROM squab.queues WHERE id = ANY ($1::bigint[]) ORDER BY id FOR NO KEY UPDATE',
);

const NUMBERS = statement<{ number: number }>(
  `SELECT nextval('squab.numbers') AS number FROM generate_series(1, $1::bigint)`,
);

/** Issues increasing numbers. */
export async function nextNumbers(tx: Tx, count: number): Promise<number[]> {
  if (count === 0) return [];
  const rows = await tx.run(NUMBERS, [count]);
  return rows.map(({ number }) => number).sort((a, b) => a - b);
}

/** A transaction that has locked its queues. Verbs read and write through it. */
export interface Turn {
  readonly tx: Tx;
  /** The slot of the transaction's connection, for `counts.write`. */
  readonly slot: number;
  /** Whether the verbs may have been carried out before, in a transaction whose connection was lost at its commit. */
  readonly isRepeat: boolean;
  readonly effects: Effects;
  readonly counts: CountChanges;
  /** Returns a locked queue as it is now; undefined if it does not exist, or was not locked. */
  state(queueId: number): QueueState | undefined;
  /** Locks queues that turn out to be needed. Only for a verb that has been asked for without any. */
  lock(queueIds: readonly number[]): Promise<void>;
  /** Must be called when the verb has changed a locked queue's row. */
  changed(state: QueueState): void;
  /** Must be called when the verb has removed a locked queue. */
  removed(queueId: number): void;
  /** How many bytes the receives of this transaction have read. */
  bytesRead: number;
  /** Issues increasing numbers. Those for messages of a FIFO queue must be issued while the queue is locked. */
  nextNumbers(count: number): Promise<number[]>;
}

/** What a transaction works with. */
interface Parts {
  queues: QueueTable;
  /** Returns effects for a new transaction. */
  newEffects(): Effects;
}

/** A burst has used copies of queues that have been changed or removed. */
export class OldCopy extends Error {
  override readonly name = 'OldCopy';
}

export class LockedTurn implements Turn {
  readonly tx: Tx;
  readonly slot: number;
  readonly isRepeat: boolean;
  readonly effects: Effects;
  readonly counts = new CountChanges();
  bytesRead = 0;
  readonly #queues: QueueTable;
  readonly #states = new Map<number, QueueState>();
  readonly #changed = new Set<number>();
  #locking: Promise<void> | undefined;

  constructor(tx: Tx, { slot, isRepeat }: Pick<Session, 'slot' | 'isRepeat'>, { queues, newEffects }: Parts) {
    this.tx = tx;
    this.slot = slot;
    this.isRepeat = isRepeat;
    this.effects = newEffects();
    this.#queues = queues;
  }

  async lock(queueIds: readonly number[]): Promise<void> {
    if (queueIds.length > 0) this.#locked(queueIds, await this.tx.run(LOCK, [queueIds]));
  }

  /** Begins to lock queues of which this node has copies, and uses these. Returns whether it has. */
  startLock(queueIds: readonly number[]): boolean {
    const copies = queueIds.flatMap((id) => this.#queues.cached(id) ?? []);
    if (copies.length < queueIds.length) return false;
    for (const copy of copies) this.#states.set(copy.queue.id, copy);
    this.#locking = this.tx.run(LOCK, [queueIds]).then((rows) => {
      const isOld = copies.some(({ queue, version, generation }) => {
        const row = rows.find(({ id }) => id === queue.id);
        return row?.version !== version || row.generation !== generation;
      });
      if (!isOld) return;
      this.#locked(queueIds, rows);
      throw new OldCopy();
    });
    this.#locking.catch(() => {});
    return true;
  }

  /** Throws OldCopy if the copies that the lock began with were old. */
  async endLock(): Promise<void> {
    await this.#locking;
  }

  #locked(queueIds: readonly number[], rows: readonly QueueRow[]): void {
    for (const row of rows) this.#states.set(row.id, this.#queues.remember(row));
    for (const id of queueIds) if (!rows.some((row) => row.id === id)) this.#queues.drop(id);
  }

  state(queueId: number): QueueState | undefined {
    return this.#states.get(queueId);
  }

  changed(state: QueueState): void {
    this.#states.set(state.queue.id, state);
    this.#changed.add(state.queue.id);
  }

  removed(queueId: number): void {
    this.#states.delete(queueId);
    this.#changed.add(queueId);
  }

  nextNumbers(count: number): Promise<number[]> {
    return nextNumbers(this.tx, count);
  }

  /** Updates this node's copies of the queues that were changed, after the commit. */
  keep(): void {
    for (const id of this.#changed) {
      const state = this.#states.get(id);
      if (state) this.#queues.keep(state);
      else this.#queues.drop(id);
    }
  }
}
