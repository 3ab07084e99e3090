/**
 * The engine of a Squab without `--data`: plain objects, sorted in the orders in which verbs need them. Nothing outlives
 * the process. Start here to see what SQS does with messages; ../store.ts says what each verb has to do.
 */

import { randomBytes } from 'node:crypto';
import type { Millis } from '../../time/clock.ts';
import { Changes } from '../collections/changes.ts';
import type { Engine } from '../engine.ts';
import type { HappeningListener } from '../happenings.ts';
import { isHidden } from '../hidden.ts';
import { Outbox } from '../outbox.ts';
import { Freeing } from '../portions.ts';
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
import { AllQueues, type QueueState } from './all-queues.ts';
import { changeVisibility, delayUnreceived, deleteByReceipts } from './by-receipt.ts';
import { bringTo, expire, nextExpiry } from './expiry.ts';
import { Memory } from './memory.ts';
import { MemoryInspection } from './memory-inspection.ts';
import { MemoryMappings } from './memory-mappings.ts';
import { MemoryObservation } from './memory-observation.ts';
import { MemorySnapshots } from './memory-snapshots.ts';
import { memoryTopics } from './memory-topics.ts';
import { Turns } from './memory-turns.ts';
import { Moving } from './moving.ts';
import type { Parts } from './parts.ts';
import { Receipts } from './receipts.ts';
import { Receiving } from './receiving.ts';
import { send } from './sending.ts';
import { TopicShelf } from './topic-shelf.ts';

export class MemoryStore implements Engine {
  readonly receiptSecret: ReceiptSecret = { key: randomBytes(32), checksummedBelow: 0 };
  readonly states: MemorySnapshots;
  readonly inspection: MemoryInspection;
  readonly observation: MemoryObservation;
  readonly topics: Topics;
  readonly mappings: MemoryMappings;
  readonly #parts: Parts;
  readonly #turns: Turns;
  readonly #receiving: Receiving;
  readonly #moving: Moving;

  /** `maxBytes`: how much memory the data may need; by default, a share of V8's heap limit. */
  constructor(maxBytes?: number) {
    let numbers = 0;
    const basics = {
      changes: new Changes(),
      memory: new Memory(maxBytes),
      outbox: new Outbox(),
      freeing: new Freeing(),
      nextNumber: () => ++numbers,
    };
    this.#parts = {
      ...basics,
      queues: new AllQueues(basics),
      receipts: new Receipts(),
      shelf: new TopicShelf(basics),
    };
    this.#receiving = new Receiving(this.#parts);
    this.#moving = new Moving(this.#parts);
    this.#turns = new Turns(basics, () => {
      this.#receiving.endTurn();
      basics.freeing.endTurn();
    });
    this.mappings = new MemoryMappings(basics, this.#turns);
    this.states = new MemorySnapshots(this.#parts, this.#receiving, this.#turns, this.mappings);
    this.inspection = new MemoryInspection(this.#parts, this.#receiving, this.#turns, (queueId, now, verb) =>
      this.#with(queueId, now, verb),
    );
    this.observation = new MemoryObservation(this.#parts, this.#turns);
    this.topics = memoryTopics(this.#parts, this.#turns);
  }

  /** How much memory the data needs, by the estimate of memory.ts. */
  get bytesUsed(): number {
    return this.#parts.memory.used;
  }

  createQueue(key: QueueKey, settings: QueueSettings, now: Millis): Promise<{ queue: Queue; created: boolean }> {
    const { queues, outbox } = this.#parts;
    return this.#turns.run(() => {
      const existing = queues.byKey(key);
      const { queue } = existing ?? queues.create(key, settings, now);
      if (!existing) outbox.record?.({ kind: 'queue-created', queue });
      return { queue, created: existing === undefined };
    });
  }

  async findQueue(key: QueueKey): Promise<Queue | undefined> {
    return isHidden(key) ? undefined : this.#parts.queues.byKey(key)?.queue;
  }

  listQueues(listing: Listing): Promise<Queue[]> {
    return this.#turns.run(() => (isHidden(listing) ? [] : this.#parts.queues.list(listing)));
  }

  changeQueue(queueId: number, change: QueueChange, now: Millis) {
    const { queues, outbox } = this.#parts;
    return this.#with(queueId, now, (state): Queue | 'outdated' | 'over-limit' => {
      const refused = queues.change(state, change, now);
      if (refused) return refused;
      outbox.record?.({ kind: 'queue-changed', queue: state.queue });
      // A shorter retention period may expire a message that locks a group for which a receive is waiting.
      bringTo(this.#parts, state, now);
      outbox.expires(Math.max(nextExpiry(state), now));
      if (change.delayMs !== undefined && state.queue.fifo) delayUnreceived(this.#parts, state, change.delayMs);
      return state.queue;
    });
  }

  deleteQueue(queueId: number): Promise<boolean> {
    const { queues, outbox } = this.#parts;
    return this.#turns.run(() => {
      const state = queues.byId(queueId);
      if (!state) return false;
      queues.remove(state);
      outbox.record?.({ kind: 'queue-deleted', queue: state.queue });
      return true;
    });
  }

  purge(queueId: number): Promise<true | undefined> {
    const { queues, outbox } = this.#parts;
    return this.#turns.run(() => {
      const state = queues.byId(queueId);
      if (!state) return undefined;
      queues.empty(state);
      outbox.record?.({ kind: 'purged', queue: state.queue });
      return true;
    });
  }

  counts(queueId: number, now: Millis): Promise<Counts | undefined> {
    return this.#withAll(queueId, now, ({ contents: { visible, inFlight, delayed } }) => ({
      visible,
      inFlight,
      delayed,
    }));
  }

  send(id: number, messages: readonly NewMessage[], now: Millis): Promise<Sent[] | undefined>;
  send(id: number, messages: readonly NewMessage[], now: Millis, expected?: Expected): Promise<Sending | undefined> {
    return this.#with(id, now, (state) => send(this.#parts, state, messages, now, expected));
  }

  receive(queueId: number, request: ReceiveRequest, now: Millis): Promise<Delivery | undefined> {
    return this.#with(queueId, now, (state) => this.#receiving.receive(state, request, now));
  }

  delete(queueId: number, receipts: readonly Receipt[], now: Millis): Promise<DeleteOutcome[] | undefined> {
    return this.#with(queueId, now, (state) => deleteByReceipts(this.#parts, state, receipts, now));
  }

  changeVisibility(
    queueId: number,
    changes: readonly VisibilityChange[],
    now: Millis,
  ): Promise<VisibilityOutcome[] | undefined> {
    return this.#with(queueId, now, (state) => changeVisibility(this.#parts, state, changes, now));
  }

  nextVisibleAt(queueId: number, inFlightLimit: number, now: Millis): Promise<Millis | undefined> {
    return this.#with(queueId, now, (state) => this.#receiving.nextVisibleAt(state, inFlightLimit, now));
  }

  /** All verbs are this process's own, and are announced anyway. */
  async attend(): Promise<() => void> {
    return () => {};
  }

  startMoveTask(task: NewMoveTask, limits: MoveTaskLimits, now: Millis): Promise<MoveTaskStart | undefined> {
    return this.#withAll(task.sourceId, now, (source) => this.#moving.start(source, task, limits, now));
  }

  listMoveTasks(sourceId: number, limit: number): Promise<MoveTask[] | undefined> {
    return this.#turns.run(() => this.#parts.queues.byId(sourceId)?.tasks.toReversed().slice(0, limit));
  }

  claimMoveTasks(): Promise<MoveTask[]> {
    return this.#turns.run(() => this.#moving.active());
  }

  changeMoveTask(taskId: string, change: MoveTaskChange): Promise<MoveTask | undefined> {
    return this.#turns.run(() => this.#moving.change(taskId, change));
  }

  moveMessages(taskId: string, portion: MovePortion, now: Millis): Promise<MovedPortion | undefined> {
    return this.#turns.run(() => this.#moving.move(taskId, portion, now));
  }

  expire(now: Millis, limit: number): Promise<Expired> {
    return this.#turns.run(() => expire(this.#parts, now, limit));
  }

  /** There is no file system to return space to. */
  async reclaim(): Promise<boolean> {
    return false;
  }

  onFault(listener: (fault: StoreUnavailable | undefined) => void): void {
    this.#parts.memory.onFault(listener);
  }

  onAnnounce(announcement: Announcement): void {
    this.#parts.outbox.onAnnounce(announcement);
  }

  /** No other process can change anything. */
  onCatalogueChanged(): void {}

  onExpiry(listener: (at: Millis) => void): void {
    this.#parts.outbox.onExpiry(listener);
  }

  onHappening(listener: HappeningListener | undefined): void {
    this.#parts.outbox.onHappening(listener);
  }

  async close(): Promise<void> {
    this.#turns.close();
    // A program may hold on to a Squab that it has stopped.
    for (const state of this.#parts.queues.states()) this.#parts.queues.remove(state);
    this.#parts.shelf.restore({ topics: [], subscriptions: [], publications: [] });
    this.#parts.changes.keep();
    this.states.clear();
  }

  /** Runs a verb on one queue, after bringing the queue to `now`. */
  #with<T>(queueId: number, now: Millis, verb: (state: QueueState) => T): Promise<T | undefined> {
    return this.#turns.run(() => this.#on(queueId, now, verb));
  }

  /** As `#with`, once all messages that have expired are freed, which may take several turns: so the counts are exact. */
  #withAll<T>(queueId: number, now: Millis, verb: (state: QueueState) => T): Promise<T | undefined> {
    const exact = (state: QueueState) => (nextExpiry(state) <= now ? ('unfinished' as const) : verb(state));
    return this.#turns.finish(() => this.#on(queueId, now, exact));
  }

  #on<T>(queueId: number, now: Millis, verb: (state: QueueState) => T): T | undefined {
    const state = this.#parts.queues.byId(queueId);
    if (!state) return undefined;
    bringTo(this.#parts, state, now);
    return verb(state);
  }
}
