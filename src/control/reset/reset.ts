/** Beginning anew: queues with all that they hold are gone in a moment, however deep they are. */

import type { Env } from '../../queues/env.ts';
import type { QueueScope, States } from '../../storage/states.ts';
import { checked } from '../checked.ts';
import { scopeShape } from './reset-shapes.ts';

/** `everything`: nothing is left of queues, messages and rules; else the queues of the scope are gone. */
export type ResetListener = (reset: { scope: QueueScope; everything: boolean }) => void;

interface Dependencies {
  env: Env;
  states: States;
}

export class Reset {
  readonly #env: Env;
  readonly #states: States;
  readonly #listeners: ResetListener[] = [];

  constructor({ env, states }: Dependencies) {
    this.#env = env;
    this.#states = states;
  }

  /** Calls `listener` after each reset. */
  onReset(listener: ResetListener): void {
    this.#listeners.push(listener);
  }

  /** Throws ControlError (400). */
  async run(given: QueueScope): Promise<{ queues: number }> {
    const env = this.#env;
    const wanted = checked(scopeShape, given);
    const everything = Object.values(wanted).every((value) => value === undefined || value === '');
    const removed = await this.#states.removeQueues(wanted);
    const { account, region, prefix = '' } = wanted;
    env.cooldowns?.forget(
      (queue) =>
        (account ?? queue.account) === queue.account &&
        (region ?? queue.region) === queue.region &&
        queue.name.startsWith(prefix),
    );
    if (everything) {
      env.fifoQuotas?.forget();
      env.faults?.clear();
    }
    for (const { id } of removed) env.waiters.wakeAll(id);
    for (const listener of this.#listeners) listener({ scope: wanted, everything });
    return { queues: removed.length };
  }
}
