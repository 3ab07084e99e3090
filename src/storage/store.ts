/**
 * The contract of a storage engine. A "verb" is a method of an engine that returns a promise. Instants (`now`, `…At`)
 * are milliseconds since 1970-01-01 UTC; durations (`…Ms`) are milliseconds.
 *
 * The rules of an engine (test/storage/conformance.ts checks them):
 *
 * 1. A verb is one transaction: either all of it happens or none of it.
 * 2. The caller passes the time (`now`). An engine never reads a clock.
 * 3. A verb on messages takes a list and returns a list in the same order. A single message is a list of one.
 * 4. A refused item is a result, not an exception. A verb on a queue that does not exist resolves to undefined
 *    (`deleteQueue`: to false).
 * 5. After a verb that may have given a queue something to deliver, now or later, the engine announces the queue
 *    (see `onAnnounce`). Of what other nodes do (see nodes.ts), it announces queues that are attended.
 * 6. The promise of a verb settles only once its effect is as durable as the engine's durability mode promises.
 * 7. A message whose retention period has ended is never handed out and never counted, whether or not its space has
 *    been freed. A verb that returns a number of messages takes as many turns of the event loop as that requires.
 * 8. The cost of a verb does not depend on how many messages a queue holds, which is why `expire` works in portions.
 *    There are three exceptions. The next verb on a queue looks once at each message whose delay or visibility
 *    timeout has ended, so it takes longer if many end at the same instant. `QueueChange.delayMs` looks at every
 *    message of the queue, for which an engine may use several transactions. Snapshots copy everything.
 * 9. A verb that the storage cannot carry out for the time being (the disk is full, the files are gone, the database
 *    does not answer) rejects with StoreUnavailable and has no effect, unless the error's `outcome` is `unknown`. The
 *    engine tries the next verb as usual, so service resumes by itself when the fault ends.
 * 10. Verbs that are called before others have settled do what they would do in some order, one after the other. An
 *    engine that only one process uses at a time keeps the order of the calls.
 *
 * A message has no stored state. Its state follows from `visibleAt` and its receives. It is visible once `visibleAt`
 * has been reached. Until then it is in flight if it has been received, and delayed if it has not.
 */

import type { Millis } from '../time/clock.ts';
import type { HappeningListener } from './happenings.ts';
import type { Message, NewMessage, Receipt, ReceiptSecret, Sent } from './message.ts';
import type {
  MovedPortion,
  MovePortion,
  MoveTask,
  MoveTaskChange,
  MoveTaskLimits,
  MoveTaskStart,
  NewMoveTask,
} from './move-tasks.ts';
import type { CatalogueChange, Nodes } from './nodes.ts';
import type { Counts, Expected, Queue, QueueChange, QueueKey, QueueSettings } from './queue.ts';

export type * from './message.ts';
export type * from './move-tasks.ts';
export type * from './queue.ts';

/** The storage cannot work for the time being. The message says why, and what the user can do. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
  /**
   * What became of the verb: `nothing`, or `unknown` if the connection to a database was lost before it said whether
   * the transaction was committed.
   */
  readonly outcome: 'nothing' | 'unknown';

  constructor(message: string, options: { outcome?: 'nothing' | 'unknown'; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.outcome = options.outcome ?? 'nothing';
  }
}

/**
 * How long after a failure of the engine work in the background tries again, in the machine's time: SQS's clock may be
 * frozen.
 */
export const STORE_RETRY_MS: Millis = 1000;

/** Where a queue's messages go once they have been received `maxReceiveCount` times without being deleted. */
export interface Redrive {
  targetId: number;
  maxReceiveCount: number;
  /** The ARN that dead-lettered messages will name as their source. */
  sourceArn: string;
}

export interface ReceiveRequest {
  /** The largest number of messages to return. */
  max: number;
  /** How long the messages are hidden, in milliseconds. With 0 they stay visible, and go to the back of the line. */
  visibilityMs: Millis;
  /** The largest number of messages that the queue may have in flight, those of this receive included. */
  inFlightLimit: number;
  redrive?: Redrive;
  /**
   * FIFO queues only. A receive that repeats an attempt returns the same messages with the same receipts, and hides
   * them for `visibilityMs` again. It does so only within `windowMs` of the first receive, and only if all the
   * messages are still hidden, just as that receive or its latest repetition left them; otherwise it is a receive
   * like any other. Attempts have no effect when `visibilityMs` is 0.
   */
  attempt?: { id: string; windowMs: Millis };
  /** Chooses the messages to take, instead of the first `max`. */
  choice?: Choice | undefined;
  /**
   * Limits the total of `of`, called with the body and, if there are any, the attributes of each message as the engine
   * keeps them. The receive ends before the first message that would exceed `max`, but returns at least one. The engine
   * calls `max` when it carries the receive out. `fitting`: how many bytes that many texts can have and surely fit.
   */
  sizeLimit?: { of(text: string): number; max(): number; fitting?(texts: number): number } | undefined;
  /** If this signal is aborted by the time the engine carries the receive out, the receive takes nothing. */
  signal?: AbortSignal | undefined;
  /** Returns the receiver's name for the events of this receive. The engine calls it only if there is a listener. */
  receiver?: (() => string) | undefined;
}

/** Chooses among the messages that a receive finds. */
export interface Choice {
  /** The largest number of messages to choose from; in a FIFO queue, the receive's `max`. */
  among: number;
  /**
   * Returns the places in line (counted from 0) of the messages to take, in this order; in a FIFO queue, the first ones.
   * `found` is the number of messages in line, up to `among`, and `max` the largest number that the receive may take.
   * The engine calls it once it has found a message, and again if the transaction has to be repeated.
   */
  choose(found: number, max: number): readonly number[];
}
/** The stored messages, in the order in which they were passed. `outdated`: the queue has changed; nothing was stored. */
export type Sending = Sent[] | 'outdated';

/**
 * `over-limit`: the receive took nothing, because the queue already has `inFlightLimit` messages in flight.
 * `unfinished`: the receive moved so many messages to the dead-letter queue, or came across so many expired ones, that
 * it stopped early and found no message to return, or other receives of its turn of the event loop have read so much
 * that it took nothing; call it again.
 */
export type Delivery = Message[] | 'over-limit' | 'unfinished';

/**
 * `gone`: the queue does not have this message (any more). This includes a message that has moved to another queue
 * since the receipt was issued, and has come back: dead-letter queues can form a cycle, and a queue can be its own
 * dead-letter queue. `stale`: the message has been received again since this receipt was issued, or a restored
 * snapshot made the receipt void (see states.ts); nothing was done. `lapsed`: FIFO queues only. The message's
 * visibility timeout has ended; nothing was done.
 */
export type DeleteOutcome = 'deleted' | 'gone' | 'stale' | 'lapsed';

/**
 * Like DeleteOutcome, with one difference: in a standard queue a receipt does not go stale when the message is received
 * again. The new timeout then replaces that of the latest receive.
 */
export type VisibilityOutcome = 'changed' | 'gone' | 'stale' | 'lapsed';

export interface VisibilityChange {
  receipt: Receipt;
  /** The new visibility timeout in milliseconds, counted from `now`. With 0 the message becomes visible at once. */
  visibilityMs: Millis;
}

export interface Expired {
  /**
   * How many messages were freed. An engine may also count other records that it freed (message groups, deduplication
   * IDs, receive attempts). If this equals the limit, there may be more to free.
   */
  freed: number;
  /**
   * Nothing more expires before this instant, unless the engine reports otherwise (see `Store.onExpiry`); undefined if
   * nothing is left that could expire. `now` means that there may be more to free. An engine may return `now` even if it freed less than the limit, because searching
   * many queues takes time too.
   */
  nextAt: Millis | undefined;
}

export interface Listing {
  account: string;
  region: string;
  /** Lists only names that start with this. */
  prefix?: string;
  /** Lists only names that sort after this one. */
  after?: string;
  /** The largest number of queues to list. */
  limit: number;
}

/** Called when a queue may have something to deliver from the instant `at` on. */
export type Announcement = (queueId: number, at: Millis) => void;

export interface Store {
  /**
   * Belongs to the data: the engine generates it when it creates the data, and reads it when it opens the data. Every
   * engine that opens the same data has the same secret, even a copy on another machine. No snapshot changes it, and
   * no export contains it.
   */
  readonly receiptSecret: ReceiptSecret;
  /** Present if other processes can work with the same data at the same time. */
  readonly nodes?: Nodes;

  /** Creates a queue. If the name is taken, resolves to the existing queue, unchanged. */
  createQueue(key: QueueKey, settings: QueueSettings, now: Millis): Promise<{ queue: Queue; created: boolean }>;
  /** Resolves to the queue with this key, or to undefined if there is none. */
  findQueue(key: QueueKey): Promise<Queue | undefined>;
  /** Lists queues ordered by name, compared byte by byte. */
  listQueues(listing: Listing): Promise<Queue[]>;
  /**
   * Resolves to the changed queue, to `outdated` if an expected attribute has a different value, or to `over-limit` if
   * the queue would have too many tags.
   */
  changeQueue(
    queueId: number,
    change: QueueChange,
    now: Millis,
  ): Promise<Queue | 'outdated' | 'over-limit' | undefined>;
  /** Deletes the queue and everything in it. Resolves to false if there is no such queue. */
  deleteQueue(queueId: number): Promise<boolean>;
  /** Removes every message of a queue: visible, in flight and delayed. */
  purge(queueId: number): Promise<true | undefined>;
  /** Resolves to the number of messages in each state at `now`. */
  counts(queueId: number, now: Millis): Promise<Counts | undefined>;

  /** Stores messages. A duplicate (see `NewMessage.deduplication`) is not stored; its result names the original. */
  send(queueId: number, messages: readonly NewMessage[], now: Millis): Promise<Sent[] | undefined>;
  /** As above. If the queue does not meet `expected`, stores nothing and resolves to `outdated`. */
  send(queueId: number, messages: readonly NewMessage[], now: Millis, expected: Expected): Promise<Sending | undefined>;
  /**
   * Hands out visible messages and hides them for `visibilityMs`; with 0 they stay visible, but only from `now` on.
   * Those that have been visible longest come first. Of messages that became visible at the same instant, those whose
   * delays or timeouts ended come in the order in which they were sent; a message that a verb made visible at once (by
   * sending or moving it, or with a timeout of 0) comes after all that were visible when the verb was carried out. In a
   * FIFO queue this order applies to the groups, by their first messages; each group in turn hands out its messages in
   * the order in which they were sent, up to the first hidden one. In a standard queue a group is a tenant, and tenants
   * with many messages in flight come after the others (fair queues).
   */
  receive(queueId: number, request: ReceiveRequest, now: Millis): Promise<Delivery | undefined>;
  /** Deletes the messages that these receipts were issued for. */
  delete(queueId: number, receipts: readonly Receipt[], now: Millis): Promise<DeleteOutcome[] | undefined>;
  /** Sets new visibility timeouts for the messages that these receipts were issued for. */
  changeVisibility(
    queueId: number,
    changes: readonly VisibilityChange[],
    now: Millis,
  ): Promise<VisibilityOutcome[] | undefined>;
  /**
   * Returns the instant from which a receive with this in-flight limit may find something: `now` if it may find
   * something at once, undefined if nothing will become visible. Unless another verb intervenes, a receive before
   * that instant finds nothing. A receive at that instant may find nothing either: in a FIFO queue, that may be the
   * instant at which a message that locks a group expires.
   */
  nextVisibleAt(queueId: number, inFlightLimit: number, now: Millis): Promise<Millis | undefined>;

  /**
   * Must be called before a poll that is going to wait looks for messages. From the moment that the promise resolves
   * until the returned function is called, the engine also announces what other nodes do. The queue need not exist.
   */
  attend(queueId: number): Promise<() => void>;

  /** Starts a message move task; `moveMessages` does its work. A task is removed together with its source queue. */
  startMoveTask(task: NewMoveTask, limits: MoveTaskLimits, now: Millis): Promise<MoveTaskStart | undefined>;
  /** Lists the latest tasks of a source queue, the most recent first. */
  listMoveTasks(sourceId: number, limit: number): Promise<MoveTask[] | undefined>;
  /**
   * Lists the tasks that are RUNNING or CANCELLING and that this node is to carry out, including those that were
   * started before a restart: those that it carries out already, and those that no other node does. If there may be
   * other nodes, it must be called every few seconds, since a node that has stopped leaves its tasks behind.
   */
  claimMoveTasks(): Promise<MoveTask[]>;
  /** Changes a task's status. Resolves to undefined if its status is not `change.from`, or there is no such task. */
  changeMoveTask(taskId: string, change: MoveTaskChange): Promise<MoveTask | undefined>;
  /**
   * Carries out a portion of a task, if the task is RUNNING: moves messages that a receive could hand out, those that
   * have been visible longest first (in a FIFO queue, in the order of a receive). Each becomes a new message in its
   * destination: sent now, without a delay, and never received. It keeps its content except its ID, which in a FIFO
   * queue also becomes its deduplication ID. The task is COMPLETED once a receive would find nothing more. Resolves to
   * undefined if there is no such task, or another node carries it out.
   */
  moveMessages(taskId: string, portion: MovePortion, now: Millis): Promise<MovedPortion | undefined>;

  /**
   * Frees the space of up to `limit` messages that have expired, were purged, or belonged to deleted queues. An engine
   * may also free the space of purged messages and deleted queues at once, so that none of it is left to free here.
   */
  expire(now: Millis, limit: number): Promise<Expired>;

  /**
   * Returns to the file system the space that the data has not needed since the previous pass. Each call takes a few
   * milliseconds. A call with `first` starts a pass and decides how much to return; calls with `next` continue it.
   * Resolves to whether the pass has more to do.
   */
  reclaim(look: 'first' | 'next'): Promise<boolean>;

  /**
   * Sets the listener for storage faults. The engine calls it once when a fault begins, and with undefined once a
   * verb has written to the storage again.
   */
  onFault(listener: (fault: StoreUnavailable | undefined) => void): void;
  /** Sets the listener for announcements, in place of the previous one. */
  onAnnounce(announcement: Announcement): void;
  /** Sets the listener for changes that other nodes make to queues, topics and event source mappings. */
  onCatalogueChanged(listener: (change: CatalogueChange) => void): void;
  /**
   * Sets the listener for expiry, in place of the previous one; it learns when to call `expire`. After a verb because
   * of which a message expires earlier than any other message of its queue, or has expired, the engine calls it with
   * that instant. No message expires before the earliest of these instants and the `nextAt` of the last `expire`.
   */
  onExpiry(listener: (at: Millis) => void): void;
  /** Sets the listener for events, in place of the previous one; undefined removes it. See happenings.ts. */
  onHappening(listener: HappeningListener | undefined): void;
  /** Carries out the verbs that have already been called, then releases the data. */
  close(): Promise<void>;
}
