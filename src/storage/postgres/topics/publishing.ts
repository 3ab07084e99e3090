/**
 * Publishes to topics. A publication is one transaction with all its queues: all have its messages, or none. Publications
 * to the same FIFO topic follow one another, on all nodes: each locks the topic first, so that no duplicate is missed, and
 * the numbers are in the order of the commits. All others go on side by side. Of the queues, only serial ones are locked.
 */

import type { Millis } from '../../../time/clock.ts';
import { isPlanOutdated, type Plan, planOf, queuesOf } from '../../topics/publishing.ts';
import type { NewPublication, Published } from '../../topics.ts';
import type { Context } from '../context.ts';
import type { QueueState } from '../queue-table.ts';
import { sendIn } from '../serial/sending.ts';
import type { Turn } from '../serial.ts';
import { sendTogether } from '../standard/sends.ts';
import { statement } from '../statement.ts';
import { findPublications, keepPublications } from './publication-table.ts';

const FIND_TOPIC = statement<{ id: number }>('SELECT id FROM squab.topics WHERE id = $1');

const LOCK_TOPIC = statement<{ id: number }>('SELECT id FROM squab.topics WHERE id = $1 FOR NO KEY UPDATE');

/** How often a publication is tried while its queues change. */
const ATTEMPTS_MAX = 5;

/** Rolls a transaction back because queues have changed since this node read them. */
class QueuesChanged extends Error {}

type Outcome = Published[] | 'outdated' | undefined;

export class Publisher {
  readonly #context: Pick<Context, 'serial' | 'queues'>;

  constructor(context: Pick<Context, 'serial' | 'queues'>) {
    this.#context = context;
  }

  /** See `Topics.publish`. */
  async publish(topicId: number, publications: readonly NewPublication[], now: Millis): Promise<Outcome> {
    for (let attempt = 1; attempt < ATTEMPTS_MAX; attempt++) {
      try {
        return await this.#context.serial.run([], (turn) => this.#publish(turn, topicId, publications, now));
      } catch (error) {
        if (!(error instanceof QueuesChanged)) throw error;
      }
    }
    return 'outdated';
  }

  async #publish(turn: Turn, topicId: number, publications: readonly NewPublication[], now: Millis): Promise<Outcome> {
    const { tx } = turn;
    const keys = [...new Set(publications.flatMap(({ deduplication }) => deduplication?.key ?? []))];
    // The statements leave together. Those after the lock see everything that its former holders have done.
    const [[topic], numbers, found] = await Promise.all([
      tx.run(keys.length > 0 ? LOCK_TOPIC : FIND_TOPIC, [topicId]),
      turn.nextNumbers(publications.length),
      findPublications(tx, topicId, keys, now),
    ]);
    if (!topic) return undefined;
    let issued = 0;
    const facts = { nextNumber: () => numbers[issued++]!, remembered: (key: string) => found.get(key) };
    const plan = planOf(publications, facts, now);
    const queues = await this.#queuesFor(turn, plan);
    if (!queues) return 'outdated';
    await Promise.all([
      keepPublications(tx, topicId, plan.memories),
      this.#sendFreely(turn, plan, queues, now),
      this.#sendInOrder(turn, plan, queues, now),
    ]);
    return plan.published;
  }

  /** Locks the queues of a plan that need it. Resolves to undefined if the plan is outdated. */
  async #queuesFor(turn: Turn, plan: Plan): Promise<TargetQueues | undefined> {
    const { queues } = this.#context;
    const queueIds = queuesOf(plan);
    // A group makes a tenant, and tenants make a standard queue serial.
    const grouped = new Set(
      plan.deliveries.flatMap(({ queueId, message }) => (message.groupId === undefined ? [] : queueId)),
    );
    for (const round of ['copies', 'rows']) {
      if (round === 'rows') for (const id of queueIds) queues.forget(id);
      const free = await queues.within(turn.tx, queueIds);
      const serialIds = queueIds.filter((id) => free.get(id)?.serial || grouped.has(id)).sort((a, b) => a - b);
      await turn.lock(serialIds);
      for (const id of serialIds) free.delete(id);
      const isOutdated = isPlanOutdated(plan, (id) => (turn.state(id) ?? free.get(id))?.queue);
      if (!isOutdated) return { free, serialIds };
    }
    return undefined;
  }

  /** Sends to the queues that are not serial. */
  async #sendFreely(turn: Turn, plan: Plan, { free }: TargetQueues, now: Millis): Promise<void> {
    const asked = plan.deliveries.flatMap(({ queueId, message, expected }) => {
      const state = free.get(queueId);
      return state ? { state, messages: [message], now, version: expected ? state.version : null } : [];
    });
    if (asked.length === 0) return;
    const answers = await sendTogether(turn.tx, turn.slot, asked, turn.effects);
    if (answers.every((answer) => Array.isArray(answer))) return;
    for (const id of free.keys()) this.#context.queues.forget(id);
    throw new QueuesChanged();
  }

  /** Sends to the queues that have been locked. */
  async #sendInOrder(turn: Turn, plan: Plan, { serialIds }: TargetQueues, now: Millis): Promise<void> {
    for (const id of serialIds) {
      const messages = plan.deliveries.flatMap(({ queueId, message }) => (queueId === id ? message : []));
      await sendIn(turn, turn.state(id)!, messages, now);
    }
  }
}

interface TargetQueues {
  /** Those that are sent to without a lock. */
  free: Map<number, QueueState>;
  /** Those that have been locked, in the order of their IDs. */
  serialIds: readonly number[];
}
