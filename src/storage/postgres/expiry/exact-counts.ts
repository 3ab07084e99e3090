/** What queues hold at an instant, without any expired message: these are freed first, however many they are. */

import type { Millis } from '../../../time/clock.ts';
import { BatchLane } from '../batch-lanes.ts';
import { type Asked, type Totals, totalsOf } from '../counts.ts';
import type { Lane } from '../lanes.ts';
import type { QueueTable } from '../queue-table.ts';
import type { ExpiredMessages } from './expired-messages.ts';

/** The largest number of expired messages that are freed before the counts are looked at again. */
const FREED_AT_ONCE = 5000;

export class ExactCounts {
  readonly #asking: BatchLane<Asked, Totals | undefined>;
  readonly #queues: QueueTable;
  readonly #expired: ExpiredMessages;

  constructor(lane: Lane, queues: QueueTable, expired: ExpiredMessages) {
    this.#asking = new BatchLane(lane, (session, asked) => totalsOf(session, asked), { repeatable: true });
    this.#queues = queues;
    this.#expired = expired;
  }

  /** Counts what a queue holds at `now`; undefined if it does not exist. */
  async of(id: number, now: Millis): Promise<Totals | undefined> {
    for (;;) {
      const totals = await this.#asking.ask({ id, now });
      if (!totals?.hasExpired) return totals;
      const state = await this.#queues.byId(id);
      if (state) await this.#expired.free(state, now, FREED_AT_ONCE);
      else return undefined;
    }
  }
}
