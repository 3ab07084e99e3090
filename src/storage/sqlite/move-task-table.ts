/**
 * Message move tasks: stores their records and moves their messages. The number of moved messages is written in the
 * same transaction as the move, so a crash neither duplicates nor loses a message, nor makes the number wrong.
 */

import type { Millis } from '../../time/clock.ts';
import { PORTION_BYTES } from '../portions.ts';
import { type Candidate, sizeOf } from '../rows/message-row.ts';
import type {
  MovedPortion,
  MovePortion,
  MoveTask,
  MoveTaskChange,
  MoveTaskLimits,
  MoveTaskStart,
  MoveTaskStatus,
  NewMoveTask,
} from '../store.ts';
import type { Connection } from './database.ts';
import type { Messages } from './messages.ts';
import type { Parts } from './parts.ts';
import type { QueueState } from './queue-table.ts';

interface TaskRow {
  task_id: string;
  source_id: number;
  destination_arn: string | null;
  per_second: number | null;
  status: MoveTaskStatus;
  started_at: Millis;
  to_move: number;
  moved: number;
  failure_reason: string | null;
}

/**
 * How many messages a portion of a move task reads at once. A portion ends after PORTION_BYTES of messages, because
 * each body is rewritten under its new key: a hundred bodies of 1 MiB would keep all requests waiting for a second
 * or two.
 */
const READ_AT_ONCE = 4;

const ACTIVE = `status IN ('RUNNING', 'CANCELLING')`;

export class MoveTasks {
  readonly #parts: Parts;
  readonly #messages: Messages;
  readonly #insert;
  readonly #drop;
  readonly #find;
  readonly #list;
  readonly #active;
  readonly #activeOf;
  readonly #change;
  readonly #progress;

  constructor(connection: Connection, parts: Parts, messages: Messages) {
    this.#parts = parts;
    this.#messages = messages;
    this.#insert = connection.prepare<unknown[], TaskRow>(
      `INSERT INTO move_tasks VALUES (?, ?, ?, ?, ?, 'RUNNING', ?, ?, 0, NULL) RETURNING *`,
    );
    this.#drop = connection.prepare(
      `DELETE FROM move_tasks WHERE source_id = :source AND number <=
         (SELECT number FROM move_tasks WHERE source_id = :source ORDER BY number DESC LIMIT 1 OFFSET :kept)`,
    );
    this.#find = connection.prepare<[string], TaskRow>('SELECT * FROM move_tasks WHERE task_id = ?');
    this.#list = connection.prepare<[number, number], TaskRow>(
      'SELECT * FROM move_tasks WHERE source_id = ? ORDER BY number DESC LIMIT ?',
    );
    this.#active = connection.prepare<[], TaskRow>(`SELECT * FROM move_tasks WHERE ${ACTIVE} ORDER BY number`);
    this.#activeOf = connection.prepare<[string, string], { tasks: number }>(
      `SELECT count(*) AS tasks FROM move_tasks t JOIN queues q ON q.id = t.source_id
       WHERE ${ACTIVE} AND account = ? AND region = ?`,
    );
    this.#change = connection.prepare<[MoveTaskStatus, string | null, string, MoveTaskStatus], TaskRow>(
      'UPDATE move_tasks SET status = ?, failure_reason = ? WHERE task_id = ? AND status = ? RETURNING *',
    );
    this.#progress = connection.prepare<[number, MoveTaskStatus, string], TaskRow>(
      'UPDATE move_tasks SET moved = moved + ?, status = ? WHERE task_id = ? RETURNING *',
    );
  }

  /** The counts of `source` must be those of `now`. */
  start(source: QueueState, task: NewMoveTask, limits: MoveTaskLimits, now: Millis): MoveTaskStart {
    const { account, region, id } = source.queue;
    const latest = this.#list.get(id, 1);
    if (latest?.status === 'RUNNING' || latest?.status === 'CANCELLING') return 'active';
    if (this.#activeOf.get(account, region)!.tasks >= limits.active) return 'over-limit';
    const { taskId, destinationArn = null, perSecond = null } = task;
    const number = this.#parts.numbers.next();
    const row = this.#insert.get(number, taskId, id, destinationArn, perSecond, now, source.counts.visible)!;
    this.#drop.run({ source: id, kept: limits.kept });
    return taskOf(row);
  }

  list(sourceId: number, limit: number): MoveTask[] {
    return this.#list.all(sourceId, limit).map(taskOf);
  }

  active(): MoveTask[] {
    return this.#active.all().map(taskOf);
  }

  change(taskId: string, { from, to, failureReason }: MoveTaskChange): MoveTask | undefined {
    const row = this.#change.get(to, failureReason ?? null, taskId, from);
    return row && taskOf(row);
  }

  sourceOf(taskId: string): QueueState | undefined {
    const row = this.#find.get(taskId);
    return row && this.#parts.queues.byId(row.source_id);
  }

  /** The counts of `source` must be those of `now`. */
  move(source: QueueState, taskId: string, { messageIds, destinations }: MovePortion, now: Millis): MovedPortion {
    const row = this.#find.get(taskId)!;
    // Expired messages that have not been freed yet may lock a group, and there may be a million of them.
    if (row.status !== 'RUNNING' || source.expiryFrom <= now) return { task: taskOf(row) };
    let destinationArn: string | undefined;
    const { moved, ended } = this.#resend(source, messageIds, now, (sourceArn) => {
      destinationArn = row.destination_arn ?? sourceArn;
      const id = destinationArn === undefined ? undefined : destinations.get(destinationArn);
      return id === undefined ? undefined : this.#parts.queues.byId(id);
    });
    const task = taskOf(this.#progress.get(moved, ended === 'empty' ? 'COMPLETED' : 'RUNNING', taskId)!);
    return ended === 'stuck' ? { task, stuck: { destinationArn } } : { task };
  }

  /**
   * Sends deliverable messages to other queues as new ones: as many as there are message IDs, or fewer long ones.
   * `destinationOf` gets the dead-letter source of each message. Ends `stuck` before a message that has no
   * destination, and `empty` when no message is deliverable any more.
   */
  #resend(
    source: QueueState,
    messageIds: readonly string[],
    now: Millis,
    destinationOf: (sourceArn: string | undefined) => QueueState | undefined,
  ): { moved: number; ended?: 'stuck' | 'empty' } {
    const { lines, groups } = this.#parts;
    const { generation, queue } = source;
    const expired = now - queue.retentionMs;
    let moved = 0;
    for (let bytes = 0; moved < messageIds.length && bytes < PORTION_BYTES; ) {
      const max = Math.min(READ_AT_ONCE, messageIds.length - moved);
      // In the order of a receive, except that quiet tenants do not come first: no consumer is waiting here.
      const messages = (queue.fifo ? groups : lines).candidates(generation, now, expired, max);
      if (messages.length === 0) return { moved, ended: 'empty' };
      const before = moved;
      for (const message of messages) {
        const destination = destinationOf(message.source_arn ?? undefined);
        if (!destination) break;
        this.#resendOne(source, message, destination, messageIds[moved++]!, now);
        bytes += sizeOf(message);
      }
      groups.refresh(source, messages.slice(0, moved - before));
      if (moved - before < messages.length) return { moved, ended: 'stuck' };
    }
    return source.counts.visible === 0 ? { moved, ended: 'empty' } : { moved };
  }

  #resendOne(source: QueueState, message: Candidate, destination: QueueState, messageId: string, now: Millis): void {
    const { numbers, table, counts, outbox } = this.#parts;
    const { queue } = destination;
    counts.bringTo(destination, now);
    const key = numbers.next();
    const arrival = { key, groupId: message.group_id ?? undefined, sentAt: now, visibleAt: now, rank: key };
    const group = this.#messages.arrive(destination, arrival);
    const deduplicationId = queue.fifo ? messageId : undefined;
    const move = { from: source, message, to: destination, key, group, rank: key };
    table.moveAsSent(move, { messageId, deduplicationId }, now);
    outbox.record?.({ kind: 'moved', queue: source.queue, key: message.key, messageId, to: { queue, key } });
  }
}

function taskOf(row: TaskRow): MoveTask {
  return {
    taskId: row.task_id,
    sourceId: row.source_id,
    ...(row.destination_arn !== null && { destinationArn: row.destination_arn }),
    ...(row.per_second !== null && { perSecond: row.per_second }),
    status: row.status,
    startedAt: row.started_at,
    toMove: row.to_move,
    moved: row.moved,
    ...(row.failure_reason !== null && { failureReason: row.failure_reason }),
  };
}
