/** Reports whether there is room, what queues hold and show next, and how many verbs share a turn. See ../observation.ts. */

import type { Millis } from '../../time/clock.ts';
import { isHidden } from '../hidden.ts';
import type { Holding, Observation, TurnListener } from '../observation.ts';
import type { QueueState } from './all-queues.ts';
import { bringTo, nextExpiry } from './expiry.ts';
import { nextVisibleAt } from './lines.ts';
import type { Turns } from './memory-turns.ts';
import type { Parts } from './parts.ts';

export class MemoryObservation implements Observation {
  readonly #parts: Parts;
  readonly #turns: Turns;

  constructor(parts: Parts, turns: Turns) {
    this.#parts = parts;
    this.#turns = turns;
  }

  probe(): Promise<void> {
    return this.#turns.run(() => this.#parts.memory.probe());
  }

  queueIds(): Promise<number[]> {
    const { queues } = this.#parts;
    return this.#turns.run(() => queues.states().flatMap(({ queue }) => (isHidden(queue) ? [] : queue.id)));
  }

  holdings(queueIds: readonly number[], now: Millis): Promise<Holding[]> {
    return this.#turns.finish(() => {
      const states = queueIds.flatMap((id) => this.#parts.queues.byId(id) ?? []);
      for (const state of states) bringTo(this.#parts, state, now);
      if (states.some((state) => nextExpiry(state) <= now)) return 'unfinished';
      return states.map(holdingOf);
    });
  }

  nextShown(queueIds: readonly number[], now: Millis): Promise<(Millis | undefined)[]> {
    return this.#turns.run(() =>
      queueIds.map((id) => {
        const state = this.#parts.queues.byId(id);
        if (!state) return undefined;
        bringTo(this.#parts, state, now);
        return nextVisibleAt(state.contents, now);
      }),
    );
  }

  onTurn(listener: TurnListener | undefined): void {
    this.#turns.onTurn(listener);
  }
}

function holdingOf({ queue, contents }: QueueState): Holding {
  const { visible, inFlight, delayed, byAge } = contents;
  return { queue, visible, inFlight, delayed, oldestSentAt: byAge.first?.sentAt };
}
