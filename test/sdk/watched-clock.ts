import type { Millis } from '../../src/time/clock.ts';
import { VirtualClock } from '../../src/time/virtual-clock.ts';

export interface Poll {
  /** Settled when the poll has ended: answered, timed out, or given up by its client. */
  ended: Promise<void>;
}

/** A virtual clock that tells when somebody goes to sleep: so a test knows that a long poll waits. */
export class WatchedClock extends VirtualClock {
  #awaited: { time: Millis; seen: (poll: Poll) => void } | undefined;

  override at(time: Millis, wake: () => void): () => void {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const cancel = super.at(time, () => {
      wake();
      end();
    });
    if (this.#awaited?.time === time) {
      this.#awaited.seen({ ended });
      this.#awaited = undefined;
    }
    return () => {
      cancel();
      end();
    };
  }

  /** Resolves when the next long poll of that many seconds has begun to wait. Time has to stand still meanwhile. */
  untilPolled(waitSeconds: number): Promise<Poll> {
    const { promise, resolve } = Promise.withResolvers<Poll>();
    this.#awaited = { time: this.now() + waitSeconds * 1000, seen: resolve };
    return promise;
  }
}
