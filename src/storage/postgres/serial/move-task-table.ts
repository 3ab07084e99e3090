/**
 * Message move tasks: stores their records and moves their messages. The number of moved messages is written in the
 * transaction of the move, so a crash neither duplicates nor loses a message, nor makes the number wrong. A task has one
 * node that carries it out, its runner. The transaction of a portion locks the task, so if two nodes take themselves for
 * the runner, no message is moved twice.
 */

import type { Millis } from '../../../time/clock.ts';
import { FREED_AT_ONCE, PORTION_BYTES } from '../../portions.ts';
import type {
  MovedPortion,
  MovePortion,
  MoveTask,
  MoveTaskChange,
  MoveTaskLimits,
  MoveTaskStart,
  MoveTaskStatus,
  NewMoveTask,
} from '../../store.ts';
import type { Context } from '../context.ts';
import { totalsOf } from '../counts.ts';
import type { MoveTaskVerbs } from '../message-verbs.ts';
import type { QueueState } from '../queue-table.ts';
import { deadlineOfVerb, type Turn } from '../serial.ts';
import type { Session } from '../session.ts';
import { isStorable, statement } from '../statement.ts';
import { ACTIVE, lockAndCountActive } from './active-tasks.ts';
import { kindOf } from './by-receipt.ts';
import { type BriefRow, LOOK_BRIEFLY } from './fronts.ts';
import { resendIn } from './moving.ts';

interface TaskRow {
  number: number;
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

/** A portion ends after PORTION_BYTES of messages, which it counts once per this many messages. */
const READ_AT_ONCE = 4;

/** How long a task stays its runner's after the latest portion or claim. */
const RUNNER_LEASE = "interval '15 seconds'";

/** How a node releases its tasks when it ends: not for long. */
const RELEASING = { repeatable: true, limitMs: 1000 };

const INSERT = statement<TaskRow>(`
  INSERT INTO squab.move_tasks (number, task_id, source_id, destination_arn, per_second, status, started_at, to_move,
    moved, runner, runner_until)
  VALUES (nextval('squab.numbers'), $1, $2, $3, $4, 'RUNNING', $5, $6, 0, $7, clock_timestamp() + ${RUNNER_LEASE})
  RETURNING *`);

/** Drops the tasks of a source queue, except the latest $2. */
const DROP = statement<never>(`
  DELETE FROM squab.move_tasks WHERE source_id = $1 AND number <=
    (SELECT number FROM squab.move_tasks WHERE source_id = $1 ORDER BY number DESC LIMIT 1 OFFSET $2::bigint)`);

const FIND = statement<TaskRow>('SELECT * FROM squab.move_tasks WHERE task_id = $1');

const LOCK = statement<TaskRow>('SELECT * FROM squab.move_tasks WHERE task_id = $1 FOR UPDATE');

const LIST = statement<TaskRow>('SELECT * FROM squab.move_tasks WHERE source_id = $1 ORDER BY number DESC LIMIT $2');

const QUEUE_EXISTS = statement<{ id: number }>('SELECT id FROM squab.queues WHERE id = $1');

/** Makes the node $1 the runner of the active tasks that no living node runs. Returns all of which it is the runner. */
const CLAIM = statement<TaskRow>(`
  WITH free AS MATERIALIZED (
    SELECT task_id FROM squab.move_tasks
    WHERE number > 0 AND ${ACTIVE}
      AND (runner IS NULL OR runner = $1 OR runner_until IS NULL OR runner_until < clock_timestamp())
    FOR UPDATE SKIP LOCKED
  )
  UPDATE squab.move_tasks SET runner = $1, runner_until = clock_timestamp() + ${RUNNER_LEASE}
  WHERE task_id = ANY (ARRAY(SELECT task_id FROM free)) RETURNING *`);

/** Ends the leases of a node. */
const RELEASE = statement<never>(
  `UPDATE squab.move_tasks SET runner_until = NULL WHERE number > 0 AND ${ACTIVE} AND runner = $1`,
);

const CHANGE = statement<TaskRow>(`
  UPDATE squab.move_tasks SET status = $3, failure_reason = $4 WHERE task_id = $1 AND status = $2 RETURNING *`);

const PROGRESS = statement<TaskRow>(`
  UPDATE squab.move_tasks SET moved = moved + $2::bigint, status = $3, runner = $4,
    runner_until = clock_timestamp() + ${RUNNER_LEASE}
  WHERE task_id = $1 RETURNING *`);

type Parts = Pick<Context, 'lanes' | 'serial' | 'groups' | 'expired'>;

type Ended = 'stuck' | 'empty' | undefined;

export class MoveTasks implements MoveTaskVerbs {
  readonly #parts: Parts;
  readonly #node: string;
  /** Whether this node may be the runner of a task. */
  #mayRun = false;

  /** `node` is the name of this node. */
  constructor(parts: Parts, node: string) {
    this.#parts = parts;
    this.#node = node;
  }

  /** `deadline`: when the task must have been started, as `performance.now()` counts. */
  start(
    task: NewMoveTask,
    limits: MoveTaskLimits,
    now: Millis,
    deadline = deadlineOfVerb(),
  ): Promise<MoveTaskStart | undefined> {
    const { serial, expired } = this.#parts;
    const { taskId, sourceId, destinationArn = null, perSecond = null } = task;
    this.#mayRun = true;
    const start = async (turn: Turn): Promise<MoveTaskStart | undefined> => {
      const source = turn.state(sourceId);
      if (!source) return undefined;
      const { account, region } = source.queue;
      if (source.serial) await expired.freeIn(turn, source, now);
      const [[latest], active, [totals]] = await Promise.all([
        turn.tx.run(LIST, [sourceId, 1]),
        lockAndCountActive(turn.tx, account, region),
        totalsOf(turn.tx, [{ id: sourceId, now }], turn.counts),
      ]);
      if (latest?.status === 'RUNNING' || latest?.status === 'CANCELLING') return 'active';
      if (active >= limits.active) return 'over-limit';
      const values = [taskId, sourceId, destinationArn, perSecond, now, totals!.visible, this.#node];
      const [[row]] = await Promise.all([turn.tx.run(INSERT, values), turn.tx.run(DROP, [sourceId, limits.kept])]);
      return taskOf(row!);
    };
    return serial.run([sourceId], start, { deadline });
  }

  list(sourceId: number, limit: number): Promise<MoveTask[] | undefined> {
    return this.#look(async (tx) => {
      const [[queue], rows] = await Promise.all([tx.run(QUEUE_EXISTS, [sourceId]), tx.run(LIST, [sourceId, limit])]);
      return queue && rows.map(taskOf);
    });
  }

  async claim(): Promise<MoveTask[]> {
    const rows = await this.#look((tx) => tx.run(CLAIM, [this.#node]));
    if (rows.length > 0) this.#mayRun = true;
    return rows.sort((a, b) => a.number - b.number).map(taskOf);
  }

  /** Leaves this node's tasks to the other ones, before it ends. */
  async release(): Promise<void> {
    if (!this.#mayRun) return;
    // If it fails, the leases end by themselves.
    await this.#parts.lanes.other.run((session) => session.run(RELEASE, [this.#node]), RELEASING).catch(() => {});
  }

  async change(taskId: string, { from, to, failureReason }: MoveTaskChange): Promise<MoveTask | undefined> {
    if (!isStorable(taskId)) return undefined;
    const values = [taskId, from, to, failureReason ?? null];
    const [row] = await this.#parts.lanes.other.run((session) => session.run(CHANGE, values));
    return row && taskOf(row);
  }

  async move(taskId: string, portion: MovePortion, now: Millis): Promise<MovedPortion | undefined> {
    const { serial } = this.#parts;
    // A task never changes its source and its destination.
    const [found] = await this.#look((tx) => tx.run(FIND, [taskId]));
    if (!found) return undefined;
    this.#mayRun = true;
    const { source_id: sourceId, destination_arn: destinationArn } = found;
    const known =
      destinationArn === null ? [...portion.destinations.values()] : [portion.destinations.get(destinationArn)];
    const queueIds = [sourceId, ...known.flatMap((id) => id ?? [])];
    return serial.run(queueIds, async (turn): Promise<MovedPortion | undefined> => {
      const source = turn.state(sourceId);
      const [row] = await turn.tx.run(LOCK, [taskId]);
      if (!source || !row) return undefined;
      if (row.status !== 'RUNNING') return { task: taskOf(row) };
      const { moved, ended, arn } = await this.#resend(turn, source, row, portion, now);
      const status = ended === 'empty' ? 'COMPLETED' : 'RUNNING';
      const [after] = await turn.tx.run(PROGRESS, [taskId, moved, status, this.#node]);
      const task = taskOf(after!);
      return ended === 'stuck' ? { task, stuck: { destinationArn: arn } } : { task };
    });
  }

  /**
   * Sends deliverable messages to other queues as new ones: as many as there are message IDs, or fewer long ones. Ends
   * `stuck` before a message that has no destination, of which `arn` is the ARN, and `empty` when no message is
   * deliverable any more.
   */
  async #resend(
    turn: Turn,
    source: QueueState,
    task: TaskRow,
    { messageIds, destinations }: MovePortion,
    now: Millis,
  ): Promise<{ moved: number; ended: Ended; arn?: string | undefined }> {
    const { groups, expired } = this.#parts;
    // Expired messages that have not been freed yet may lock a group, and there may be a million of them.
    if (source.serial && (await expired.freeIn(turn, source, now)) >= FREED_AT_ONCE)
      return { moved: 0, ended: undefined };
    let [moved, bytes, used] = [0, 0, 0];
    while (used < messageIds.length && bytes < PORTION_BYTES) {
      const left = messageIds.length - used;
      // After some messages of a group, another group may have been ready longer. The order of a line does not change.
      const messages = await look(turn, source, source.queue.fifo ? Math.min(READ_AT_ONCE, left) : left, now);
      if (messages.length === 0) return { moved, ended: 'empty' };
      const resent: BriefRow[] = [];
      let stuck: { arn: string | undefined } | undefined;
      for (const batch of batchesOf(messages, task, destinations)) {
        const destination = batch.id === undefined ? undefined : turn.state(batch.id);
        if (!destination) {
          stuck = { arn: batch.arn };
          break;
        }
        const fitting = fittingOf(batch.messages, resent.length, bytes);
        const named = fitting.messages.map((message, index) => ({ ...message, messageId: messageIds[used + index]! }));
        moved += await resendIn(turn, source, named, destination, now);
        used += named.length;
        bytes = fitting.bytes;
        resent.push(...fitting.messages);
        if (fitting.messages.length < batch.messages.length) break;
      }
      await groups.refresh(turn, source, resent);
      if (stuck) return { moved, ended: 'stuck', arn: stuck.arn };
    }
    const [left] = await totalsOf(turn.tx, [{ id: source.queue.id, now }], turn.counts);
    return { moved, ended: left?.visible === 0 ? 'empty' : undefined };
  }

  /** Carries out statements that can be repeated. */
  #look<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.#parts.lanes.other.run(work, { repeatable: true });
  }
}

/** Finds messages to move, in the order of a receive, except that quiet tenants do not come first: no consumer is waiting. */
async function look(turn: Turn, source: QueueState, max: number, now: Millis): Promise<BriefRow[]> {
  const { generation, queue } = source;
  const rows = await turn.tx.run(LOOK_BRIEFLY[kindOf(source)], [generation, now, now - queue.retentionMs, max]);
  return rows.sort((a, b) => a.place - b.place);
}

interface Batch {
  arn: string | undefined;
  /** The queue with this ARN, if the caller knows it. */
  id: number | undefined;
  messages: BriefRow[];
}

/** Divides messages into runs that have the same destination. */
function batchesOf(messages: readonly BriefRow[], task: TaskRow, destinations: ReadonlyMap<string, number>): Batch[] {
  const batches: Batch[] = [];
  for (const message of messages) {
    const arn = task.destination_arn ?? message.source_arn ?? undefined;
    const latest = batches.at(-1);
    if (latest && latest.arn === arn) latest.messages.push(message);
    else batches.push({ arn, id: arn === undefined ? undefined : destinations.get(arn), messages: [message] });
  }
  return batches;
}

/** Returns the first of these messages, up to the limit of a portion, given how many and how long those before are. */
function fittingOf(
  messages: readonly BriefRow[],
  before: number,
  bytes: number,
): { messages: BriefRow[]; bytes: number } {
  let total = bytes;
  for (const [index, { size }] of messages.entries()) {
    if ((before + index) % READ_AT_ONCE === 0 && total >= PORTION_BYTES) {
      return { messages: messages.slice(0, index), bytes: total };
    }
    total += size;
  }
  return { messages: [...messages], bytes: total };
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
