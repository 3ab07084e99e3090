/** The verb `expire`: frees what has expired or was abandoned, and says when there is more to free. */

import type { Millis } from '../../../time/clock.ts';
import type { Expired } from '../../store.ts';
import type { Context } from '../context.ts';
import { statement } from '../statement.ts';
import { freeAbandoned } from './abandoned.ts';
import { foldHidden } from './folding.ts';
import { forgetRemembered } from './remembered.ts';

/** How many queues are looked at together. */
const QUEUES = 1000;

/** How often seconds that have passed are folded, by the clock of the messages. */
const FOLDING_INTERVAL_MS: Millis = 60_000;

/** The next queues after $1, and when their first messages expire. */
const NEXT = statement<{ id: number; generation: number; expires_at: Millis | null }>(`
  SELECT q.id, q.generation, q.retention_ms + (
      SELECT sent_at FROM squab.contents c WHERE c.generation = q.generation AND c.generation > 0 ORDER BY sent_at LIMIT 1
    ) AS expires_at
  FROM squab.queues q WHERE q.id > $1 ORDER BY q.id LIMIT $2`);

export class Sweep {
  readonly #context: Context;
  /** Nothing expires before this instant that the listener has not been told of. */
  #expiryFrom = Number.POSITIVE_INFINITY;
  #foldedAt = Number.NEGATIVE_INFINITY;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Sets the listener for expiry, which hears only of instants that are earlier than those that it knows. */
  onExpiry(listener: (at: Millis) => void): void {
    this.#context.outbox.onExpiry((at) => {
      if (at >= this.#expiryFrom) return;
      this.#expiryFrom = at;
      listener(at);
    });
  }

  async expire(now: Millis, limit: number): Promise<Expired> {
    const { other } = this.#context.lanes;
    // Messages that are sent from here on are reported again, since this sweep may not see them.
    this.#expiryFrom = Number.POSITIVE_INFINITY;
    let freed = await forgetRemembered(other, now, limit);
    if (freed < limit) freed += await freeAbandoned(other, limit - freed);
    let nextAt = Number.POSITIVE_INFINITY;
    const folds = Math.abs(now - this.#foldedAt) >= FOLDING_INTERVAL_MS;
    if (folds) this.#foldedAt = now;
    for (let after = 0; freed < limit; ) {
      const page = await other.run((session) => session.run(NEXT, [after, QUEUES]));
      for (const { id, expires_at } of page) {
        let expiresAt = expires_at ?? Number.POSITIVE_INFINITY;
        while (expiresAt <= now && freed < limit) {
          const count = await this.#context.expired.free(id, now, limit - freed);
          freed += count;
          expiresAt = await this.#nextOf(id);
          if (count === 0) break;
        }
        nextAt = Math.min(nextAt, expiresAt);
      }
      if (folds)
        await foldHidden(
          other,
          page.map(({ generation }) => generation),
          now,
        );
      if (page.length < QUEUES) break;
      after = page.at(-1)!.id;
    }
    if (freed >= limit) nextAt = now;
    this.#expiryFrom = Math.min(this.#expiryFrom, nextAt);
    return { freed, nextAt: nextAt === Number.POSITIVE_INFINITY ? undefined : Math.max(nextAt, now) };
  }

  /** Returns when the first message of a queue expires. */
  async #nextOf(id: number): Promise<Millis> {
    const [row] = await this.#context.lanes.other.run((session) => session.run(NEXT, [id - 1, 1]));
    return (row?.id === id && row.expires_at) || Number.POSITIVE_INFINITY;
  }
}
