/** Removes queues and topics, in a time that does not depend on how many messages there are. */

import type { Env } from '../../queues/env.ts';
import type { Mappings } from '../../storage/mappings.ts';
import type { QueueScope, States } from '../../storage/states.ts';
import type { Topics } from '../../storage/topics.ts';
import { checked } from '../checked.ts';
import { scopeShape } from './reset-shapes.ts';

/**
 * Called after each reset. `everything` is true if it removed all queues and fault rules, and false if only the
 * queues in `scope`.
 */
export type ResetListener = (reset: { scope: QueueScope; everything: boolean }) => void;

interface Dependencies {
  env: Env;
  states: States;
  mappings: Mappings;
  topics: Topics;
}

/** @internal Resets a running Squab. */
export class Reset {
  readonly #env: Env;
  readonly #states: States;
  readonly #topics: Topics;
  readonly #mappings: Mappings;
  readonly #listeners: ResetListener[] = [];

  constructor({ env, states, topics, mappings }: Dependencies) {
    this.#env = env;
    this.#states = states;
    this.#topics = topics;
    this.#mappings = mappings;
  }

  /** Calls `listener` after each reset, until Squab stops. */
  onReset(listener: ResetListener): void {
    this.#listeners.push(listener);
  }

  /** Resets, and returns how many queues and topics were removed. Throws ControlError (400) if the scope is invalid. */
  async run(given: QueueScope): Promise<{ queues: number; topics: number }> {
    const env = this.#env;
    const scope = checked(scopeShape(), given);
    const everything = Object.values(scope).every((value) => value === undefined || value === '');
    const [removed, { topics, subscriptions }] = await Promise.all([
      this.#states.removeQueues(scope),
      this.#topics.removeTopics(scope),
      this.#mappings.removeMappings(scope),
    ]);
    const { account, region, prefix = '' } = scope;
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
    const backlogs = subscriptions.map(({ backlogId }) => backlogId).filter((id) => id !== undefined);
    // Before polls learn that their queues are gone, those of functions must know that their mappings are, too.
    await env.feeding?.queuesRemoved();
    env.waiters.wakeAll([...removed.map(({ id }) => id), ...backlogs]);
    for (const listener of this.#listeners) listener({ scope, everything });
    return { queues: removed.length, topics: topics.length };
  }
}
