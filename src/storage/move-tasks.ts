/** Message move tasks in an engine's contract: the arguments and results of the verbs on them. */

import type { Millis } from '../time/clock.ts';

/** `CANCELLING`: cancellation has been requested, but the task has not stopped yet. */
export type MoveTaskStatus = 'RUNNING' | 'COMPLETED' | 'CANCELLING' | 'CANCELLED' | 'FAILED';

/** A message move task to start. */
export interface NewMoveTask {
  taskId: string;
  sourceId: number;
  /** The destination of every message. Without it, each message goes to its dead-letter source. */
  destinationArn?: string;
  /** The requested rate, in messages per second. The caller enforces it, not the engine. */
  perSecond?: number;
}

/** A message move task as it was at one instant. */
export interface MoveTask extends Readonly<NewMoveTask> {
  readonly status: MoveTaskStatus;
  readonly startedAt: Millis;
  /** How many messages were visible when the task started. */
  readonly toMove: number;
  /** How many messages it has moved so far. */
  readonly moved: number;
  readonly failureReason?: string;
}

export interface MoveTaskLimits {
  /** How many tasks of an account may be active (RUNNING or CANCELLING) in a region. */
  active: number;
  /** How many tasks of a source queue are kept, the new one included; older ones are dropped. */
  kept: number;
}

/** `active`: the source queue already has an active task. `over-limit`: the account already has the maximum number. */
export type MoveTaskStart = MoveTask | 'active' | 'over-limit';

export interface MoveTaskChange {
  from: MoveTaskStatus;
  to: MoveTaskStatus;
  failureReason?: string;
}

export interface MovePortion {
  /**
   * The IDs to give to the moved messages, one each. The portion moves at most that many messages. An engine may move
   * fewer if they are long.
   */
  messageIds: readonly string[];
  /** The destination queues that the caller knows: ARN to queue ID. The source is never one of them. */
  destinations: ReadonlyMap<string, number>;
}

export interface MovedPortion {
  /** The task after the portion. */
  task: MoveTask;
  /**
   * Set if the next message could not be moved: it has no destination ARN, or `destinations` does not have that ARN,
   * or the destination does not exist (any more).
   */
  stuck?: { destinationArn: string | undefined };
}
