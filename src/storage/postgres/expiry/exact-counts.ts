/** What queues hold at an instant, without any expired message: these are freed first, however many they are. */

import type { Millis } from '../../../time/clock.ts';
import { BatchLane } from '../batch-lanes.ts';
import { type Asked, type Totals, totalsOf } from '../counts.ts';
import type { Lane } from '../lanes.ts';
import type { ExpiredMessages } from './expired-messages.ts';

/** The largest number of expired messages that are freed before the counts are looked at again. */
const FREED_AT_ONCE = 5000;

/** How many times in a row there may be nothing to free although there was when the queue was counted. */
const FRUITLESS_MAX = 20;

export class ExactCounts {
  readonly #asking: BatchLane<Asked, Totals | undefined>;
  readonly #expired: ExpiredMessages;

  constructor(lane: Lane, expired: ExpiredMessages) {
    this.#asking = new BatchLane(lane, (session, asked) => totalsOf(session, asked), { repeatable: true });
    this.#expired = expired;
  }

  /** Counts what a queue holds at `now`; undefined if it does not exist. */
  async of(id: number, now: Millis): Promise<Totals | undefined> {
    for (let fruitless = 0; ; ) {
      const totals = await this.#asking.ask({ id, now });
      if (!totals?.hasExpired) return totals;
      // If there is nothing to free, another verb has just freed it.
      fruitless = (await this.#expired.free(id, now, FREED_AT_ONCE)) > 0 ? 0 : fruitless + 1;
      if (fruitless === FRUITLESS_MAX) throw new Error(`The expired messages of the queue ${id} cannot be freed.`);
    }
  }
}
