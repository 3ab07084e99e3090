/** Frees the space of expired messages, of purged and deleted queues, and of remembered sends, receives and publications. */

import type { Millis } from '../../time/clock.ts';
import { FREED_AT_ONCE } from '../portions.ts';
import type { Expired } from '../store.ts';
import type { Connection } from './database.ts';
import type { Parts } from './parts.ts';

export class Expiry {
  readonly #parts: Parts;
  readonly #abandoned;
  readonly #forget;

  constructor(connection: Connection, parts: Parts) {
    this.#parts = parts;
    this.#abandoned = connection.prepare<[number], number>('SELECT generation FROM abandoned LIMIT ?').pluck();
    this.#forget = connection.prepare('DELETE FROM abandoned WHERE generation = ?');
  }

  /** Frees up to `limit` rows; returns how many, and when there is more to free. Must be called in a transaction. */
  free(now: Millis, limit: number): Expired {
    const { memories, publications, counts, groups, queues } = this.#parts;
    let freed = memories.forget(now, limit);
    freed += publications.forget(now, limit - freed);
    const generations = this.#abandoned.all(limit);
    for (const generation of generations) {
      const room = limit - freed;
      const { freed: messages, isEmpty } = counts.freeAbandoned(generation, room);
      const freedGroups = isEmpty ? groups.free(generation, room - messages) : 0;
      freed += messages + freedGroups;
      if (!isEmpty || messages + freedGroups === room) return { freed, nextAt: now };
      this.#forget.run(generation);
    }
    if (generations.length === limit) return { freed, nextAt: now };
    let rounds = 0;
    let nextAt: Millis | undefined;
    for (const state of queues.states()) {
      while (freed < limit && state.expiryFrom <= now) {
        if (rounds++ === limit) return { freed, nextAt: now };
        const room = Math.min(limit - freed, FREED_AT_ONCE);
        const count = counts.bringTo(state, now, room);
        freed += count;
        // Fewer than allowed, though more are left: the messages were long, or this turn has freed enough.
        if (count < room && state.expiryFrom <= now) return { freed, nextAt: now };
      }
      if (state.expiryFrom < (nextAt ?? Number.POSITIVE_INFINITY)) nextAt = state.expiryFrom;
    }
    return { freed, nextAt: nextAt === undefined ? undefined : Math.max(nextAt, now) };
  }
}
