/**
 * Carries out message move tasks in portions, each of which is one transaction of the engine. Without a rate, one
 * portion immediately follows another, and requests can run in between; with a rate, the mover sleeps until more
 * messages are due. An engine that works in turns of the event loop moves one portion in a turn, however many tasks there
 * are: a hundred portions of long messages would keep requests waiting for seconds.
 *
 * A task ends when no visible message is left (the engine records that with the last portion), when it is cancelled,
 * or when a message cannot be moved. A task that is active when Squab stops continues at the next start.
 */

import { type MovedPortion, type MoveTask, type Queue, STORE_RETRY_MS, type Store } from '../../storage/store.ts';
import type { Clock, Millis } from '../../time/clock.ts';
import { Turnstile } from '../../time/turnstile.ts';
import { parseArn } from '../arn.ts';
import { MOVE_TASK_HOURS_MAX } from '../limits.ts';
import { Pace } from './pace.ts';
import { deadLetterQueueOf } from './redrive-policy.ts';

/** The maximum number of messages per portion: a few milliseconds of work. */
const PORTION = 100;

/** How often a node looks for tasks that another one has left behind. */
const CLAIM_EVERY_MS: Millis = 10_000;

interface Dependencies {
  store: Store;
  /** SQS's clock. */
  clock: Clock;
  machine: Clock;
  newId(): string;
  /**
   * Whether a task without a destination moves messages only to queues that are sources at present. Set if policies are
   * enforced: whoever started the task needed the permission to send to these, but not to former sources.
   */
  onlyToSources?: boolean;
}

interface Run {
  task: MoveTask;
  /** Undefined if the task has no rate, and so moves messages as fast as possible. */
  pace: Pace | undefined;
  /** The IDs of the destination queues, by their ARNs. */
  destinations: Map<string, number>;
  cancelled: boolean;
  /** The run must stop after the current portion, and leave the task active. */
  paused: boolean;
  /** The run was woken, and has not looked since. */
  woken: boolean;
  /** Set while the run sleeps. */
  wake: (() => void) | undefined;
}

export class Mover {
  readonly #dependencies: Dependencies;
  readonly #report: (error: unknown) => void;
  readonly #runs = new Map<string, Run>();
  readonly #ends = new Set<Promise<void>>();
  readonly #line: Turnstile | undefined;
  #ended = false;
  /** The number of the latest call of `resume`, or of what ended its effect. */
  #resumption = 0;
  #portions = 0;

  /** `report` receives every error after which a task is retried. */
  constructor(dependencies: Dependencies, report: (error: unknown) => void) {
    this.#dependencies = dependencies;
    this.#report = report;
    // A database carries the portions of several tasks out at once.
    this.#line = dependencies.store.nodes ? undefined : new Turnstile();
  }

  /** The number of portions done so far. */
  get portions(): number {
    return this.#portions;
  }

  /**
   * Continues all active tasks that no other node carries out, when Squab starts and after a pause. If the engine cannot
   * say which these are for the time being, this is retried later.
   */
  async resume(): Promise<void> {
    const { store, machine } = this.#dependencies;
    const own = ++this.#resumption;
    const resumeAfter = (ms: Millis) =>
      machine.at(machine.now() + ms, () => {
        if (own === this.#resumption) void this.resume();
      });
    const before = [...this.#runs.values()];
    try {
      const tasks = await store.claimMoveTasks();
      if (own === this.#resumption) {
        const claimed = new Set(tasks.map(({ taskId }) => taskId));
        // This node was frozen for a while, and another one has taken its tasks over.
        for (const run of before) if (store.nodes && !claimed.has(run.task.taskId)) pause(run);
        for (const task of tasks) this.take(task);
      }
      if (store.nodes) resumeAfter(CLAIM_EVERY_MS);
    } catch (error) {
      this.#report(error);
      resumeAfter(STORE_RETRY_MS);
    }
  }

  /** Pauses every active task until `resume`; tasks that are started in the meantime do run. */
  async pause(): Promise<void> {
    this.#resumption++;
    for (const run of this.#runs.values()) pause(run);
    await Promise.all(this.#ends);
  }

  /** Starts carrying out a task, unless that is already happening. */
  take(task: MoveTask): void {
    const { taskId, perSecond, status } = task;
    if (this.#runs.has(taskId)) return;
    const run: Run = {
      task,
      pace: perSecond === undefined ? undefined : new Pace(perSecond, this.#dependencies.clock.now()),
      destinations: new Map(),
      cancelled: status === 'CANCELLING',
      paused: false,
      woken: false,
      wake: undefined,
    };
    this.#runs.set(taskId, run);
    const end = this.#carryOut(run).finally(() => {
      this.#runs.delete(taskId);
      this.#ends.delete(end);
    });
    this.#ends.add(end);
  }

  /** Must be called when a task has become CANCELLING. */
  cancel(taskId: string): void {
    const run = this.#runs.get(taskId);
    if (!run) return;
    run.cancelled = true;
    wake(run);
  }

  /** Must be called when SQS's clock was set back, so that tasks with a rate do not wait for the former time. */
  setBack(): void {
    for (const run of this.#runs.values()) wake(run);
  }

  /** Stops the mover; active tasks continue at Squab's next start. Resolves when the current portions are done. */
  async end(): Promise<void> {
    this.#ended = true;
    this.#resumption++;
    for (const run of this.#runs.values()) wake(run);
    await Promise.all(this.#ends);
  }

  async #carryOut(run: Run): Promise<void> {
    const { clock, machine } = this.#dependencies;
    while (!this.#ended && !run.paused) {
      try {
        const next = await this.#step(run);
        if (next === undefined) return;
        await this.#sleep(run, clock, next);
      } catch (error) {
        this.#report(error);
        await this.#sleep(run, machine, machine.now() + STORE_RETRY_MS);
      }
    }
  }

  /** Moves one portion, or ends the task. Resolves to when the next portion is due; undefined if the task has ended. */
  async #step(run: Run): Promise<Millis | undefined> {
    const { store, clock } = this.#dependencies;
    const { task, pace } = run;
    const now = clock.now();
    if (run.cancelled) {
      await store.changeMoveTask(task.taskId, { from: 'CANCELLING', to: 'CANCELLED' });
      return undefined;
    }
    // AWS does not document the failure reason of such a task.
    if (now >= task.startedAt + MOVE_TASK_HOURS_MAX * 3_600_000) return this.#fail(run, 'TaskTimedOut');
    const portion = await (this.#line ? this.#line.run(() => this.#move(run)) : this.#move(run));
    if (portion === 'interrupted') return now;
    // The source queue was deleted, and its tasks with it; or another node carries the task out now.
    if (!portion) return undefined;
    pace?.did(portion.task.moved - task.moved);
    run.task = portion.task;
    if (portion.task.status === 'CANCELLING') run.cancelled = true;
    else if (portion.task.status !== 'RUNNING') return undefined;
    if (portion.stuck) return this.#findDestination(run, portion.stuck.destinationArn);
    return run.cancelled || !pace ? now : pace.nextAt();
  }

  /** Moves one portion, unless the run was interrupted while it stood in line. */
  async #move({ task, pace, destinations, cancelled, paused }: Run): Promise<MovedPortion | undefined | 'interrupted'> {
    const { store, clock, newId } = this.#dependencies;
    if (cancelled || paused || this.#ended) return 'interrupted';
    const now = clock.now();
    const messageIds = Array.from({ length: Math.min(pace?.due(now) ?? PORTION, PORTION) }, () => newId());
    this.#portions++;
    return store.moveMessages(task.taskId, { messageIds, destinations }, now);
  }

  /** Looks up the queue of a destination ARN, for the next portion. If no such queue exists, the task fails. */
  async #findDestination(run: Run, destinationArn: string | undefined): Promise<Millis | undefined> {
    const { store, clock } = this.#dependencies;
    const arn = destinationArn === undefined ? undefined : parseArn(destinationArn);
    if (!arn) return this.#fail(run, 'CouldNotDetermineMessageSource');
    const queue = await store.findQueue(arn);
    if (!queue) return this.#fail(run, 'AWS.SimpleQueueService.NonExistentQueue');
    // A queue may be its own dead-letter queue; then the message has no other queue to move to.
    if (queue.id === run.task.sourceId || !(await this.#mayMoveTo(queue, run.task))) {
      return this.#fail(run, 'CouldNotDetermineMessageSource');
    }
    run.destinations.set(destinationArn!, queue.id);
    return clock.now();
  }

  async #mayMoveTo(queue: Queue, { destinationArn, sourceId }: MoveTask): Promise<boolean> {
    const { store, onlyToSources } = this.#dependencies;
    if (!onlyToSources || destinationArn !== undefined) return true;
    const deadLetterQueue = deadLetterQueueOf(queue);
    return deadLetterQueue !== undefined && (await store.findQueue(deadLetterQueue))?.id === sourceId;
  }

  /** Fails the task; one that was cancelled in the meantime becomes CANCELLED instead. */
  async #fail(run: Run, failureReason: string): Promise<Millis | undefined> {
    const { store, clock } = this.#dependencies;
    if (await store.changeMoveTask(run.task.taskId, { from: 'RUNNING', to: 'FAILED', failureReason })) return undefined;
    run.cancelled = true;
    return clock.now();
  }

  async #sleep(run: Run, clock: Clock, until: Millis): Promise<void> {
    if (until > clock.now() && !run.woken) {
      await new Promise<void>((resolve) => {
        const cancelAlarm = clock.at(until, resolve);
        run.wake = () => {
          cancelAlarm();
          resolve();
        };
      });
    }
    run.wake = undefined;
    run.woken = false;
  }
}

function pause(run: Run): void {
  run.paused = true;
  wake(run);
}

function wake(run: Run): void {
  run.woken = true;
  run.wake?.();
}
