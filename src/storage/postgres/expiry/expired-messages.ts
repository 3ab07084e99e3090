/**
 * Frees expired messages. No verb hands them out or counts them, but those of a serial queue may lock their groups, so its
 * verbs free some of them first.
 */

import type { Millis } from '../../../time/clock.ts';
import { FREED_AT_ONCE } from '../../portions.ts';
import { CountChanges } from '../counts.ts';
import type { Effects } from '../effects.ts';
import type { Lane } from '../lanes.ts';
import type { QueueState, QueueTable } from '../queue-table.ts';
import type { GroupTable } from '../serial/group-table.ts';
import type { Serial, Turn } from '../serial.ts';
import { announceRoomOf } from '../standard/full-queues.ts';
import { type Statement, statement } from '../statement.ts';

/** The largest number of messages that a transaction frees. */
const PORTION = 500;

interface FreedRow {
  generation: number;
  key: number;
  sent_at: Millis;
  visible_at: Millis;
  receives: number;
  group_number: number | null;
}

/**
 * Deletes up to $3 messages of a queue that have expired at $2, the oldest first. Returns them as they were. Messages that
 * other transactions work on are left out with SKIP LOCKED.
 */
function freeing(queue: 'serial' | 'NOT serial', lock: 'FOR UPDATE' | 'FOR UPDATE SKIP LOCKED'): Statement<FreedRow> {
  const generation = `(SELECT generation FROM squab.queues WHERE id = $1 AND ${queue})`;
  return statement(`
    WITH expired AS MATERIALIZED (
      SELECT key FROM squab.contents
      WHERE generation = ${generation} AND generation > 0
        AND sent_at <= $2::bigint - (SELECT retention_ms FROM squab.queues WHERE id = $1)
      ORDER BY sent_at, key LIMIT $3
    ), locked AS MATERIALIZED (
      SELECT key FROM squab.messages
      WHERE generation = ${generation} AND key = ANY (ARRAY(SELECT key FROM expired))
      ORDER BY key ${lock}
    ), freed AS (
      DELETE FROM squab.messages
      WHERE generation = ${generation} AND key = ANY (ARRAY(SELECT key FROM locked))
      RETURNING generation, key, sent_at, visible_at, receives, group_number
    ), emptied AS (
      DELETE FROM squab.contents WHERE key = ANY (ARRAY(SELECT key FROM freed))
    )
    SELECT * FROM freed`);
}

const FREE = freeing('NOT serial', 'FOR UPDATE SKIP LOCKED');
const FREE_WAITING = freeing('NOT serial', 'FOR UPDATE');
const FREE_SERIAL = freeing('serial', 'FOR UPDATE');

interface Context {
  readonly lanes: { readonly other: Lane };
  readonly queues: QueueTable;
  readonly serial: Serial;
  readonly groups: GroupTable;
  newEffects(): Effects;
  report(effects: Effects): void;
}

export class ExpiredMessages {
  readonly #context: Context;
  /** The queues that have been freed of messages in a transaction, and the instants up to which. */
  readonly #done = new WeakMap<Turn, Map<number, Millis>>();

  constructor(context: Context) {
    this.#context = context;
  }

  /**
   * Frees up to `limit` expired messages of a locked queue. Must be called before its other messages are read or written.
   * Returns how many it freed; if as many as `limit`, there may be more.
   */
  async freeIn(turn: Turn, state: QueueState, now: Millis, limit = FREED_AT_ONCE): Promise<number> {
    const { queue } = state;
    const done = this.#done.get(turn) ?? new Map<number, Millis>();
    this.#done.set(turn, done);
    if ((done.get(queue.id) ?? Number.NEGATIVE_INFINITY) >= now) return 0;
    const rows = await turn.tx.run(FREE_SERIAL, [queue.id, now, limit]);
    if (rows.length < limit) done.set(queue.id, now);
    if (rows.length === 0) return 0;
    for (const row of rows) turn.counts.replace(row.generation, row, undefined);
    const keys = rows.map(({ key }) => key).sort((a, b) => a - b);
    for (const key of keys) turn.effects.record?.({ kind: 'expired', queue, key });
    // An expired message may have locked its group.
    await this.#context.groups.refresh(turn, state, rows);
    await announceRoomOf(turn.tx, turn.effects, state, rows, now);
    return rows.length;
  }

  /** Frees up to `limit` messages of a queue that have expired at `now`. Returns how many; 0 if there are none. */
  async free(queueId: number, now: Millis, limit: number): Promise<number> {
    const { queues } = this.#context;
    const state = await queues.byId(queueId);
    const freed = state ? await this.#free(state, now, limit) : 0;
    if (!state || freed > 0) return freed;
    // This node may not know yet that the queue has become serial.
    queues.forget(queueId);
    const fresh = await queues.byId(queueId);
    return fresh && fresh.serial !== state.serial ? this.#free(fresh, now, limit) : 0;
  }

  async #free(state: QueueState, now: Millis, limit: number): Promise<number> {
    const { lanes, serial } = this.#context;
    const { id } = state.queue;
    const portion = Math.min(limit, PORTION);
    if (state.serial) {
      return serial.run([id], async (turn) => {
        const locked = turn.state(id);
        return locked ? this.freeIn(turn, locked, now, portion) : 0;
      });
    }
    // Those that another transaction works on are waited for only once there are no others.
    for (const statement of [FREE, FREE_WAITING]) {
      const freed = await lanes.other.run(async (session) => {
        let effects = this.#context.newEffects();
        const rows = await session.transaction(async (tx) => {
          effects = this.#context.newEffects();
          const counts = new CountChanges();
          const freed = await tx.run(statement, [id, now, portion]);
          for (const row of freed) counts.replace(row.generation, row, undefined);
          await counts.write(tx, session.slot);
          await announceRoomOf(tx, effects, state, freed, now);
          return freed;
        });
        for (const key of rows.map((row) => row.key).sort((a, b) => a - b)) {
          effects.record?.({ kind: 'expired', queue: state.queue, key });
        }
        this.#context.report(effects);
        return rows.length;
      });
      if (freed > 0) return freed;
    }
    return 0;
  }
}
