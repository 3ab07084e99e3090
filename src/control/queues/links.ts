/** Which queues are linked by redrive policies: the dead-letter queue of a queue, and its source queues. */

import { deadLetterQueueOf } from '../../queues/redrive/redrive-policy.ts';
import type { Queue, QueueKey } from '../../storage/store.ts';

/** The largest number of source queues that a report names. */
const SOURCES_MAX = 100;

export class Links {
  /** The dead-letter queue of each queue. A changed queue is a new object. */
  readonly #targets = new WeakMap<Queue, QueueKey | undefined>();

  /** Returns the queue that a queue's redrive policy names. It may not exist any more. */
  targetOf(queue: Queue): QueueKey | undefined {
    if (!this.#targets.has(queue)) this.#targets.set(queue, deadLetterQueueOf(queue));
    return this.#targets.get(queue);
  }

  /** Returns a function that returns the first source queues of a queue, among `all` queues. */
  sourcesAmong(all: readonly Queue[]): (queue: Queue) => readonly Queue[] {
    const sources = new Map<string, Queue[]>();
    for (const queue of all) {
      const target = this.targetOf(queue);
      if (!target) continue;
      const known = sources.get(identityOf(target));
      if (!known) sources.set(identityOf(target), [queue]);
      else if (known.length < SOURCES_MAX) known.push(queue);
    }
    return (queue) => sources.get(identityOf(queue)) ?? [];
  }
}

const identityOf = ({ name, region, account }: QueueKey) => `${name} ${region} ${account}`;
