/**
 * Publishes to topics. A publication is one transaction with all its queues: all have its messages, or none. Those that
 * wait for a connection share a transaction. Publications to the same FIFO topic follow one another, on all nodes: each
 * locks the topic first, so that no duplicate is missed, and the numbers are in the order of the commits. All others go
 * on side by side. Of the queues, only serial ones are locked.
 */

import type { Millis } from '../../../time/clock.ts';
import type { NewMessage } from '../../message.ts';
import { bytesOf, isPlanOutdated, LARGE_BYTES, type Plan, planOf, queuesOf } from '../../topics/publishing.ts';
import type { NewPublication, Published, QueueDelivery } from '../../topics.ts';
import { BatchLane, Failed } from '../batch-lanes.ts';
import type { Context } from '../context.ts';
import type { QueueState } from '../queue-table.ts';
import { sendIn } from '../serial/sending.ts';
import type { Session } from '../session.ts';
import { sendTogether } from '../standard/sends.ts';
import { statement } from '../statement.ts';
import { LockedTurn, type Turn } from '../turn.ts';
import { Memories } from './publication-table.ts';

const FIND_TOPICS = statement<{ id: number }>('SELECT id FROM squab.topics WHERE id = ANY ($1::bigint[])');

/** Locks topics in the order of their IDs, so that no two transactions wait for each other. */
const LOCK_TOPICS = statement<{ id: number }>(
  'SELECT id FROM squab.topics WHERE id = ANY ($1::bigint[]) ORDER BY id FOR NO KEY UPDATE',
);

/** How many publications, and how many messages of theirs, share a transaction. */
const [PUBLICATIONS_TOGETHER, MESSAGES_TOGETHER] = [50, 500];

/** How often a publication is tried while its queues change. */
const ATTEMPTS_MAX = 5;

interface Asked {
  topicId: number;
  publications: readonly NewPublication[];
  now: Millis;
}

type Outcome = Published[] | 'outdated' | undefined;

type Delivery = QueueDelivery & { now: Millis };

/** The queues of some deliveries. */
interface Targets {
  /** Those that are sent to without a lock. */
  free: Map<number, QueueState>;
  /** Those that have been locked, in the order of their IDs. */
  serialIds: readonly number[];
}

/** Rolls a transaction back because queues have changed since this node read them. */
class QueuesChanged extends Error {}

/** Rolls a transaction back because its publications had better not share it. */
class NotTogether extends Error {}

export class Publisher {
  readonly #context: Pick<Context, 'queues' | 'newEffects' | 'report'>;
  readonly #batches: BatchLane<Asked, Outcome>;

  constructor(context: Pick<Context, 'lanes' | 'queues' | 'newEffects' | 'report'>) {
    this.#context = context;
    this.#batches = new BatchLane(context.lanes.serial, (session, asked) => this.#carryOut(session, asked), {
      requests: PUBLICATIONS_TOGETHER,
      sizeOf: ({ publications }) => publications.reduce((sum, { ownBytes = 0 }) => sum + ownBytes, 0),
      isAlone: ({ publications }) => bytesOf(publications) >= LARGE_BYTES,
    });
  }

  /** See `Topics.publish`. */
  publish(topicId: number, publications: readonly NewPublication[], now: Millis): Promise<Outcome> {
    return this.#batches.ask({ topicId, publications, now });
  }

  /** Publishes together, or one by one if one of them keeps the others from being published. */
  async #carryOut(session: Session, asked: readonly Asked[]): Promise<(Outcome | Failed)[]> {
    if (asked.length === 1) return [await this.#alone(session, asked[0]!)];
    try {
      return await this.#transact(session, asked);
    } catch (error) {
      if (session.connection.lost) throw error;
    }
    const outcomes: (Outcome | Failed)[] = [];
    for (const one of asked) outcomes.push(await this.#alone(session, one).catch((error) => new Failed(error)));
    return outcomes;
  }

  async #alone(session: Session, asked: Asked): Promise<Outcome> {
    for (let attempt = 1; attempt < ATTEMPTS_MAX; attempt++) {
      try {
        const [outcome] = await this.#transact(session, [asked]);
        return outcome;
      } catch (error) {
        if (!(error instanceof QueuesChanged)) throw error;
      }
    }
    return 'outdated';
  }

  async #transact(session: Session, asked: readonly Asked[]): Promise<Outcome[]> {
    const { turn, outcomes } = await session.transaction(async (tx) => {
      const turn = new LockedTurn(tx, session, this.#context);
      const outcomes = await this.#publish(turn, asked);
      // Leaves together with COMMIT, which fails if this does.
      turn.counts.write(tx, session.slot).catch(() => {});
      return { turn, outcomes };
    });
    turn.keep();
    this.#context.report(turn.effects);
    return outcomes;
  }

  async #publish(turn: Turn, asked: readonly Asked[]): Promise<Outcome[]> {
    const { plans, memories } = await this.#planAll(turn, asked);
    const deliveries = plans.flatMap((plan, index) =>
      (plan?.deliveries ?? []).map((delivery) => ({ ...delivery, now: asked[index]!.now })),
    );
    if (asked.length > 1 && deliveries.length > MESSAGES_TOGETHER) throw new NotTogether();
    const targets = await this.#targetsOf(turn, plans);
    if (!targets) {
      if (asked.length > 1) throw new NotTogether();
      return ['outdated'];
    }
    await Promise.all([
      memories.write(turn.tx),
      this.#sendFreely(turn, deliveries, targets),
      this.#sendInOrder(turn, deliveries, targets),
    ]);
    return plans.map((plan) => plan?.published);
  }

  /** Locks FIFO topics, and makes the plans, one after the other; undefined for a topic that does not exist. */
  async #planAll(turn: Turn, asked: readonly Asked[]): Promise<{ plans: (Plan | undefined)[]; memories: Memories }> {
    const { tx } = turn;
    const keys = asked.flatMap(({ topicId, publications }) =>
      publications.flatMap(({ deduplication }) => (deduplication ? { topicId, key: deduplication.key } : [])),
    );
    const lockedIds = [...new Set(keys.map(({ topicId }) => topicId))];
    const otherIds = [...new Set(asked.map(({ topicId }) => topicId))].filter((id) => !lockedIds.includes(id));
    const count = asked.reduce((sum, { publications }) => sum + publications.length, 0);
    // The statements leave together. Those after the lock see everything that its former holders have done.
    const [locked, others, numbers, memories] = await Promise.all([
      lockedIds.length > 0 ? tx.run(LOCK_TOPICS, [lockedIds]) : [],
      otherIds.length > 0 ? tx.run(FIND_TOPICS, [otherIds]) : [],
      turn.nextNumbers(count),
      Memories.read(tx, keys),
    ]);
    const topicIds = new Set([...locked, ...others].map(({ id }) => id));
    let issued = 0;
    const plans = asked.map(({ topicId, publications, now }) => {
      if (!topicIds.has(topicId)) return undefined;
      const remembered = (key: string) => memories.find(topicId, key, now);
      const plan = planOf(publications, { nextNumber: () => numbers[issued++]!, remembered }, now);
      for (const memory of plan.memories) memories.add(topicId, memory);
      return plan;
    });
    return { plans, memories };
  }

  /** Finds the queues of plans, and locks those that need it. Resolves to undefined if a plan is outdated. */
  async #targetsOf(turn: Turn, all: readonly (Plan | undefined)[]): Promise<Targets | undefined> {
    const { queues } = this.#context;
    const plans = all.filter((plan) => plan !== undefined);
    const queueIds = [...new Set(plans.flatMap(queuesOf))];
    // A group makes a tenant, and tenants make a standard queue serial.
    const grouped = new Set(
      plans.flatMap((plan) =>
        plan.deliveries.flatMap(({ queueId, message }) => (message.groupId === undefined ? [] : queueId)),
      ),
    );
    for (const round of ['copies', 'rows']) {
      if (round === 'rows') for (const id of queueIds) queues.forget(id);
      const free = await queues.within(turn.tx, queueIds);
      const serialIds = queueIds.filter((id) => free.get(id)?.serial || grouped.has(id)).sort((a, b) => a - b);
      await turn.lock(serialIds);
      for (const id of serialIds) free.delete(id);
      const queueOf = (id: number) => (turn.state(id) ?? free.get(id))?.queue;
      if (!plans.some((plan) => isPlanOutdated(plan, queueOf))) return { free, serialIds };
    }
    return undefined;
  }

  /** Sends to the queues that are not serial. */
  async #sendFreely(turn: Turn, deliveries: readonly Delivery[], { free }: Targets): Promise<void> {
    const asked = deliveries.flatMap(({ queueId, message, expected, now }) => {
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
  async #sendInOrder(turn: Turn, deliveries: readonly Delivery[], { serialIds }: Targets): Promise<void> {
    const byQueue = Map.groupBy(deliveries, ({ queueId }) => queueId);
    for (const id of serialIds) {
      for (const { messages, now } of inPortions(byQueue.get(id)!)) {
        await sendIn(turn, turn.state(id)!, messages, now);
      }
    }
  }
}

/** Returns the messages of deliveries that follow one another and are sent at the same instant. */
function inPortions(deliveries: readonly Delivery[]): { messages: NewMessage[]; now: Millis }[] {
  const portions: { messages: NewMessage[]; now: Millis }[] = [];
  for (const { message, now } of deliveries) {
    const latest = portions.at(-1);
    if (latest?.now === now) latest.messages.push(message);
    else portions.push({ messages: [message], now });
  }
  return portions;
}
