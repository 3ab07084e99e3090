/** Finds the queue of an event source mapping, and whether its policy allows the mapping to receive. */

import type { Mapping } from '../storage/mappings.ts';
import type { Queue, Store } from '../storage/store.ts';
import { InTurns } from '../time/in-turns.ts';

export interface FedQueueContext {
  store: Pick<Store, 'findQueue'>;
  /** Returns whether the mappings of an account may receive from a queue. */
  mayFeed(queue: Queue, account: string): boolean;
}

interface Found {
  queue: Queue;
  isAllowed: boolean;
}

/** Evaluating the policies for 1,000 mappings can take seconds: each has a turn of its own. */
const turns = new InTurns();

export class FedQueue {
  readonly #context: FedQueueContext;
  /** Kept, since evaluating a long policy before each receive would take too much time. */
  #judged: { queueId: number; policy: string | undefined; isAllowed: boolean } | undefined;

  constructor(context: FedQueueContext) {
    this.#context = context;
  }

  /** Resolves to undefined if the queue does not exist. */
  async find({ queue: key, account }: Mapping): Promise<Found | undefined> {
    const { store, mayFeed } = this.#context;
    for (;;) {
      const queue = await store.findQueue(key);
      if (!queue) return undefined;
      const policy = queue.attributes.get('Policy');
      const judged = this.#judged;
      if (judged?.queueId === queue.id && judged.policy === policy) return { queue, isAllowed: judged.isAllowed };
      // The policy may change before it is this mapping's turn.
      if (queue.account !== account) await new Promise<void>((resolve) => turns.run(resolve));
      this.#judged = { queueId: queue.id, policy, isAllowed: mayFeed(queue, account) };
    }
  }
}
