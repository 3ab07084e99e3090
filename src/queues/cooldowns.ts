/**
 * Two waiting periods with which AWS protects itself: a queue can be purged once every 60 seconds, and the name of a
 * deleted queue can be reused only after 60 seconds. Also, changes of some settings take effect only after 60 seconds
 * (late-settings.ts). All this would only get in the way of tests, so it is off unless `--cooldowns` is set. It does
 * not survive a restart. Source: API reference, PurgeQueue and CreateQueue.
 */

import { SqsError } from '../errors.ts';
import type { Queue, QueueKey } from '../storage/store.ts';
import type { Clock, Millis } from '../time/clock.ts';
import { parseArn, queueArn } from './arn.ts';
import { LateSettings } from './late-settings.ts';
import { COOLDOWN_SECONDS } from './limits.ts';

interface Period {
  startedAt: Millis;
}

export class Cooldowns {
  readonly settings: LateSettings;
  readonly #clock: Clock;
  /** The waiting periods, by the ARNs of the queues. */
  readonly #purged = new Map<string, Period>();
  readonly #deleted = new Map<string, Period>();
  /** How many requests are deleting each queue. */
  readonly #deleting = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.settings = new LateSettings(clock);
  }

  /**
   * Must be called before each purge, and starts the waiting period. Returns a function that cancels the period, which
   * must be called if the purge fails. Throws `PurgeQueueInProgress`, which does not extend the period.
   */
  purge(queue: Queue): () => void {
    if (this.#isWaiting(this.#purged, queue)) {
      throw new SqsError(
        'PurgeQueueInProgress',
        `Only one PurgeQueue operation on ${queue.name} is allowed every ${COOLDOWN_SECONDS} seconds.`,
      );
    }
    return this.#start(this.#purged, queue);
  }

  /**
   * Carries out a deletion, which resolves to whether the queue existed. If it did, the waiting period for its name
   * starts. The name cannot be used during the deletion either, or another request could create a new queue with it.
   */
  async delete(queue: Queue, deletion: () => Promise<boolean>): Promise<boolean> {
    const arn = queueArn(queue);
    this.#deleting.set(arn, (this.#deleting.get(arn) ?? 0) + 1);
    try {
      const existed = await deletion();
      if (existed) {
        this.#start(this.#deleted, queue);
        this.#purged.delete(arn);
        this.settings.forget((key) => queueArn(key) === arn);
      }
      return existed;
    } finally {
      const others = this.#deleting.get(arn)! - 1;
      if (others > 0) this.#deleting.set(arn, others);
      else this.#deleting.delete(arn);
    }
  }

  /** Must be called before a queue is created. Throws `QueueDeletedRecently`. */
  create(key: QueueKey): void {
    if (!this.#deleting.has(queueArn(key)) && !this.#isWaiting(this.#deleted, key)) return;
    throw new SqsError(
      'QueueDeletedRecently',
      `You must wait ${COOLDOWN_SECONDS} seconds after deleting a queue before you can create another with the same name.`,
    );
  }

  /** Ends the waiting periods of every queue for which `matches` returns true. */
  forget(matches: (queue: QueueKey) => boolean): void {
    for (const starts of [this.#purged, this.#deleted]) {
      for (const arn of starts.keys()) if (matches(parseArn(arn)!)) starts.delete(arn);
    }
    this.settings.forget(matches);
  }

  /** Must be called when the clock was set back by `byMs`, so that waiting periods do not become longer. */
  setBack(byMs: Millis): void {
    for (const periods of [this.#purged, this.#deleted]) {
      for (const period of periods.values()) period.startedAt -= byMs;
    }
    this.settings.setBack(byMs);
  }

  #isWaiting(periods: ReadonlyMap<string, Period>, key: QueueKey): boolean {
    const period = periods.get(queueArn(key));
    return period !== undefined && !this.#hasEnded(period);
  }

  #hasEnded({ startedAt }: Period): boolean {
    return this.#clock.now() >= startedAt + COOLDOWN_SECONDS * 1000;
  }

  /** Starts a period. Returns a function that cancels it. */
  #start(periods: Map<string, Period>, key: QueueKey): () => void {
    // The map is in the order of insertion, oldest first, so the periods that have ended are all at its front.
    for (const [arn, period] of periods) {
      if (!this.#hasEnded(period)) break;
      periods.delete(arn);
    }
    const arn = queueArn(key);
    const period: Period = { startedAt: this.#clock.now() };
    periods.delete(arn);
    periods.set(arn, period);
    return () => {
      if (periods.get(arn) === period) periods.delete(arn);
    };
  }
}
