/** The PostgreSQL engine: implements `Store` with a database that any number of nodes share. */

import type { Millis } from '../../time/clock.ts';
import type { Engine } from '../engine.ts';
import type { HappeningListener } from '../happenings.ts';
import { isHidden } from '../hidden.ts';
import type { Inspection } from '../inspection.ts';
import type { Mappings } from '../mappings.ts';
import type { CatalogueChange, Nodes } from '../nodes.ts';
import type { Observation } from '../observation.ts';
import { changed } from '../queue-changes.ts';
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
import { oldestSentAt } from './counts.ts';
import { ExactCounts } from './expiry/exact-counts.ts';
import { Sweep } from './expiry/sweep.ts';
import type { MoveTaskVerbs, NotStandard, SerialVerbs, StandardVerbs } from './message-verbs.ts';
import type { OpenDatabase } from './open.ts';
import { PostgresObservation } from './postgres-observation.ts';
import type { QueueState } from './queue-table.ts';
import { MoveTasks } from './serial/move-task-table.ts';
import { SerialMessages } from './serial/serial-messages.ts';
import { unbuilt } from './unbuilt.ts';

type Database = Pick<OpenDatabase, 'sessions' | 'receiptSecret'>;

export class PostgresStore implements Engine {
  readonly receiptSecret: ReceiptSecret;
  readonly states: States;
  readonly inspection: Inspection;
  readonly mappings: Mappings;
  readonly observation: Observation;
  readonly topics: Topics;
  readonly #context: Context;
  readonly #standard: StandardVerbs;
  readonly #serial: SerialVerbs;
  readonly #moveTasks: MoveTaskVerbs;
  readonly #counts: ExactCounts;
  readonly #sweep: Sweep;

  private constructor(context: Context, receiptSecret: ReceiptSecret) {
    this.#context = context;
    this.receiptSecret = receiptSecret;
    this.#counts = new ExactCounts(context.lanes.other, context.queues, context.expired);
    this.#sweep = new Sweep(context);
    this.#standard = unbuilt('StandardMessages');
    this.#serial = new SerialMessages(context);
    this.#moveTasks = new MoveTasks(context, context.neighbours?.nodes.name ?? 'the only node');
    this.states = unbuilt('states');
    this.inspection = unbuilt('inspection');
    this.mappings = unbuilt('mappings');
    this.topics = unbuilt('topics');
    this.observation = new PostgresObservation(context, this.#counts);
  }

  /** `neighboursOf` makes what has to do with other nodes. */
  static async open({ sessions, receiptSecret }: Database, neighboursOf?: NeighboursOf): Promise<PostgresStore> {
    const context = await contextOf(sessions, neighboursOf);
    return new PostgresStore(context, { key: receiptSecret, checksummedBelow: 0 });
  }

  get nodes(): Nodes | undefined {
    return this.#context.neighbours?.nodes;
  }

  async createQueue(key: QueueKey, settings: QueueSettings, now: Millis): Promise<{ queue: Queue; created: boolean }> {
    const { lanes, queues } = this.#context;
    const { state, created } = await lanes.other.run(
      (session) => session.transaction((tx) => queues.create(tx, key, settings, now)),
      { repeatable: true },
    );
    const { queue } = queues.keep(state);
    if (!created) return { queue, created };
    const effects = this.#context.newEffects();
    effects.record?.({ kind: 'queue-created', queue });
    this.#context.report(effects);
    this.#context.changed({ created });
    return { queue, created };
  }

  async findQueue(key: QueueKey): Promise<Queue | undefined> {
    return isHidden(key) ? undefined : (await this.#context.queues.byKey(key))?.queue;
  }

  listQueues(listing: Listing): Promise<Queue[]> {
    return this.#context.queues.list(listing);
  }

  async changeQueue(
    queueId: number,
    change: QueueChange,
    now: Millis,
  ): Promise<Queue | 'outdated' | 'over-limit' | undefined> {
    const { serial, queues, expired } = this.#context;
    const outcome = await serial.run(
      [queueId],
      async (turn): Promise<Queue | 'outdated' | 'over-limit' | undefined> => {
        const before = turn.state(queueId);
        const queue = before && changed(before.queue, change, now);
        if (!queue || typeof queue === 'string') return queue;
        const state = await queues.change(turn.tx, queue);
        turn.changed(state);
        turn.effects.record?.({ kind: 'queue-changed', queue: state.queue });
        // A shorter retention period may expire a message that locks a group for which a receive is waiting.
        if (state.serial) await expired.freeIn(turn, state, now);
        const oldest = await oldestSentAt(turn.tx, state.generation);
        if (oldest !== undefined) turn.effects.expires(Math.max(oldest + queue.retentionMs, now));
        if (change.delayMs !== undefined && queue.fifo) {
          await this.#serial.delayUnreceived(turn, state, change.delayMs, now);
        }
        return state.queue;
      },
    );
    if (typeof outcome === 'object') this.#context.changed({ queueIds: [queueId] });
    return outcome;
  }

  async deleteQueue(queueId: number): Promise<boolean> {
    const { serial, queues } = this.#context;
    const deleted = await serial.run([queueId], async (turn) => {
      const state = turn.state(queueId);
      if (!state) return false;
      await queues.remove(turn.tx, [state]);
      turn.removed(queueId);
      turn.effects.record?.({ kind: 'queue-deleted', queue: state.queue });
      return true;
    });
    if (deleted) this.#context.changed({ queueIds: [queueId] });
    return deleted;
  }

  async purge(queueId: number): Promise<true | undefined> {
    const { serial, queues } = this.#context;
    const purged = await serial.run([queueId], async (turn): Promise<true | undefined> => {
      const state = turn.state(queueId);
      if (!state) return undefined;
      turn.changed(await queues.purge(turn.tx, state));
      turn.effects.record?.({ kind: 'purged', queue: state.queue });
      return true;
    });
    if (purged) this.#context.changed({ queueIds: [queueId] });
    return purged;
  }

  async counts(queueId: number, now: Millis): Promise<Counts | undefined> {
    const totals = await this.#counts.of(queueId, now);
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
    // Expired messages are not counted as messages to move.
    if (!(await this.#counts.of(task.sourceId, now))) return undefined;
    return this.#moveTasks.start(task, limits, now);
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
    this.#context.neighbours?.onCatalogueChanged(listener);
  }

  onExpiry(listener: (at: Millis) => void): void {
    this.#sweep.onExpiry(listener);
  }

  onHappening(listener: HappeningListener | undefined): void {
    this.#context.outbox.onHappening(listener);
  }

  async close(): Promise<void> {
    await this.#context.neighbours?.close();
    await this.#context.sessions.close();
  }

  /** Carries out a verb on the messages of a queue without a lock, or with one if the queue is serial. */
  async #with<T>(
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
}
