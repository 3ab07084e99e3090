/**
 * Topics and subscriptions in memory, as the database has them. Each change of them is a transaction that locks one row
 * of the database, which has a number: if it is not the number that this node knows, other nodes have made changes, which
 * the transaction reads first. Each read compares that number, so it sees what other nodes committed before it. Numbers of
 * another server, as after a failover or a restart, say nothing about what this node knows, so it reads everything.
 *
 * The verbs work on the records in memory and wait for nothing. A transaction tries them, undoes that at once, stores
 * what they changed, and has the records change again after the commit. So the records never have anything that is not
 * committed.
 */

import type { Millis } from '../../../time/clock.ts';
import { type CatalogueBound, CatalogueFull } from '../../catalogue-bound.ts';
import { Changes } from '../../collections/changes.ts';
import type { Queue, QueueKey, QueueSettings } from '../../queue.ts';
import { BoundedKeeper } from '../../topics/bounded-keeper.ts';
import { TopicRecords } from '../../topics/topic-records.ts';
import { subscriptionOf, topicOf } from '../../topics/topic-rows.ts';
import type { RecordEngine } from '../../topics/topic-verbs.ts';
import type { Subscription, Topic } from '../../topics.ts';
import { BatchLane, Failed } from '../batch-lanes.ts';
import type { Context } from '../context.ts';
import type { QueueRow, QueueState } from '../queue-table.ts';
import { nextNumbers } from '../serial.ts';
import type { Session, Tx } from '../session.ts';
import { statement } from '../statement.ts';
import { type Change, HOLD, LOCK, LOOK, type Position, readAll, readChanged, write } from './topic-tables.ts';

/** Locks queues that are going to be removed, in the order in which all transactions lock them. */
const LOCK_QUEUES = statement<QueueRow>(
  'SELECT * FROM squab.queues WHERE id = ANY ($1::bigint[]) ORDER BY id FOR UPDATE',
);

/** All reads that are asked for at the same time compare the number once. */
const READS_AT_ONCE = 10_000;

interface WantedQueue {
  key: QueueKey;
  settings: QueueSettings;
  now: Millis;
}

/** Verbs that are being tried. */
class Trial {
  readonly #numbers: readonly number[];
  #issued = 0;
  /** The queues that have been created for these verbs, by their names. */
  readonly created: ReadonlyMap<string, QueueState>;
  /** Queues that the verbs need, and that have not been created. */
  readonly wanted: WantedQueue[] = [];
  readonly removedQueueIds: number[] = [];
  readonly changes: Change[] = [];
  readonly results: unknown[] = [];

  constructor(numbers: readonly number[], created: ReadonlyMap<string, QueueState>) {
    this.#numbers = numbers;
    this.created = created;
  }

  nextNumber(): number {
    const number = this.#numbers[this.#issued++];
    if (number === undefined) throw new Error('A verb needs more numbers than expected.');
    return number;
  }
}

export class TopicCatalogue implements RecordEngine {
  readonly records: TopicRecords;
  readonly #context: Pick<Context, 'queues' | 'changed'>;
  readonly #changes = new Changes();
  readonly #keeper: BoundedKeeper;
  readonly #verbs: BatchLane<() => unknown, unknown>;
  readonly #reads: BatchLane<undefined, undefined>;
  /** The latest change that the records have; undefined if everything is to be read. */
  #position: Position | undefined;
  #trial: Trial | undefined;

  constructor(context: Pick<Context, 'queues' | 'lanes' | 'neighbours' | 'changed'>, bound: CatalogueBound) {
    this.#context = context;
    // The server may give the numbers of changes that it lost to others.
    const forget = () => {
      this.#position = undefined;
    };
    if (context.neighbours) context.neighbours.onUndone = forget;
    const keeper = {
      topic: (before: Topic | undefined, after: Topic | undefined) =>
        this.#trial?.changes.push({ topic: { before, after } }),
      subscription: (before: Subscription | undefined, after: Subscription | undefined) =>
        this.#trial?.changes.push({ subscription: { before, after } }),
    };
    // What is committed, by this node or another, can no longer be refused.
    this.#keeper = new BoundedKeeper(bound, this.#changes, keeper, () => this.#trial !== undefined);
    this.records = new TopicRecords(this.#changes, this.#keeper);
    const { other } = context.lanes;
    // To repeat a verb does no harm: what it was to change is as it should be.
    this.#verbs = new BatchLane(other, (session, verbs) => this.#carryOut(session, verbs), { repeatable: true });
    this.#reads = new BatchLane(other, (session, reads) => this.#refresh(session, reads), {
      repeatable: true,
      areVerbs: false,
      requests: READS_AT_ONCE,
    });
  }

  change<T>(verb: () => T): Promise<T> {
    return this.#verbs.ask(verb) as Promise<T>;
  }

  async look<T>(verb: () => T): Promise<T> {
    await this.#reads.ask(undefined);
    return verb();
  }

  find<T>(verb: () => T): Promise<T> {
    return this.look(verb);
  }

  nextNumber(): number {
    return this.#trial!.nextNumber();
  }

  /** If the queue has not been created yet, the trial is only to find out that it is needed. */
  createQueue(key: QueueKey, settings: QueueSettings, now: Millis): Pick<Queue, 'id'> {
    const { created, wanted } = this.#trial!;
    const state = created.get(key.name);
    if (state) return state.queue;
    wanted.push({ key, settings, now });
    return { id: 0 };
  }

  removeQueue(queueId: number): void {
    this.#trial!.removedQueueIds.push(queueId);
  }

  async #carryOut(session: Session, verbs: readonly (() => unknown)[]): Promise<readonly unknown[]> {
    const { trial, position } = await session.transaction(async (tx) => {
      const [[locked], numbers] = await Promise.all([tx.run(LOCK, []), nextNumbers(tx, verbs.length)]);
      const position = locked!;
      await this.#read(tx, position);
      let trial = this.#try(verbs, numbers, new Map());
      if (trial.wanted.length > 0) trial = this.#try(verbs, numbers, await this.#createQueues(tx, trial.wanted));
      if (trial.changes.length > 0) await write(tx, position.number + 1, trial.changes);
      if (trial.removedQueueIds.length > 0) await this.#removeQueues(tx, trial.removedQueueIds);
      return { trial, position };
    });
    this.#keep(trial, position, session.isRepeat);
    return trial.results;
  }

  /** Carries verbs out one after the other, and undoes them. Those for which there is no memory have failed. */
  #try(verbs: readonly (() => unknown)[], numbers: readonly number[], created: ReadonlyMap<string, QueueState>): Trial {
    const failed = new Map<() => unknown, Failed>();
    for (;;) {
      const trial = new Trial(numbers, created);
      this.#trial = trial;
      let current: (() => unknown) | undefined;
      try {
        for (const verb of verbs) {
          current = verb;
          trial.results.push(failed.get(verb) ?? verb());
        }
        return trial;
      } catch (error) {
        if (!(error instanceof CatalogueFull)) throw error;
        failed.set(current!, new Failed(error));
      } finally {
        this.#trial = undefined;
        this.#changes.undo();
      }
    }
  }

  async #createQueues(tx: Tx, wanted: readonly WantedQueue[]): Promise<Map<string, QueueState>> {
    const { queues } = this.#context;
    const made = await Promise.all(wanted.map(({ key, settings, now }) => queues.create(tx, key, settings, now)));
    return new Map(made.map(({ state }) => [state.queue.name, state]));
  }

  /** Topics are locked before queues, here and in publications. */
  async #removeQueues(tx: Tx, queueIds: readonly number[]): Promise<void> {
    const { queues } = this.#context;
    const rows = await tx.run(LOCK_QUEUES, [queueIds]);
    await queues.remove(
      tx,
      rows.map((row) => queues.stateOf(row)),
    );
  }

  /** Has the records change as the committed transaction has, unless they have been read again since. */
  #keep({ changes, created, removedQueueIds }: Trial, position: Position, isRepeat: boolean): void {
    const { queues } = this.#context;
    for (const state of created.values()) queues.keep(state);
    for (const id of removedQueueIds) queues.drop(id);
    if (changes.length > 0 && this.#isAt(position)) {
      for (const change of changes) this.#replace(change);
      this.#changes.keep();
      this.#position = { ...position, number: position.number + 1 };
    }
    // A verb that is repeated finds everything as it should be, and nobody has been told.
    if (changes.length > 0 || isRepeat) {
      void this.#context.changed({ topics: true, queueIds: removedQueueIds }, isRepeat);
    }
  }

  #replace(change: Change): void {
    if ('topic' in change) this.records.replaceTopic(change.topic.before, change.topic.after);
    else this.records.replaceSubscription(change.subscription.before, change.subscription.after);
  }

  async #refresh(session: Session, reads: readonly undefined[]): Promise<readonly undefined[]> {
    const [current] = await session.run(LOOK, []);
    if (!this.#isAt(current!)) {
      await session.transaction(async (tx) => {
        const [held] = await tx.run(HOLD, []);
        await this.#read(tx, held!);
      });
    }
    return reads;
  }

  #isAt({ number, server }: Position): boolean {
    return this.#position?.number === number && this.#position.server === server;
  }

  /** Brings the records to this position, which cannot change before the transaction ends. */
  async #read(tx: Tx, position: Position): Promise<void> {
    while (!this.#isAt(position)) {
      const known = this.#position;
      const changed = known && (await readChanged(tx, known, position));
      const all = changed ? undefined : await readAll(tx);
      // Another transaction of this node has read as well.
      if (this.#position !== known) continue;
      if (changed) this.#apply(changed);
      if (all) this.#load(all.topics.map(topicOf), all.subscriptions.map(subscriptionOf));
      this.#changes.keep();
      this.#position = position;
    }
  }

  #load(topics: readonly Topic[], subscriptions: readonly Subscription[]): void {
    this.records.load(topics, subscriptions);
    this.#keeper.loaded(topics, subscriptions);
  }

  #apply({ topicIds, topics, subscriptionIds, subscriptions }: NonNullable<Awaited<ReturnType<typeof readChanged>>>) {
    const { records } = this;
    const topicRows = new Map(topics.map((row) => [row.id, row]));
    const subscriptionRows = new Map(subscriptions.map((row) => [row.id, row]));
    // What is removed goes first: what is added may have its name or its endpoint.
    const old = {
      topics: topicIds.map((id) => records.topic(id)),
      subscriptions: subscriptionIds.map((id) => records.subscription(id)),
    };
    for (const topic of old.topics) if (topic) records.replaceTopic(topic, undefined);
    for (const subscription of old.subscriptions)
      if (subscription) records.replaceSubscription(subscription, undefined);
    for (const row of topicRows.values()) records.replaceTopic(undefined, topicOf(row));
    for (const row of subscriptionRows.values()) records.replaceSubscription(undefined, subscriptionOf(row));
  }
}
