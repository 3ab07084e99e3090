/** The engine on SQLite: a file in a data folder, or memory. */

import type { Millis } from '../../clock.ts';
import type {
  Announcement,
  Counts,
  DeleteOutcome,
  Delivery,
  Expired,
  Listing,
  NewMessage,
  Queue,
  QueueChange,
  QueueKey,
  QueueSettings,
  Receipt,
  ReceiveRequest,
  Redrive,
  Store,
  VisibilityChange,
  VisibilityOutcome,
} from '../store.ts';
import { CountKeeper } from './counts.ts';
import { type Connection, openDatabase } from './database.ts';
import { type Candidate, MessageTable } from './message-table.ts';
import { Numbers } from './numbers.ts';
import { type QueueState, QueueTable } from './queue-table.ts';
import { Turns } from './turns.ts';

/** Messages that one receive moves to a dead-letter queue at most; a deeper heap of them is moved by the next ones. */
const MOVED_AT_ONCE = 1000;

export class SqliteStore implements Store {
  readonly #connection: Connection;
  readonly #turns: Turns;
  readonly #numbers: Numbers;
  readonly #queues: QueueTable;
  readonly #messages: MessageTable;
  readonly #counts: CountKeeper;
  readonly #abandoned;
  readonly #forget;
  #announce: Announcement = () => {};
  #announcements: [queueId: number, at: Millis][] = [];

  /** Keeps everything in `folder`, or in memory when it is undefined. Throws DataFolderError. */
  constructor(folder?: string) {
    this.#connection = openDatabase(folder);
    this.#numbers = new Numbers(this.#connection);
    this.#queues = new QueueTable(this.#connection, this.#numbers);
    this.#messages = new MessageTable(this.#connection);
    this.#counts = new CountKeeper(this.#connection, this.#queues);
    this.#abandoned = this.#connection.prepare<[], number>('SELECT generation FROM abandoned').pluck();
    this.#forget = this.#connection.prepare('DELETE FROM abandoned WHERE generation = ?');
    this.#turns = new Turns(this.#connection, {
      beforeCommit: () => this.#queues.saveCounts(),
      afterCommit: () => this.#sayAnnouncements(),
      afterRollback: () => {
        this.#announcements = [];
        this.#numbers.reload();
        this.#queues.reload();
      },
    });
  }

  createQueue(key: QueueKey, settings: QueueSettings, now: Millis): Promise<{ queue: Queue; created: boolean }> {
    return this.#turns.run(() => {
      const existing = this.#queues.byKey(key);
      const state = existing ?? this.#queues.create(key, settings, now);
      return { queue: state.queue, created: existing === undefined };
    });
  }

  async findQueue(key: QueueKey): Promise<Queue | undefined> {
    return this.#queues.byKey(key)?.queue;
  }

  listQueues(listing: Listing): Promise<Queue[]> {
    return this.#turns.run(() => this.#queues.list(listing));
  }

  changeQueue(queueId: number, change: QueueChange, now: Millis): Promise<Queue | undefined> {
    return this.#turns.run(() => {
      const state = this.#queues.byId(queueId);
      if (state) this.#queues.change(state, change, now);
      return state?.queue;
    });
  }

  deleteQueue(queueId: number): Promise<boolean> {
    return this.#turns.run(() => {
      const state = this.#queues.byId(queueId);
      if (state) this.#queues.remove(state);
      return state !== undefined;
    });
  }

  purge(queueId: number): Promise<true | undefined> {
    return this.#turns.run(() => {
      const state = this.#queues.byId(queueId);
      if (!state) return undefined;
      this.#queues.startGeneration(state);
      return true;
    });
  }

  counts(queueId: number, now: Millis): Promise<Counts | undefined> {
    return this.#with(queueId, now, ({ visible, inFlight, delayed }) => ({ visible, inFlight, delayed }));
  }

  send(queueId: number, messages: readonly NewMessage[], now: Millis): Promise<true | undefined> {
    return this.#with(queueId, now, (state) => {
      for (const message of messages) {
        this.#messages.insert(state.generation, this.#numbers.next(), message, now);
        this.#counts.add(state, message.delayMs > 0 ? { delayed: 1 } : { visible: 1 });
        this.#announcements.push([queueId, now + message.delayMs]);
      }
      state.expiryFrom = Math.min(state.expiryFrom, now + state.queue.retentionMs);
      return true;
    });
  }

  receive(queueId: number, request: ReceiveRequest, now: Millis): Promise<Delivery | undefined> {
    return this.#with(queueId, now, (state) => {
      if (request.signal?.aborted) return [];
      const room = request.inFlightLimit - state.inFlight;
      if (room <= 0) return 'over-limit';
      const candidates = this.#deliverable(state, Math.min(request.max, room), request.redrive, now);
      const messages = candidates.map((candidate) => {
        // With no visibility timeout a message stays visible, and keeps its place.
        const visibleAt = request.visibilityMs > 0 ? now + request.visibilityMs : candidate.visible_at;
        return this.#messages.handOut(state.generation, candidate, now, visibleAt);
      });
      if (messages.length > 0 && request.visibilityMs > 0) {
        this.#counts.add(state, { visible: -messages.length, inFlight: messages.length });
        this.#announcements.push([queueId, now + request.visibilityMs]);
      }
      return messages;
    });
  }

  delete(queueId: number, receipts: readonly Receipt[], now: Millis): Promise<DeleteOutcome[] | undefined> {
    return this.#with(queueId, now, (state) => {
      const expired = now - state.queue.retentionMs;
      return receipts.map((receipt) => {
        const deleted = this.#messages.delete(state.generation, receipt);
        if (deleted) this.#counts.subtract(state, deleted, now);
        const message = deleted ?? this.#messages.find(state.generation, receipt.key);
        if (!message || message.sent_at <= expired) return 'gone';
        return deleted ? 'deleted' : 'stale';
      });
    });
  }

  changeVisibility(
    queueId: number,
    changes: readonly VisibilityChange[],
    now: Millis,
  ): Promise<VisibilityOutcome[] | undefined> {
    return this.#with(queueId, now, (state) =>
      changes.map(({ receipt, visibilityMs }) => {
        const message = this.#messages.find(state.generation, receipt.key);
        if (!message || message.sent_at + state.queue.retentionMs <= now) return 'gone';
        if (message.earlier_receives + message.receives !== receipt.receive) return 'stale';
        this.#messages.setVisibleAt(state.generation, receipt.key, now + visibilityMs);
        this.#counts.subtract(state, message, now);
        this.#counts.add(state, visibilityMs > 0 ? { inFlight: 1 } : { visible: 1 });
        this.#announcements.push([queueId, now + visibilityMs]);
        return 'changed';
      }),
    );
  }

  nextVisibleAt(queueId: number, inFlightLimit: number, now: Millis): Promise<Millis | undefined> {
    return this.#with(queueId, now, (state) => {
      const expired = now - state.queue.retentionMs;
      const hasRoom = state.inFlight < inFlightLimit;
      if (hasRoom && this.#messages.candidates(state.generation, now, expired, 1).length > 0) return now;
      return state.inFlight + state.delayed > 0 ? this.#messages.nextVisibleAt(state.generation, now) : undefined;
    });
  }

  expire(now: Millis, limit: number): Promise<Expired> {
    return this.#turns.run(() => {
      let freed = 0;
      for (const generation of this.#abandoned.all()) {
        const room = limit - freed;
        const count = this.#counts.freeAbandoned(generation, room);
        freed += count;
        if (count === room) return { freed, nextAt: now };
        this.#forget.run(generation);
      }
      let nextAt: Millis | undefined;
      for (const state of this.#queues.states()) {
        while (freed < limit && state.expiryFrom <= now) freed += this.#counts.bringTo(state, now, limit - freed);
        if (state.expiryFrom < (nextAt ?? Number.POSITIVE_INFINITY)) nextAt = state.expiryFrom;
      }
      return { freed, nextAt: nextAt === undefined ? undefined : Math.max(nextAt, now) };
    });
  }

  onAnnounce(announcement: Announcement): void {
    this.#announce = announcement;
  }

  async close(): Promise<void> {
    this.#turns.flush();
    this.#connection.close();
  }

  /** A verb on one queue, whose counts are those of `now` when the verb begins. */
  #with<T>(queueId: number, now: Millis, verb: (state: QueueState) => T): Promise<T | undefined> {
    return this.#turns.run(() => {
      const state = this.#queues.byId(queueId);
      if (!state) return undefined;
      this.#counts.bringTo(state, now);
      return verb(state);
    });
  }

  /** Up to `max` messages that may go out now, after those that were received too often have gone elsewhere. */
  #deliverable(state: QueueState, max: number, redrive: Redrive | undefined, now: Millis): Candidate[] {
    const expired = now - state.queue.retentionMs;
    const target = redrive && this.#queues.byId(redrive.targetId);
    for (let moved = 0; ; ) {
      const candidates = this.#messages.candidates(state.generation, now, expired, max);
      // A target that is not there (any more) gets nothing: the messages stay, and are delivered as before.
      if (!redrive || !target) return candidates;
      const givenUp = candidates.filter((candidate) => candidate.receives >= redrive.maxReceiveCount);
      for (const candidate of givenUp) this.#moveToDeadLetterQueue(state, candidate, target, redrive.sourceArn, now);
      moved += givenUp.length;
      if (givenUp.length === 0) return candidates;
      if (moved >= MOVED_AT_ONCE) return candidates.filter((candidate) => !givenUp.includes(candidate));
    }
  }

  #moveToDeadLetterQueue(
    state: QueueState,
    candidate: Candidate,
    target: QueueState,
    sourceArn: string,
    now: Millis,
  ): void {
    this.#counts.bringTo(target, now);
    this.#messages.move(state.generation, candidate.key, target.generation, sourceArn, now);
    this.#counts.add(state, { visible: -1 });
    this.#counts.add(target, { visible: 1 });
    target.expiryFrom = Math.min(target.expiryFrom, candidate.sent_at + target.queue.retentionMs);
    this.#announcements.push([target.queue.id, now]);
  }

  #sayAnnouncements(): void {
    const announcements = this.#announcements;
    if (announcements.length === 0) return;
    this.#announcements = [];
    for (const [queueId, at] of announcements) this.#announce(queueId, at);
  }
}
