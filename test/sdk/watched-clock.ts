import type { Millis } from '../../src/time/clock.ts';
import { VirtualClock } from '../../src/time/virtual-clock.ts';

export interface Poll {
  /** Resolves when the poll has ended: it was answered, timed out, or was aborted by its client. */
  ended: Promise<void>;
}

/** A virtual clock that reports new timers, so that a test knows when a long poll is waiting. */
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

  /** Resolves when the next long poll of `waitSeconds` is waiting. The clock must not be advanced before that. */
  untilPolled(waitSeconds: number): Promise<Poll> {
    const { promise, resolve } = Promise.withResolvers<Poll>();
    this.#awaited = { time: this.now() + waitSeconds * 1000, seen: resolve };
    return promise;
  }
}
