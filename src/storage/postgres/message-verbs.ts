/**
 * The verbs on messages, as the store calls them: those of standard queues, which lock nothing, and those of serial queues
 * (FIFO queues, and standard queues that have had tenants), which lock the queue.
 */

import type { Millis } from '../../time/clock.ts';
import type {
  DeleteOutcome,
  Delivery,
  Expected,
  MovedPortion,
  MovePortion,
  MoveTask,
  MoveTaskChange,
  MoveTaskLimits,
  MoveTaskStart,
  NewMessage,
  NewMoveTask,
  Receipt,
  ReceiveRequest,
  Sending,
  VisibilityChange,
  VisibilityOutcome,
} from '../store.ts';
import type { QueueState } from './queue-table.ts';
import type { DelayedUpTo } from './serial/delays.ts';
import type { Turn } from './serial.ts';

/**
 * Why a verb on a standard queue did nothing. `serial`: the queue has become serial, or the verb makes it so.
 * `outdated-copy`: the queue is not as in the state that the verb was called with, or is gone.
 */
export type NotStandard = 'serial' | 'outdated-copy';

export interface StandardVerbs {
  send(
    state: QueueState,
    messages: readonly NewMessage[],
    now: Millis,
    expected?: Expected,
  ): Promise<Sending | NotStandard>;
  receive(state: QueueState, request: ReceiveRequest, now: Millis): Promise<Delivery | NotStandard>;
  delete(state: QueueState, receipts: readonly Receipt[], now: Millis): Promise<DeleteOutcome[] | NotStandard>;
  changeVisibility(
    state: QueueState,
    changes: readonly VisibilityChange[],
    now: Millis,
  ): Promise<VisibilityOutcome[] | NotStandard>;
  nextVisibleAt(state: QueueState, inFlightLimit: number, now: Millis): Promise<Millis | undefined | NotStandard>;
}

/** Each resolves to undefined if the queue does not exist. */
export interface SerialVerbs {
  send(
    queueId: number,
    messages: readonly NewMessage[],
    now: Millis,
    expected?: Expected,
  ): Promise<Sending | undefined>;
  receive(queueId: number, request: ReceiveRequest, now: Millis): Promise<Delivery | undefined>;
  delete(queueId: number, receipts: readonly Receipt[], now: Millis): Promise<DeleteOutcome[] | undefined>;
  changeVisibility(
    queueId: number,
    changes: readonly VisibilityChange[],
    now: Millis,
  ): Promise<VisibilityOutcome[] | undefined>;
  nextVisibleAt(queueId: number, inFlightLimit: number, now: Millis): Promise<Millis | undefined>;
  /**
   * Makes messages of a FIFO queue that have never been received visible `delayMs` after they were sent: a portion of
   * them, after the end of the one before. Resolves to its end, or to undefined if it was the last one.
   */
  delayPortion(
    turn: Turn,
    state: QueueState,
    delayMs: Millis,
    after: DelayedUpTo | undefined,
  ): Promise<DelayedUpTo | undefined>;
}

/** The verbs on message move tasks; see `Store`. */
export interface MoveTaskVerbs {
  start(task: NewMoveTask, limits: MoveTaskLimits, now: Millis): Promise<MoveTaskStart | undefined>;
  list(sourceId: number, limit: number): Promise<MoveTask[] | undefined>;
  claim(): Promise<MoveTask[]>;
  /** Leaves this node's tasks to the other ones, before it ends. */
  release(): Promise<void>;
  change(taskId: string, change: MoveTaskChange): Promise<MoveTask | undefined>;
  move(taskId: string, portion: MovePortion, now: Millis): Promise<MovedPortion | undefined>;
}
