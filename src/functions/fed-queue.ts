/** Finds the queue of an event source mapping, and whether its policy allows the mapping to receive. */

import type { Env } from '../queues/env.ts';
import type { Mapping } from '../storage/mappings.ts';
import type { Queue } from '../storage/store.ts';
import type { Millis } from '../time/clock.ts';
import { InTurns } from '../time/in-turns.ts';
import type { Reports } from './reports.ts';

export interface FedQueueContext {
  env: Pick<Env, 'store' | 'clock'>;
  /** Returns whether the mappings of an account may receive from a queue. */
  mayFeed: (queue: Queue, account: string) => boolean;
  reports: Pick<Reports, 'refused'>;
}

interface Found {
  queue: Queue;
  isAllowed: boolean;
}

/** The condition keys whose values change by themselves. */
const NAMES_TIME = /aws:(currenttime|epochtime)/i;

/** How long a judgement that depends on the time is kept. */
const KEPT_MS: Millis = 1000;

/** Returns what the judgement of a queue depends on, besides the time. */
function groundsOf({ id, attributes, tags }: Queue): string {
  return JSON.stringify([id, attributes.get('Policy'), [...tags]]);
}

/** Evaluating the policies for 1,000 mappings can take seconds: each has a turn of its own. */
const turns = new InTurns();

export class FedQueue {
  readonly #context: FedQueueContext;
  /** Kept, since evaluating a long policy before each receive would take too much time. */
  #judged: { grounds: string; at: Millis; isAllowed: boolean } | undefined;

  constructor(context: FedQueueContext) {
    this.#context = context;
  }

  /** Resolves to undefined if the queue does not exist. Logs when its policy no longer allows the mapping to receive. */
  async find(mapping: Mapping): Promise<Found | undefined> {
    const { env, mayFeed, reports } = this.#context;
    const { account } = mapping;
    for (let isJudgedNow = false; ; isJudgedNow = true) {
      const queue = await env.store.findQueue(mapping.queue);
      if (!queue) return undefined;
      const grounds = groundsOf(queue);
      const judged = this.#judged;
      const age = Math.abs(env.clock.now() - (judged?.at ?? 0));
      // The storage may take longer than that.
      const isRecent = isJudgedNow || age < KEPT_MS || !NAMES_TIME.test(grounds);
      if (judged?.grounds === grounds && isRecent) return { queue, isAllowed: judged.isAllowed };
      // The policy may change before it is this mapping's turn.
      if (queue.account !== account) await turns.turn();
      const at = env.clock.now();
      const isAllowed = mayFeed(queue, account);
      if (!isAllowed && judged?.isAllowed !== false) reports.refused(mapping);
      this.#judged = { grounds, at, isAllowed };
    }
  }
}
