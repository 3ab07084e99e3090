/**
 * Settings whose change takes effect only after some time on AWS. Part of `--cooldowns` (see cooldowns.ts).
 * GetQueueAttributes reports the new value immediately.
 *
 * Source: API reference, SetQueueAttributes: a change "can take up to 60 seconds for most of the attributes". On AWS,
 * the old scope of deduplication was observed to apply 2.4 seconds after the change. The throughput limit is treated
 * the same way, since SQS allows only some combinations of the two. No other attribute has been observed to lag, so all
 * others take effect immediately, even with `--cooldowns`.
 */

import type { Queue, QueueKey } from '../storage/store.ts';
import type { Clock, Millis } from '../time/clock.ts';
import { parseArn, queueArn } from './arn.ts';
import { COOLDOWN_SECONDS } from './limits.ts';

const LATE = ['DeduplicationScope', 'FifoThroughputLimit'];

/** A change that has not taken effect yet, and the values that apply until then. */
interface Change {
  changedAt: Millis;
  before: ReadonlyMap<string, string | undefined>;
}

export class LateSettings {
  readonly #clock: Clock;
  /** The changes that have not taken effect yet, by the ARNs of the queues, oldest first. */
  readonly #changes = new Map<string, Change[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Must be called after each change of a queue's attributes. */
  changed(before: Queue, after: Queue): void {
    const values = LATE.filter((name) => before.attributes.get(name) !== after.attributes.get(name)).map(
      (name) => [name, before.attributes.get(name)] as const,
    );
    if (values.length === 0) return;
    const arn = queueArn(after);
    this.#changes.set(arn, [...this.#waiting(arn), { changedAt: this.#clock.now(), before: new Map(values) }]);
  }

  /** Returns the queue with the settings that apply now. */
  inEffect(queue: Queue): Queue {
    const waiting = this.#changes.size > 0 ? this.#waiting(queueArn(queue)) : [];
    if (waiting.length === 0) return queue;
    const attributes = new Map(queue.attributes);
    // The value from before the oldest change is the one that still applies.
    for (const { before } of waiting.toReversed()) {
      for (const [name, value] of before) {
        if (value === undefined) attributes.delete(name);
        else attributes.set(name, value);
      }
    }
    return { ...queue, attributes };
  }

  /** Makes the pending changes of every queue for which `matches` returns true take effect. */
  forget(matches: (queue: QueueKey) => boolean): void {
    for (const arn of this.#changes.keys()) if (matches(parseArn(arn)!)) this.#changes.delete(arn);
  }

  /** Must be called when the clock was set back by `byMs`, so that changes do not take longer. */
  setBack(byMs: Millis): void {
    for (const change of [...this.#changes.values()].flat()) change.changedAt -= byMs;
  }

  /** Returns the changes of a queue that have not taken effect yet, after dropping the others. */
  #waiting(arn: string): readonly Change[] {
    const changes = this.#changes.get(arn);
    if (!changes) return [];
    const waiting = changes.filter(({ changedAt }) => this.#clock.now() < changedAt + COOLDOWN_SECONDS * 1000);
    if (waiting.length === 0) this.#changes.delete(arn);
    else this.#changes.set(arn, waiting);
    return waiting;
  }
}
