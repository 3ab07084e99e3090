/** What a store is told, and tells, of message move tasks. */

import type { Millis } from '../time/clock.ts';

/** `CANCELLING` is between the two: whoever carries the task out has not noticed yet. */
export type MoveTaskStatus = 'RUNNING' | 'COMPLETED' | 'CANCELLING' | 'CANCELLED' | 'FAILED';

/** A message move task as it is asked for. */
export interface NewMoveTask {
  taskId: string;
  sourceId: number;
  /** Where every message goes; without it, each goes to the queue that it names as its dead-letter source. */
  destinationArn?: string;
  /** The rate that was asked for; the caller sees to it. */
  perSecond?: number;
}

/** A message move task as it was at one instant. */
export interface MoveTask extends Readonly<NewMoveTask> {
  readonly status: MoveTaskStatus;
  readonly startedAt: Millis;
  /** Messages that were visible at the start. */
  readonly toMove: number;
  readonly moved: number;
  readonly failureReason?: string;
}

export interface MoveTaskLimits {
  /** How many tasks of an account may be active in a region: RUNNING, or CANCELLING. */
  active: number;
  /** How many tasks of a source are kept, this one included; older ones are dropped. */
  kept: number;
}

/** `active`: a task of the source is active. `over-limit`: as many of the account are as may be. */
export type MoveTaskStart = MoveTask | 'active' | 'over-limit';

export interface MoveTaskChange {
  from: MoveTaskStatus;
  to: MoveTaskStatus;
  failureReason?: string;
}

export interface MovePortion {
  /** What the moved messages will be called; as many as may be moved at most. Of long ones fewer may be moved at once. */
  messageIds: readonly string[];
  /** Which queues the ARNs of destinations stand for, as far as the caller knows. The source is none of them. */
  destinations: ReadonlyMap<string, number>;
}

export interface MovedPortion {
  /** The task after the portion. */
  task: MoveTask;
  /**
   * Set: the next message could not be moved, since its destination has no ARN, is not among those given, or is not
   * there (any more).
   */
  stuck?: { destinationArn: string | undefined };
}
