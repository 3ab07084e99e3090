/**
 * Two waits by which AWS protects itself, and which only get in the way of tests: a queue can be purged once in 60
 * seconds, and a name can be used again 60 seconds after its queue was deleted. Off unless asked for, and forgotten when
 * Squab stops. Source: API reference, PurgeQueue and CreateQueue.
 */

import { SqsError } from '../errors.ts';
import type { Queue, QueueKey } from '../storage/store.ts';
import type { Clock, Millis } from '../time/clock.ts';
import { parseArn, queueArn } from './arn.ts';
import { COOLDOWN_SECONDS } from './limits.ts';

export class Cooldowns {
  readonly #clock: Clock;
  readonly #purged = new Map<string, Millis>();
  readonly #deleted = new Map<string, Millis>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** To be asked before a purge; the wait begins with the first that is let through. Throws `PurgeQueueInProgress`. */
  purge(queue: Queue): void {
    if (this.#waits(this.#purged, queue)) {
      throw new SqsError(
        'PurgeQueueInProgress',
        `Only one PurgeQueue operation on ${queue.name} is allowed every ${COOLDOWN_SECONDS} seconds.`,
      );
    }
    this.#note(this.#purged, queue);
  }

  /** To be told of a deletion. */
  deleted(queue: Queue): void {
    this.#note(this.#deleted, queue);
    this.#purged.delete(queueArn(queue));
  }

  /** To be asked before a queue is made. Throws `QueueDeletedRecently`. */
  create(key: QueueKey): void {
    if (!this.#waits(this.#deleted, key)) return;
    throw new SqsError(
      'QueueDeletedRecently',
      `You must wait ${COOLDOWN_SECONDS} seconds after deleting a queue before you can create another with the same name.`,
    );
  }

  /** Forgets what it knows of these queues. */
  forget(isMeant: (queue: QueueKey) => boolean): void {
    for (const since of [this.#purged, this.#deleted]) {
      for (const arn of since.keys()) if (isMeant(parseArn(arn)!)) since.delete(arn);
    }
  }

  #waits(since: ReadonlyMap<string, Millis>, key: QueueKey): boolean {
    const begin = since.get(queueArn(key));
    return begin !== undefined && this.#clock.now() < begin + COOLDOWN_SECONDS * 1000;
  }

  #note(since: Map<string, Millis>, key: QueueKey): void {
    const now = this.#clock.now();
    // The oldest come first, so what is over can be forgotten on the way.
    for (const [name, begin] of since) {
      if (now < begin + COOLDOWN_SECONDS * 1000) break;
      since.delete(name);
    }
    since.delete(queueArn(key));
    since.set(queueArn(key), now);
  }
}
