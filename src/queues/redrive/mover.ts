/**
 * Carries out message move tasks: portion after portion, each one transaction of the store. Without a rate a portion
 * follows the other, and requests get their turn between; with one the mover sleeps until more messages are due.
 *
 * A task ends when no visible message is left (the store notes that with the last portion), when it is cancelled, or
 * when a message can't be moved. What is active when Squab stops goes on when it starts again.
 */

import type { MoveTask, Store } from '../../storage/store.ts';
import type { Clock, Millis } from '../../time/clock.ts';
import { parseArn } from '../arn.ts';
import { MOVE_TASK_HOURS_MAX } from '../limits.ts';
import { Pace } from './pace.ts';

/** Some milliseconds of work. */
const PORTION = 100;

/** How long after a failure of the store a task is tried again. */
const RETRY_MS: Millis = 1000;

interface Surroundings {
  store: Store;
  clock: Clock;
  newId(): string;
}

interface Run {
  task: MoveTask;
  /** Undefined: as fast as possible. */
  pace: Pace | undefined;
  /** The queues that ARNs of destinations stand for. */
  destinations: Map<string, number>;
  cancelled: boolean;
  /** It is to leave the task as it is. */
  paused: boolean;
  /** Something happened that the run has not seen yet. */
  woken: boolean;
  /** Set while the run sleeps. */
  wake: (() => void) | undefined;
}

export class Mover {
  readonly #surroundings: Surroundings;
  readonly #report: (error: unknown) => void;
  readonly #runs = new Map<string, Run>();
  readonly #ends = new Set<Promise<void>>();
  #ended = false;
  #portions = 0;

  /** `report` hears of what went wrong and is tried again. */
  constructor(surroundings: Surroundings, report: (error: unknown) => void) {
    this.#surroundings = surroundings;
    this.#report = report;
  }

  /** Grows with each portion. */
  get portions(): number {
    return this.#portions;
  }

  /** Goes on with what is active: when Squab starts, and after a pause. */
  async resume(): Promise<void> {
    for (const task of await this.#surroundings.store.activeMoveTasks()) this.take(task);
  }

  /** Leaves every task as it is, until `resume`. One that is started meanwhile is carried out. */
  async pause(): Promise<void> {
    for (const run of this.#runs.values()) {
      run.paused = true;
      wake(run);
    }
    await Promise.all(this.#ends);
  }

  /** Carries out a task that has just been started, if that is not being done. */
  take(task: MoveTask): void {
    const { taskId, perSecond, status } = task;
    if (this.#runs.has(taskId)) return;
    const run: Run = {
      task,
      pace: perSecond === undefined ? undefined : new Pace(perSecond, this.#surroundings.clock.now()),
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

  /** Notices that a task is CANCELLING. */
  cancel(taskId: string): void {
    const run = this.#runs.get(taskId);
    if (!run) return;
    run.cancelled = true;
    wake(run);
  }

  /** Leaves every task as it is, for the next start. */
  async end(): Promise<void> {
    this.#ended = true;
    for (const run of this.#runs.values()) wake(run);
    await Promise.all(this.#ends);
  }

  async #carryOut(run: Run): Promise<void> {
    for (let next: Millis | undefined; !this.#ended && !run.paused; ) {
      try {
        next = await this.#step(run);
      } catch (error) {
        this.#report(error);
        next = this.#surroundings.clock.now() + RETRY_MS;
      }
      if (next === undefined) return;
      await this.#sleep(run, next);
    }
  }

  /** One portion, or the end of the task. Resolves to when the next one is due; undefined when the task is over. */
  async #step(run: Run): Promise<Millis | undefined> {
    const { store, clock, newId } = this.#surroundings;
    const { task, pace, destinations } = run;
    const now = clock.now();
    if (run.cancelled) {
      await store.changeMoveTask(task.taskId, { from: 'CANCELLING', to: 'CANCELLED' });
      return undefined;
    }
    // AWS does not say in which words such a task fails.
    if (now >= task.startedAt + MOVE_TASK_HOURS_MAX * 3_600_000) return this.#fail(run, 'TaskTimedOut');
    const messageIds = Array.from({ length: Math.min(pace?.due(now) ?? PORTION, PORTION) }, () => newId());
    this.#portions++;
    const portion = await store.moveMessages(task.taskId, { messageIds, destinations }, now);
    // The source queue is gone, and its tasks with it.
    if (!portion) return undefined;
    pace?.did(portion.task.moved - task.moved);
    run.task = portion.task;
    if (portion.task.status === 'CANCELLING') run.cancelled = true;
    else if (portion.task.status !== 'RUNNING') return undefined;
    if (portion.stuck) return this.#find(run, portion.stuck.destinationArn);
    return run.cancelled || !pace ? now : pace.nextAt();
  }

  /** Finds out which queue is meant; the task fails when there is none. */
  async #find(run: Run, destinationArn: string | undefined): Promise<Millis | undefined> {
    const { store, clock } = this.#surroundings;
    const arn = destinationArn === undefined ? undefined : parseArn(destinationArn);
    if (!arn) return this.#fail(run, 'CouldNotDetermineMessageSource');
    const queue = await store.findQueue(arn);
    if (!queue) return this.#fail(run, 'AWS.SimpleQueueService.NonExistentQueue');
    // A queue may be its own dead-letter queue, which is nowhere to move to.
    if (queue.id === run.task.sourceId) return this.#fail(run, 'CouldNotDetermineMessageSource');
    run.destinations.set(destinationArn!, queue.id);
    return clock.now();
  }

  /** A task that was cancelled meanwhile does not fail any more. */
  async #fail(run: Run, failureReason: string): Promise<Millis | undefined> {
    const { store, clock } = this.#surroundings;
    if (await store.changeMoveTask(run.task.taskId, { from: 'RUNNING', to: 'FAILED', failureReason })) return undefined;
    run.cancelled = true;
    return clock.now();
  }

  async #sleep(run: Run, until: Millis): Promise<void> {
    const { clock } = this.#surroundings;
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

function wake(run: Run): void {
  run.woken = true;
  run.wake?.();
}
