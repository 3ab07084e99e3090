/** The verbs that create, change and remove queues, and remove all messages of one. See `Store`. */

import type { Millis } from '../../time/clock.ts';
import { changed } from '../queue-changes.ts';
import type { Queue, QueueChange, QueueKey, QueueSettings } from '../store.ts';
import type { Context } from './context.ts';
import { oldestSentAt } from './counts.ts';
import type { SerialVerbs } from './message-verbs.ts';

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
      (session) => session.transaction((tx) => queues.create(tx, key, settings, now)),
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
    const { serial, queues, expired } = this.#context;
    const outcome = await serial.run(
      [queueId],
      async (turn): Promise<Queue | 'outdated' | 'over-limit' | undefined> => {
        const before = turn.state(queueId);
        const queue = before && changed(before.queue, change, now);
        if (!queue || typeof queue === 'string') return queue;
        const state = await queues.change(turn.tx, queue);
        turn.changed(state);
        turn.effects.record?.({ kind: 'queue-changed', queue: state.queue });
        // A shorter retention period may expire a message that locks a group for which a receive is waiting.
        if (state.serial) await expired.freeIn(turn, state, now);
        const oldest = await oldestSentAt(turn.tx, state.generation);
        if (oldest !== undefined) turn.effects.expires(Math.max(oldest + queue.retentionMs, now));
        if (change.delayMs !== undefined && queue.fifo) {
          await this.#serial.delayUnreceived(turn, state, change.delayMs, now);
        }
        return state.queue;
      },
    );
    if (typeof outcome === 'object') await this.#context.changed({ queueIds: [queueId] });
    return outcome;
  }

  async delete(queueId: number): Promise<boolean> {
    const { serial, queues } = this.#context;
    const deleted = await serial.run([queueId], async (turn) => {
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
    const { serial, queues } = this.#context;
    const purged = await serial.run([queueId], async (turn): Promise<true | undefined> => {
      const state = turn.state(queueId);
      if (!state) return undefined;
      turn.changed(await queues.purge(turn.tx, state));
      turn.effects.record?.({ kind: 'purged', queue: state.queue });
      return true;
    });
    if (purged) await this.#context.changed({ queueIds: [queueId] });
    return purged;
  }
}
