/** The verbs that create, change and remove queues, and remove all messages of one. See `Store`. */

import type { Millis } from '../../time/clock.ts';
import { changed } from '../queue-changes.ts';
import type { Queue, QueueChange, QueueKey, QueueSettings } from '../store.ts';
import { type Context, orLookAgain } from './context.ts';
import { oldestSentAt } from './counts.ts';
import type { SerialVerbs } from './message-verbs.ts';
import type { DelayedUpTo } from './serial/delays.ts';
import type { Turn } from './serial.ts';

export class QueueVerbs {
  readonly #context: Context;
  readonly #serial: SerialVerbs;

  constructor(context: Context, serial: SerialVerbs) {
    this.#context = context;
    this.#serial = serial;
  }

  async create(key: QueueKey, settings: QueueSettings, now: Millis): Promise<{ queue: Queue; created: boolean }> {
    const { lanes, queues } = this.#context;
    const { state, created } = await lanes.other.run(
      (session) =>
        session.transaction(async (tx) => {
          const made = await queues.create(tx, key, settings, now);
          const { queue, version } = made.state;
          // The queue that has the name may be that of an attempt whose connection was lost at its commit.
          const isOurs = session.isRepeat && version === 1 && queue.createdAt === now;
          return { ...made, created: made.created || isOurs };
        }),
      { repeatable: true },
    );
    const { queue } = queues.keep(state);
    if (!created) return { queue, created };
    const effects = this.#context.newEffects();
    effects.record?.({ kind: 'queue-created', queue });
    this.#context.report(effects);
    void this.#context.changed({ created });
    return { queue, created };
  }

  async change(
    queueId: number,
    change: QueueChange,
    now: Millis,
  ): Promise<Queue | 'outdated' | 'over-limit' | undefined> {
    let delayedUpTo: DelayedUpTo | undefined;
    for (;;) {
      const outcome = await this.#changePortion(queueId, change, now, delayedUpTo);
      if (typeof outcome === 'object' && 'delayedUpTo' in outcome) ({ delayedUpTo } = outcome);
      else {
        if (typeof outcome === 'object') await this.#context.changed({ queueIds: [queueId] });
        return outcome;
      }
    }
  }

  /**
   * Changes a queue, once a new delay has been applied to all messages of a FIFO queue. If there are many, each transaction
   * delays a portion of them and leaves the queue as it is, so a change that fails midway is completed by repeating it.
   */
  #changePortion(queueId: number, change: QueueChange, now: Millis, after: DelayedUpTo | undefined) {
    const { queues, expired } = this.#context;
    return this.#changing(queueId, async (turn) => {
      const before = turn.state(queueId);
      const queue = before && changed(before.queue, change, now);
      if (!queue || typeof queue === 'string') return queue;
      if (change.delayMs !== undefined && queue.fifo) {
        const delayedUpTo = await this.#serial.delayPortion(turn, before, change.delayMs, after);
        if (delayedUpTo) return { delayedUpTo };
      }
      const state = await queues.change(turn.tx, queue);
      turn.changed(state);
      turn.effects.record?.({ kind: 'queue-changed', queue: state.queue });
      // A shorter retention period may expire a message that locks a group for which a receive is waiting.
      if (state.serial) await expired.freeIn(turn, state, now);
      const oldest = await oldestSentAt(turn.tx, state.generation);
      if (oldest !== undefined) turn.effects.expires(Math.max(oldest + queue.retentionMs, now));
      return state.queue;
    });
  }

  async delete(queueId: number): Promise<boolean> {
    const { queues } = this.#context;
    const deleted = await this.#changing(queueId, async (turn) => {
      const state = turn.state(queueId);
      if (!state) return false;
      await queues.remove(turn.tx, [state]);
      turn.removed(queueId);
      turn.effects.record?.({ kind: 'queue-deleted', queue: state.queue });
      return true;
    });
    if (deleted) await this.#context.changed({ queueIds: [queueId] });
    return deleted;
  }

  async purge(queueId: number): Promise<true | undefined> {
    const { queues } = this.#context;
    const purged = await this.#changing(queueId, async (turn): Promise<true | undefined> => {
      const state = turn.state(queueId);
      if (!state) return undefined;
      turn.changed(await queues.purge(turn.tx, state));
      turn.effects.record?.({ kind: 'purged', queue: state.queue });
      return true;
    });
    if (purged) await this.#context.changed({ queueIds: [queueId] });
    return purged;
  }

  /** Carries out a verb that changes the row of a queue. */
  #changing<T>(queueId: number, verb: (turn: Turn) => Promise<T>): Promise<T> {
    return orLookAgain(this.#context, { queueIds: [queueId] }, this.#context.serial.run([queueId], verb));
  }
}
