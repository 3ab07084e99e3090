/** Reports whether the engine works, what its queues hold, and how it commits. See ../observation.ts. */

import type { Millis } from '../../time/clock.ts';
import { isHidden } from '../hidden.ts';
import type { Holding, Observation, TurnListener } from '../observation.ts';
import type { CountKeeper } from './counts.ts';
import type { Connection } from './database.ts';
import type { Faults } from './disk-faults.ts';
import type { Numbers } from './numbers.ts';
import type { Lines } from './order/lines.ts';
import type { QueueState, QueueTable } from './queue-table.ts';
import type { Turns } from './turns.ts';

interface Parts {
  turns: Turns;
  faults: Faults;
  numbers: Numbers;
  queues: QueueTable;
  counts: CountKeeper;
  lines: Lines;
}

export class SqliteObservation implements Observation {
  readonly #parts: Parts;
  readonly #oldest;

  constructor(connection: Connection, parts: Parts) {
    this.#parts = parts;
    this.#oldest = connection
      .prepare<[number], Millis>('SELECT sent_at FROM messages WHERE generation = ? ORDER BY key LIMIT 1')
      .pluck();
  }

  probe(): Promise<void> {
    const { turns, faults, numbers } = this.#parts;
    return turns.run(() => {
      if (faults.ongoing) numbers.write();
    });
  }

  queueIds(): Promise<number[]> {
    const { turns, queues } = this.#parts;
    return turns.run(() => [...queues.states()].flatMap(({ queue }) => (isHidden(queue) ? [] : queue.id)));
  }

  holdings(queueIds: readonly number[], now: Millis): Promise<Holding[]> {
    const { turns, queues, counts } = this.#parts;
    return turns.finish(() => {
      const states = queueIds.flatMap((id) => queues.byId(id) ?? []);
      for (const state of states) counts.bringTo(state, now);
      if (states.some(({ expiryFrom }) => expiryFrom <= now)) return 'unfinished';
      return states.map((state) => {
        const { queue } = state;
        const { visible, inFlight, delayed } = state.counts;
        return { queue, visible, inFlight, delayed, oldestSentAt: this.#oldestSentAt(state, now) };
      });
    });
  }

  nextShown(queueIds: readonly number[], now: Millis): Promise<(Millis | undefined)[]> {
    const { turns, queues, counts, lines } = this.#parts;
    return turns.run(() =>
      queueIds.map((id) => {
        const state = queues.byId(id);
        if (!state) return undefined;
        counts.bringTo(state, now);
        const hidden = state.counts.inFlight + state.counts.delayed;
        return hidden > 0 ? lines.nextVisibleAt(state.generation, now) : undefined;
      }),
    );
  }

  onTurn(listener: TurnListener | undefined): void {
    this.#parts.turns.onTurn(listener);
  }

  #oldestSentAt({ queue, generation, counts }: QueueState, now: Millis): Millis | undefined {
    if (counts.visible + counts.inFlight + counts.delayed === 0) return undefined;
    const sentAt = this.#oldest.get(generation);
    // The first row may be an expired message that has not been freed yet. No unexpired message is older than the
    // retention period.
    return sentAt && Math.max(sentAt, now - queue.retentionMs);
  }
}
