/** How many messages have entered and left each queue, and were received, since Squab started. */

import type { Happening } from '../../storage/happenings.ts';

/** Running totals, which start at 0 again after a reset or a restored snapshot. */
export interface TrafficReport {
  /** Messages that were sent or moved to the queue. */
  in: number;
  /** Receives of messages. */
  received: number;
  /** Messages that were deleted, expired, or moved to another queue. A purge does not count. */
  out: number;
}

/** @internal Counts what a store reports. */
export class Traffic {
  readonly #byQueue = new Map<number, TrafficReport>();

  count(happening: Happening): void {
    switch (happening.kind) {
      case 'sent':
        this.#of(happening.queue.id).in++;
        return;
      case 'received':
        this.#of(happening.queue.id).received++;
        return;
      case 'deleted':
      case 'expired':
        this.#of(happening.queue.id).out++;
        return;
      case 'dead-lettered':
      case 'moved':
        this.#of(happening.queue.id).out++;
        this.#of(happening.to.queue.id).in++;
        return;
      case 'queue-deleted':
        this.#byQueue.delete(happening.queue.id);
    }
  }

  /** Returns the totals of a queue. */
  read(queueId: number): TrafficReport {
    return { ...(this.#byQueue.get(queueId) ?? NONE) };
  }

  /** Starts all totals again, because the queues have been replaced. */
  clear(): void {
    this.#byQueue.clear();
  }

  #of(queueId: number): TrafficReport {
    const known = this.#byQueue.get(queueId);
    if (known) return known;
    const fresh = { ...NONE };
    this.#byQueue.set(queueId, fresh);
    return fresh;
  }
}

const NONE: Readonly<TrafficReport> = { in: 0, received: 0, out: 0 };
