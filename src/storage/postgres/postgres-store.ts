/** The PostgreSQL engine: implements `Store` with a database that any number of nodes share. */

import type { Millis } from '../../time/clock.ts';
import { CatalogueBound } from '../catalogue-bound.ts';
import type { Engine } from '../engine.ts';
import type { HappeningListener } from '../happenings.ts';
import { isHidden } from '../hidden.ts';
import type { Inspection } from '../inspection.ts';
import type { Mappings } from '../mappings.ts';
import type { CatalogueChange, Nodes } from '../nodes.ts';
import type { Observation } from '../observation.ts';
import type { States } from '../states.ts';
import type {
  Announcement,
  Counts,
  DeleteOutcome,
  Delivery,
  Expected,
  Expired,
  Listing,
  MovedPortion,
  MovePortion,
  MoveTask,
  MoveTaskChange,
  MoveTaskLimits,
  MoveTaskStart,
  NewMessage,
  NewMoveTask,
  Queue,
  QueueChange,
  QueueKey,
  QueueSettings,
  Receipt,
  ReceiptSecret,
  ReceiveRequest,
  Sending,
  Sent,
  StoreUnavailable,
  VisibilityChange,
  VisibilityOutcome,
} from '../store.ts';
import type { Topics } from '../topics.ts';
import { type Context, contextOf, type NeighboursOf } from './context.ts';
import { PostgresStates } from './copies/postgres-states.ts';
import { ExactCounts } from './expiry/exact-counts.ts';
import { Sweep } from './expiry/sweep.ts';
import { PostgresInspection } from './inspecting/postgres-inspection.ts';
import { MappingTable } from './mapping-table.ts';
import type { NotStandard, SerialVerbs, StandardVerbs } from './message-verbs.ts';
import type { OpenDatabase } from './open.ts';
import { PostgresObservation } from './postgres-observation.ts';
import type { QueueState } from './queue-table.ts';
import { QueueVerbs } from './queue-verbs.ts';
import { MoveTasks } from './serial/move-task-table.ts';
import { SerialMessages } from './serial/serial-messages.ts';
import { deadlineOfVerb } from './serial.ts';
import { StandardMessages } from './standard/standard-messages.ts';
import { PostgresTopics } from './topics/postgres-topics.ts';

export class PostgresStore implements Engine {
  readonly receiptSecret: ReceiptSecret;
  readonly states: States;
  readonly inspection: Inspection;
  readonly mappings: Mappings;
  readonly observation: Observation;
  readonly topics: Topics;
  readonly #context: Context;
  readonly #queues: QueueVerbs;
  readonly #standard: StandardVerbs;
  readonly #serial: SerialVerbs;
  readonly #moveTasks: MoveTasks;
  readonly #counts: ExactCounts;
  readonly #sweep: Sweep;
  /** The verbs on messages that have been called and have not settled. */
  readonly #underWay = new Set<Promise<unknown>>();

  #onCatalogueChanged: (change: CatalogueChange) => void = () => {};

  private constructor(context: Context, receiptSecret: ReceiptSecret, states: PostgresStates, bound: CatalogueBound) {
    this.#context = context;
    this.receiptSecret = receiptSecret;
    this.#counts = new ExactCounts(context.lanes.other, context.expired);
    this.#sweep = new Sweep(context);
    this.#standard = new StandardMessages(context);
    const locked = new SerialMessages(context);
    this.#serial = locked;
    this.#queues = new QueueVerbs(context, locked);
    this.#moveTasks = new MoveTasks(context, context.neighbours?.nodes.name ?? 'the only node');
    this.states = states;
    context.neighbours?.onCatalogueChanged((change) => {
      // If it fails, the next change, or the next verb on snapshots, reads them.
      if (change.snapshots) states.refreshSnapshots().catch(() => {});
      this.#onCatalogueChanged(change);
    });
    this.inspection = new PostgresInspection(context, locked);
    this.mappings = new MappingTable(context);
    this.topics = new PostgresTopics(context, bound);
    this.observation = new PostgresObservation(context, this.#counts);
  }

  /** `neighboursOf` makes what has to do with other nodes. `bound` limits the topics and subscriptions in memory. */
  static async open(
    { sessions, receiptSecret }: OpenDatabase,
    neighboursOf?: NeighboursOf,
    bound = new CatalogueBound(),
  ): Promise<PostgresStore> {
    const context = await contextOf(sessions, neighboursOf);
    const states = new PostgresStates(context);
    await states.refreshSnapshots();
    return new PostgresStore(context, { key: receiptSecret, checksummedBelow: 0 }, states, bound);
  }

  get nodes(): Nodes | undefined {
    return this.#context.neighbours?.nodes;
  }

  createQueue(key: QueueKey, settings: QueueSettings, now: Millis): Promise<{ queue: Queue; created: boolean }> {
    return this.#queues.create(key, settings, now);
  }

  async findQueue(key: QueueKey): Promise<Queue | undefined> {
    return isHidden(key) ? undefined : (await this.#context.queues.byKey(key))?.queue;
  }

  listQueues(listing: Listing): Promise<Queue[]> {
    return this.#context.queues.list(listing);
  }

  changeQueue(queueId: number, change: QueueChange, now: Millis) {
    return this.#queues.change(queueId, change, now);
  }

  deleteQueue(queueId: number): Promise<boolean> {
    return this.#queues.delete(queueId);
  }

  purge(queueId: number): Promise<true | undefined> {
    return this.#queues.purge(queueId);
  }

  async counts(queueId: number, now: Millis): Promise<Counts | undefined> {
    const totals = await this.#awaited(this.#counts.of(queueId, now));
    return totals && { visible: totals.visible, inFlight: totals.inFlight, delayed: totals.delayed };
  }

  send(id: number, messages: readonly NewMessage[], now: Millis): Promise<Sent[] | undefined>;
  send(id: number, messages: readonly NewMessage[], now: Millis, expected?: Expected): Promise<Sending | undefined> {
    return this.#with(
      id,
      (state) => this.#standard.send(state, messages, now, expected),
      () => this.#serial.send(id, messages, now, expected),
    );
  }

  receive(queueId: number, request: ReceiveRequest, now: Millis): Promise<Delivery | undefined> {
    return this.#with(
      queueId,
      (state) => this.#standard.receive(state, request, now),
      () => this.#serial.receive(queueId, request, now),
    );
  }

  delete(queueId: number, receipts: readonly Receipt[], now: Millis): Promise<DeleteOutcome[] | undefined> {
    return this.#with(
      queueId,
      (state) => this.#standard.delete(state, receipts, now),
      () => this.#serial.delete(queueId, receipts, now),
    );
  }

  changeVisibility(
    queueId: number,
    changes: readonly VisibilityChange[],
    now: Millis,
  ): Promise<VisibilityOutcome[] | undefined> {
    return this.#with(
      queueId,
      (state) => this.#standard.changeVisibility(state, changes, now),
      () => this.#serial.changeVisibility(queueId, changes, now),
    );
  }

  nextVisibleAt(queueId: number, inFlightLimit: number, now: Millis): Promise<Millis | undefined> {
    return this.#with(
      queueId,
      (state) => this.#standard.nextVisibleAt(state, inFlightLimit, now),
      () => this.#serial.nextVisibleAt(queueId, inFlightLimit, now),
    );
  }

  async attend(queueId: number): Promise<() => void> {
    return this.#context.neighbours?.attend(queueId) ?? (() => {});
  }

  async startMoveTask(task: NewMoveTask, limits: MoveTaskLimits, now: Millis): Promise<MoveTaskStart | undefined> {
    const deadline = deadlineOfVerb();
    // Expired messages are not counted as messages to move.
    if (!(await this.#counts.of(task.sourceId, now))) return undefined;
    return this.#moveTasks.start(task, limits, now, deadline);
  }

  listMoveTasks(sourceId: number, limit: number): Promise<MoveTask[] | undefined> {
    return this.#moveTasks.list(sourceId, limit);
  }

  claimMoveTasks(): Promise<MoveTask[]> {
    return this.#moveTasks.claim();
  }

  changeMoveTask(taskId: string, change: MoveTaskChange): Promise<MoveTask | undefined> {
    return this.#moveTasks.change(taskId, change);
  }

  moveMessages(taskId: string, portion: MovePortion, now: Millis): Promise<MovedPortion | undefined> {
    return this.#moveTasks.move(taskId, portion, now);
  }

  expire(now: Millis, limit: number): Promise<Expired> {
    return this.#sweep.expire(now, limit);
  }

  /** The database's own processes return space to the file system. */
  async reclaim(): Promise<boolean> {
    return false;
  }

  onFault(listener: (fault: StoreUnavailable | undefined) => void): void {
    this.#context.sessions.faults.onFault(listener);
  }

  onAnnounce(announcement: Announcement): void {
    this.#context.outbox.onAnnounce(announcement);
  }

  onCatalogueChanged(listener: (change: CatalogueChange) => void): void {
    this.#onCatalogueChanged = listener;
  }

  onExpiry(listener: (at: Millis) => void): void {
    this.#sweep.onExpiry(listener);
  }

  onHappening(listener: HappeningListener | undefined): void {
    this.#context.outbox.onHappening(listener);
  }

  async close(): Promise<void> {
    this.#context.sessions.stop();
    await Promise.allSettled([...this.#underWay]);
    await this.#moveTasks.release();
    await this.#context.neighbours?.close();
    await this.#context.sessions.close();
  }

  /** Carries out a verb on the messages of a queue without a lock, or with one if the queue is serial. */
  #with<T>(
    queueId: number,
    standard: (state: QueueState) => Promise<T | NotStandard>,
    serial: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    return this.#awaited(this.#either(queueId, standard, serial));
  }

  async #either<T>(
    queueId: number,
    standard: (state: QueueState) => Promise<T | NotStandard>,
    serial: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    for (;;) {
      const state = await this.#context.queues.byId(queueId);
      if (!state) return undefined;
      const outcome = state.serial ? 'serial' : await standard(state);
      if (outcome === 'serial') return serial();
      if (outcome !== 'outdated-copy') return outcome as T;
      this.#context.queues.forget(queueId);
    }
  }

  /** Has `close` wait for a verb, which may consist of several transactions. */
  async #awaited<T>(verb: Promise<T>): Promise<T> {
    this.#underWay.add(verb);
    try {
      return await verb;
    } finally {
      this.#underWay.delete(verb);
    }
  }
}
