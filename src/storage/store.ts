/**
 * What Squab asks of a storage engine.
 *
 * The rules of an engine (held by test/storage/conformance.ts):
 *
 * 1. A verb is one transaction: all of it happens or nothing does.
 * 2. The caller brings the time (`now`); an engine never reads a clock.
 * 3. Plural in, plural out: results stand in the order of the arguments. The single form is a list of one.
 * 4. A refused item is a result, not an exception. A verb on a queue that is not there (any more) resolves to undefined.
 * 5. After a verb that may have given a queue something to deliver, now or later, the engine announces it (`onAnnounce`).
 * 6. The promise of a verb settles when its effect is as durable as the engine's mode promises, not before.
 * 7. A message whose retention is over is never handed out and never counted, whether or not its space is freed yet.
 *    Of messages that expire in one instant some hundreds may be counted for some turns of the event loop longer.
 * 8. No verb's cost depends on how many messages a queue holds. (`expire` works in portions for the same reason. A message
 *    whose delay or timeout ended is looked at once, by the next verb on its queue: of many in one instant, that feels it.)
 * 9. A verb that the storage cannot carry out at present (a full disk, files that are gone) rejects with StoreUnavailable,
 *    and nothing of it has happened. The next verb is tried as ever, so service comes back by itself when the fault ends.
 *
 * A message has no state of its own. It follows from `visibleAt` and its receives: visible (`visibleAt` has come),
 * in flight (it has not, and the message was received), delayed (it has not, and the message was never received).
 */

import type { Millis } from '../time/clock.ts';
import type { HappeningListener } from './happenings.ts';
import type { Message, NewMessage, Receipt, Sent } from './message.ts';
import type {
  MovedPortion,
  MovePortion,
  MoveTask,
  MoveTaskChange,
  MoveTaskLimits,
  MoveTaskStart,
  NewMoveTask,
} from './move-tasks.ts';

import type { Counts, Queue, QueueChange, QueueKey, QueueSettings } from './queue.ts';

export type * from './message.ts';
export type * from './move-tasks.ts';
export type * from './queue.ts';

/** The storage cannot do its work at present. The message says why, and what to do. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/** Where a queue's messages go when they have been received `maxReceiveCount` times without being deleted. */
export interface Redrive {
  targetId: number;
  maxReceiveCount: number;
  /** What moved messages will name as their source. */
  sourceArn: string;
}

export interface ReceiveRequest {
  max: number;
  visibilityMs: Millis;
  /** The queue must not have more messages in flight than this. */
  inFlightLimit: number;
  redrive?: Redrive;
  /**
   * FIFO only: a receive that repeats an attempt gets the same messages again with the same receipts, and hides them
   * anew, if they all are still as the first one left them and its window lasts.
   */
  attempt?: { id: string; windowMs: Millis };
  /**
   * Standard queues only: takes not the first of those that may go out, but those at these places in line (from 0), in this
   * order, as far as there are so many.
   */
  places?: readonly number[];
  /** A receive whose signal is aborted by the time it is carried out takes nothing. */
  signal?: AbortSignal | undefined;
  /** What happenings will call whoever receives; asked for only when somebody listens. */
  receiver?: (() => string) | undefined;
}

/**
 * `over-limit`: nothing was taken, since as many messages as may be are in flight.
 * `unfinished`: so many messages went to the dead-letter queue that the search was broken off; ask again.
 */
export type Delivery = Message[] | 'over-limit' | 'unfinished';

/**
 * `gone`: there is no such message in this queue (any more).
 * `stale`: the message has been received again since; nothing was done.
 * `lapsed`: FIFO only; the message's visibility timeout is over; nothing was done.
 */
export type DeleteOutcome = 'deleted' | 'gone' | 'stale' | 'lapsed';

/** As for a delete, but in a standard queue a receipt is not stale for a later receive: it changes what is in flight now. */
export type VisibilityOutcome = 'changed' | 'gone' | 'stale' | 'lapsed';

export interface VisibilityChange {
  receipt: Receipt;
  /** Counted from `now`; 0 makes the message visible at once. */
  visibilityMs: Millis;
}

export interface Expired {
  /** How many messages were freed; as many as the limit: there may be more. */
  freed: number;
  /**
   * Nothing (more) expires before this instant; undefined when there is nothing that could. `now`: there may be more,
   * also where less than the limit was freed, since looking through many queues is work too.
   */
  nextAt: Millis | undefined;
}

export interface Listing {
  account: string;
  region: string;
  /** Only names that begin so. */
  prefix?: string;
  /** Only names behind this one. */
  after?: string;
  limit: number;
}

/** From `at` on there may be something to deliver in this queue. */
export type Announcement = (queueId: number, at: Millis) => void;

export interface Store {
  /** Makes a queue; where the name is taken, resolves to the queue that has it. */
  createQueue(key: QueueKey, settings: QueueSettings, now: Millis): Promise<{ queue: Queue; created: boolean }>;
  findQueue(key: QueueKey): Promise<Queue | undefined>;
  /** Ordered by name, byte by byte. */
  listQueues(listing: Listing): Promise<Queue[]>;
  /** `outdated`: an expected attribute has another value by now. */
  changeQueue(queueId: number, change: QueueChange, now: Millis): Promise<Queue | 'outdated' | undefined>;
  /** The queue and all that it holds. False: there was none. */
  deleteQueue(queueId: number): Promise<boolean>;
  /** Removes every message of a queue: visible, in flight and delayed. */
  purge(queueId: number): Promise<true | undefined>;
  counts(queueId: number, now: Millis): Promise<Counts | undefined>;

  send(queueId: number, messages: readonly NewMessage[], now: Millis): Promise<Sent[] | undefined>;
  /**
   * Hands out visible messages, those that are visible longest first, and of those that became visible in one instant
   * the one that was sent first. Hides them for `visibilityMs`; with 0 they stay visible and keep their places.
   */
  receive(queueId: number, request: ReceiveRequest, now: Millis): Promise<Delivery | undefined>;
  delete(queueId: number, receipts: readonly Receipt[], now: Millis): Promise<DeleteOutcome[] | undefined>;
  changeVisibility(
    queueId: number,
    changes: readonly VisibilityChange[],
    now: Millis,
  ): Promise<VisibilityOutcome[] | undefined>;
  /**
   * From when on a receive (with that limit) may find something: `now` if it may at once, undefined when nothing is in
   * sight. No message is there before; there need not be one then, since what locks a message group may end otherwise.
   */
  nextVisibleAt(queueId: number, inFlightLimit: number, now: Millis): Promise<Millis | undefined>;

  /** Starts a task; its work is done by `moveMessages`. Tasks are gone with their source queue. */
  startMoveTask(task: NewMoveTask, limits: MoveTaskLimits, now: Millis): Promise<MoveTaskStart | undefined>;
  /** The latest tasks of a source queue, the last one first. */
  listMoveTasks(sourceId: number, limit: number): Promise<MoveTask[] | undefined>;
  /** All tasks that are RUNNING or CANCELLING, also those from before a restart. */
  activeMoveTasks(): Promise<MoveTask[]>;
  /** Gives a task another status; undefined when it has not the one expected, or there is no such task (any more). */
  changeMoveTask(taskId: string, change: MoveTaskChange): Promise<MoveTask | undefined>;
  /**
   * Carries out a portion of a task, if it is RUNNING: moves messages that a receive could hand out, those that are
   * visible longest first (in a FIFO queue: as a receive would). Each is a new message in its destination: it is sent
   * now, without a delay, was never received, and keeps its content but for its id, which in a FIFO queue is its
   * deduplication id, too. The task is COMPLETED when a receive would find nothing more.
   */
  moveMessages(taskId: string, portion: MovePortion, now: Millis): Promise<MovedPortion | undefined>;

  /** Frees the space of up to `limit` messages that are expired, purged, or left from deleted queues. */
  expire(now: Millis, limit: number): Promise<Expired>;

  /**
   * Gives space back that the data have not needed since the look before: a portion of some milliseconds. The first
   * portion of a look decides how much. Resolves to whether there is more to do in this look.
   */
  reclaim(look: 'first' | 'next'): Promise<boolean>;

  /** Sets who hears of a fault of the storage, once when it begins; undefined when a verb was stored again. */
  onFault(listener: (fault: StoreUnavailable | undefined) => void): void;
  /** Sets who hears announcements. */
  onAnnounce(announcement: Announcement): void;
  /** Sets who hears of all that happens; see happenings.ts. */
  onHappening(listener: HappeningListener | undefined): void;
  /** Carries out what was asked for, then lets go of the data. */
  close(): Promise<void>;
}
