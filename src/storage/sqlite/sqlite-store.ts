/** The SQLite engine: implements `Store` with a database in a data folder or in memory. */

import type { Millis } from '../../time/clock.ts';
import { CatalogueBound } from '../catalogue-bound.ts';
import type { Engine } from '../engine.ts';
import type { HappeningListener } from '../happenings.ts';
import { isHidden } from '../hidden.ts';
import type { Inspection } from '../inspection.ts';
import type { Mappings } from '../mappings.ts';
import type { Observation } from '../observation.ts';
import { Outbox } from '../outbox.ts';
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
import { Checkpoints } from './checkpoints.ts';
import type { CountKeeper } from './counts.ts';
import { databaseFile } from './data-folder.ts';
import { type Connection, type Durability, openDatabase } from './database.ts';
import { Faults } from './disk-faults.ts';
import { Expiry } from './expiry.ts';
import { SqliteInspection } from './inspection.ts';
import { MappingTable } from './mapping-table.ts';
import { Messages } from './messages.ts';
import { MoveTasks } from './move-task-table.ts';
import { SqliteObservation } from './observation.ts';
import { partsOf } from './parts.ts';
import type { QueueState, QueueTable } from './queue-table.ts';
import { Space } from './space.ts';
import { SqliteStates } from './states.ts';
import { StoredRecords, sqliteTopics } from './topics/sqlite-topics.ts';
import { Turns } from './turns.ts';

export class SqliteStore implements Engine {
  readonly receiptSecret: ReceiptSecret;
  readonly states: States;
  readonly inspection: Inspection;
  readonly mappings: Mappings;
  readonly #connection: Connection;
  readonly #faults: Faults;
  /** With durability `process`. */
  readonly #checkpoints: Checkpoints | undefined;
  readonly #turns: Turns;
  readonly #queues: QueueTable;
  readonly #counts: CountKeeper;
  readonly #messages: Messages;
  readonly #moveTasks: MoveTasks;
  readonly #space: Space;
  readonly #expiry: Expiry;
  readonly #outbox = new Outbox();
  readonly observation: Observation;
  readonly topics: Topics;

  /**
   * Keeps everything in `folder`, or in memory if undefined. Throws DataFolderError if the folder cannot be used. A
   * caller that wants to look at the tables passes its own `connection` to the database. `bound` limits what is in memory.
   */
  constructor(
    folder?: string,
    durability?: Durability,
    connection: Connection = openDatabase(folder, durability),
    bound = new CatalogueBound(),
  ) {
    this.#connection = connection;
    const path = folder === undefined ? undefined : databaseFile(folder);
    this.#faults = new Faults(this.#connection, path);
    if (path && durability !== 'power') this.#checkpoints = new Checkpoints(this.#connection, this.#faults, path);
    this.receiptSecret = this.#connection
      .prepare<[], ReceiptSecret>('SELECT key, checksummed_below AS checksummedBelow FROM receipt_secret')
      .get()!;
    const parts = partsOf(this.#connection, this.#outbox, bound);
    const { numbers, queues, table, eras } = parts;
    this.#queues = queues;
    this.#counts = parts.counts;
    this.#messages = new Messages(parts);
    this.#moveTasks = new MoveTasks(this.#connection, parts, this.#messages);
    this.#space = new Space(this.#connection, this.#faults);
    this.#expiry = new Expiry(this.#connection, parts);
    const records = new StoredRecords(this.#connection, bound);
    this.#turns = new Turns(this.#connection, this.#faults, {
      writeAdded: () => table.writeNew(),
      beforeCommit: () => queues.saveCounts(),
      afterCommit: () => {
        queues.keep();
        records.keep();
        this.#messages.endTurn();
        this.#checkpoints?.committed();
        this.#outbox.send();
      },
      afterRollback: () => {
        this.#outbox.forget();
        table.forgetNew();
        records.undo();
        parts.reload();
        queues.restore();
        this.#messages.endTurn();
      },
    });
    const context = { turns: this.#turns, parts, eras, messages: this.#messages, records };
    this.states = new SqliteStates(this.#connection, context);
    this.topics = sqliteTopics(this.#connection, parts, context);
    const { turns, messages } = context;
    this.inspection = new SqliteInspection(this.#connection, parts, messages, turns, (...args) => this.#with(...args));
    this.mappings = new MappingTable(this.#connection, numbers, this.#turns);
    this.observation = new SqliteObservation(this.#connection, { turns: this.#turns, faults: this.#faults, ...parts });
  }

  createQueue(key: QueueKey, settings: QueueSettings, now: Millis): Promise<{ queue: Queue; created: boolean }> {
    return this.#turns.run(() => {
      const existing = this.#queues.byKey(key);
      const state = existing ?? this.#queues.create(key, settings, now);
      if (!existing) this.#outbox.record?.({ kind: 'queue-created', queue: state.queue });
      return { queue: state.queue, created: existing === undefined };
    });
  }

  async findQueue(key: QueueKey): Promise<Queue | undefined> {
    return isHidden(key) ? undefined : this.#queues.byKey(key)?.queue;
  }

  listQueues(listing: Listing): Promise<Queue[]> {
    return this.#turns.run(() => (isHidden(listing) ? [] : this.#queues.list(listing)));
  }

  changeQueue(queueId: number, change: QueueChange, now: Millis) {
    return this.#with(queueId, now, (state): Queue | 'outdated' | 'over-limit' => {
      const refused = this.#queues.change(state, change, now);
      if (refused) return refused;
      this.#outbox.record?.({ kind: 'queue-changed', queue: state.queue });
      // A shorter retention period may expire a message that locks a group for which a receive is waiting.
      this.#counts.bringTo(state, now);
      this.#outbox.expires(Math.max(state.expiryFrom, now));
      if (change.delayMs !== undefined && state.queue.fifo) this.#messages.delayUnreceived(state, change.delayMs, now);
      return state.queue;
    });
  }

  deleteQueue(queueId: number): Promise<boolean> {
    return this.#turns.run(() => {
      const state = this.#queues.byId(queueId);
      if (!state) return false;
      this.#queues.remove(state);
      this.#outbox.record?.({ kind: 'queue-deleted', queue: state.queue });
      return true;
    });
  }

  purge(queueId: number): Promise<true | undefined> {
    return this.#turns.run(() => {
      const state = this.#queues.byId(queueId);
      if (!state) return undefined;
      this.#queues.startGeneration(state);
      this.#outbox.record?.({ kind: 'purged', queue: state.queue });
      return true;
    });
  }

  counts(queueId: number, now: Millis): Promise<Counts | undefined> {
    return this.#withAll(queueId, now, ({ counts: { visible, inFlight, delayed } }) => {
      return { visible, inFlight, delayed };
    });
  }

  send(id: number, messages: readonly NewMessage[], now: Millis): Promise<Sent[] | undefined>;
  send(id: number, messages: readonly NewMessage[], now: Millis, expected?: Expected): Promise<Sending | undefined> {
    return this.#turns.add(() => this.#on(id, now, (state) => this.#messages.send(state, messages, now, expected)));
  }

  receive(queueId: number, request: ReceiveRequest, now: Millis): Promise<Delivery | undefined> {
    return this.#with(queueId, now, (state) => this.#messages.receive(state, request, now));
  }

  delete(queueId: number, receipts: readonly Receipt[], now: Millis): Promise<DeleteOutcome[] | undefined> {
    return this.#with(queueId, now, (state) => this.#messages.delete(state, receipts, now));
  }

  changeVisibility(
    queueId: number,
    changes: readonly VisibilityChange[],
    now: Millis,
  ): Promise<VisibilityOutcome[] | undefined> {
    return this.#with(queueId, now, (state) => this.#messages.changeVisibility(state, changes, now));
  }

  nextVisibleAt(queueId: number, inFlightLimit: number, now: Millis): Promise<Millis | undefined> {
    return this.#with(queueId, now, (state) => this.#messages.nextVisibleAt(state, inFlightLimit, now));
  }

  /** All verbs are this process's own, and are announced anyway. */
  async attend(): Promise<() => void> {
    return () => {};
  }

  startMoveTask(task: NewMoveTask, limits: MoveTaskLimits, now: Millis): Promise<MoveTaskStart | undefined> {
    return this.#withAll(task.sourceId, now, (source) => this.#moveTasks.start(source, task, limits, now));
  }

  listMoveTasks(sourceId: number, limit: number): Promise<MoveTask[] | undefined> {
    return this.#turns.run(() => this.#queues.byId(sourceId) && this.#moveTasks.list(sourceId, limit));
  }

  claimMoveTasks(): Promise<MoveTask[]> {
    return this.#turns.run(() => this.#moveTasks.active());
  }

  changeMoveTask(taskId: string, change: MoveTaskChange): Promise<MoveTask | undefined> {
    return this.#turns.run(() => this.#moveTasks.change(taskId, change));
  }

  moveMessages(taskId: string, portion: MovePortion, now: Millis): Promise<MovedPortion | undefined> {
    return this.#turns.run(() => {
      const source = this.#moveTasks.sourceOf(taskId);
      if (source) this.#counts.bringTo(source, now);
      return source && this.#moveTasks.move(source, taskId, portion, now);
    });
  }

  expire(now: Millis, limit: number): Promise<Expired> {
    return this.#turns.run(() => this.#expiry.free(now, limit));
  }

  async reclaim(look: 'first' | 'next'): Promise<boolean> {
    try {
      if (look === 'first') this.#space.look();
    } catch (error) {
      throw this.#faults.record(error);
    }
    return this.#turns.run(() => this.#space.giveBack());
  }

  onFault(listener: (fault: StoreUnavailable | undefined) => void): void {
    this.#faults.onFault(listener);
  }

  onAnnounce(announcement: Announcement): void {
    this.#outbox.onAnnounce(announcement);
  }

  /** No other process can change anything. */
  onCatalogueChanged(): void {}

  onExpiry(listener: (at: Millis) => void): void {
    this.#outbox.onExpiry(listener);
  }

  onHappening(listener: HappeningListener | undefined): void {
    this.#outbox.onHappening(listener);
  }

  async close(): Promise<void> {
    this.#turns.flush();
    await this.#checkpoints?.close();
    this.#faults.close();
  }

  /** Runs a verb on one queue, after bringing the queue's counts to `now`. */
  #with<T>(queueId: number, now: Millis, verb: (state: QueueState) => T): Promise<T | undefined> {
    return this.#turns.run(() => this.#on(queueId, now, verb));
  }

  /** Like `#with`, but first frees all expired messages, which may take several turns, so that the counts are exact. */
  #withAll<T>(queueId: number, now: Millis, verb: (state: QueueState) => T): Promise<T | undefined> {
    const exact = (state: QueueState) => (state.expiryFrom <= now ? ('unfinished' as const) : verb(state));
    return this.#turns.finish(() => this.#on(queueId, now, exact));
  }

  #on<T>(queueId: number, now: Millis, verb: (state: QueueState) => T): T | undefined {
    const state = this.#queues.byId(queueId);
    if (!state) return undefined;
    this.#counts.bringTo(state, now);
    return verb(state);
  }
}
