/** Message move tasks: their records, and portions of their work. */

import type { Millis } from '../../time/clock.ts';
import type {
  MovedPortion,
  MovePortion,
  MoveTask,
  MoveTaskChange,
  MoveTaskLimits,
  MoveTaskStart,
  NewMoveTask,
} from '../store.ts';
import type { QueueState } from './all-queues.ts';
import { announceGroups, bringTo, nextExpiry } from './expiry.ts';
import type { Parts } from './parts.ts';
import { inOrder } from './receiving.ts';
import { resend } from './sending.ts';

/** How many messages a portion reads at once. In a FIFO queue, each read decides which group is next. */
const READ_AT_ONCE = 4;

const isActive = ({ status }: MoveTask) => status === 'RUNNING' || status === 'CANCELLING';

export class Moving {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The counts of `source` must be those of `now`. */
  start(source: QueueState, newTask: NewMoveTask, limits: MoveTaskLimits, now: Millis): MoveTaskStart {
    const { account, region } = source.queue;
    if (source.tasks.some(isActive)) return 'active';
    const states = this.#parts.queues
      .states()
      .filter(({ queue }) => queue.account === account && queue.region === region);
    if (states.filter(({ tasks }) => tasks.some(isActive)).length >= limits.active) return 'over-limit';
    const { visible } = source.contents;
    const task: MoveTask = { ...newTask, status: 'RUNNING', startedAt: now, toMove: visible, moved: 0 };
    this.#parts.queues.setTasks(source, [...source.tasks, task].slice(-limits.kept));
    return task;
  }

  active(): MoveTask[] {
    return this.#parts.queues.states().flatMap(({ tasks }) => tasks.filter(isActive));
  }

  change(taskId: string, { from, to, failureReason }: MoveTaskChange): MoveTask | undefined {
    const found = this.#find(taskId);
    if (found?.task.status !== from) return undefined;
    return this.#replace(found, { ...found.task, status: to, ...(failureReason !== undefined && { failureReason }) });
  }

  /** Carries out a portion of a task. */
  move(taskId: string, { messageIds, destinations }: MovePortion, now: Millis): MovedPortion | undefined {
    const found = this.#find(taskId);
    if (!found) return undefined;
    const { task, source } = found;
    bringTo(this.#parts, source, now);
    // Expired messages that have not been freed yet may lock a group, and there may be a million of them.
    if (task.status !== 'RUNNING' || nextExpiry(source) <= now) return { task };
    let destinationArn: string | undefined;
    const { moved, ended } = this.#resend(source, messageIds, now, (sourceArn) => {
      destinationArn = task.destinationArn ?? sourceArn;
      const id = destinationArn === undefined ? undefined : destinations.get(destinationArn);
      return id === undefined ? undefined : this.#parts.queues.byId(id);
    });
    const status = ended === 'empty' ? 'COMPLETED' : 'RUNNING';
    const after = this.#replace(found, { ...task, status, moved: task.moved + moved });
    return ended === 'stuck' ? { task: after, stuck: { destinationArn } } : { task: after };
  }

  /**
   * Sends deliverable messages to other queues as new ones, as many as there are message IDs. `destinationOf` gets the
   * dead-letter source of each message. Ends `stuck` before a message that has no destination, and `empty` when no
   * message is deliverable any more.
   */
  #resend(
    source: QueueState,
    messageIds: readonly string[],
    now: Millis,
    destinationOf: (sourceArn: string | undefined) => QueueState | undefined,
  ): { moved: number; ended?: 'stuck' | 'empty' } {
    const expired = now - source.queue.retentionMs;
    let moved = 0;
    while (moved < messageIds.length) {
      // Quiet tenants do not come first: no consumer is waiting here.
      const messages = inOrder(source, now, expired, Math.min(READ_AT_ONCE, messageIds.length - moved));
      if (messages.length === 0) return { moved, ended: 'empty' };
      const before = moved;
      for (const message of messages) {
        const destination = destinationOf(message.deadLetterSource);
        if (!destination) break;
        resend(this.#parts, source, message, destination, messageIds[moved++]!, now);
      }
      announceGroups(this.#parts, source, messages.slice(0, moved - before));
      if (moved - before < messages.length) return { moved, ended: 'stuck' };
    }
    return source.contents.visible === 0 ? { moved, ended: 'empty' } : { moved };
  }

  #find(taskId: string): { task: MoveTask; source: QueueState } | undefined {
    for (const source of this.#parts.queues.states()) {
      const task = source.tasks.find((one) => one.taskId === taskId);
      if (task) return { task, source };
    }
    return undefined;
  }

  #replace({ task, source }: { task: MoveTask; source: QueueState }, changed: MoveTask): MoveTask {
    const tasks = source.tasks.map((one) => (one === task ? changed : one));
    this.#parts.queues.setTasks(source, tasks);
    return changed;
  }
}
