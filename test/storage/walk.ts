/**
 * A long random sequence of verbs, always the same for a seed. A store must agree with the model at every step, and
 * its stored data must be sound.
 */

import { expect } from 'vitest';
import type { Engine } from '../../src/storage/engine.ts';
import type { NewMoveTask } from '../../src/storage/store.ts';
import type { Millis } from '../../src/time/clock.ts';
import { Model } from './model.ts';
import type { State } from './model-state.ts';
import { Random } from './random.ts';
import { type Call, recorded, textOf } from './recorded.ts';
import { key, message, NO_LIMIT, type Subject, settings, T0 } from './subject.ts';
import { TopicModel, type TopicState } from './topic-model.ts';
import { WalkTopics } from './walk-topics.ts';
import { DELAYS, WalkVerbs } from './walk-verbs.ts';

export interface Course {
  seed: number;
  steps: number;
  retentionMs: readonly Millis[];
  /** How far the clock may move at once, backward and forward, in milliseconds. */
  clock: readonly [Millis, Millis];
  /** Whether the queues are FIFO queues. */
  fifo?: boolean;
  /** Whether messages of standard queues may have groups; by default, they may. */
  hasTenants?: boolean;
}

/** What the walk knows of the queues. A snapshot has a copy. */
interface World {
  queues: Map<string, number>;
  /** The active move task of each queue. */
  tasks: Map<number, NewMoveTask>;
  /** How many messages each task has moved. */
  moved: Map<string, number>;
}

const QUEUES = ['a', 'b', 'c'];
const SNAPSHOTS = ['s', 't'];

export class Walk {
  readonly #s: Subject;
  readonly #course: Course;
  readonly #random: Random;
  readonly #model = new Model();
  readonly #topics: TopicModel;
  readonly #verbs: WalkVerbs;
  readonly #topicVerbs: WalkTopics;
  readonly #snapshots = new Map<string, { world: World; model: State; topics: TopicState }>();
  /** The verbs that the current step has called. */
  readonly #calls: Call[] = [];
  #now: Millis = T0;
  #world: World = { queues: new Map(), tasks: new Map(), moved: new Map() };

  constructor(subject: Subject, course: Course) {
    this.#s = subject;
    this.#course = course;
    this.#random = new Random(course.seed);
    this.#topics = new TopicModel(this.#model);
    const { fifo = false, hasTenants = true } = course;
    const kind = fifo ? 'fifo' : hasTenants ? 'tenants' : 'standard';
    this.#verbs = new WalkVerbs(
      { store: () => this.#store, isConcurrent: subject.form.isConcurrent ?? false },
      this.#model,
      this.#random,
      kind,
    );
    this.#topicVerbs = new WalkTopics(() => this.#store, this.#topics, this.#random, kind);
  }

  get #store(): Engine {
    return recorded(this.#s.store, this.#calls);
  }

  /** Takes all steps of the course. */
  async go(): Promise<void> {
    for (let step = 0; step < this.#course.steps; step++) {
      this.#calls.length = 0;
      try {
        await this.#step();
      } catch (error) {
        const where = `in step ${step} of the walk with seed ${this.#course.seed}, at T0 + ${this.#now - T0} ms, after`;
        if (error instanceof Error) error.message += `\n  ${where}\n${textOf(this.#calls)}`;
        throw error;
      }
    }
  }

  async #step(): Promise<void> {
    this.#moveClock();
    await this.#createQueues();
    this.#s.announced.length = 0;
    this.#model.announced = [];
    if (this.#random.below(100) < 85) await this.#turn();
    else await this.#rareVerb(this.#random.oneOf([...this.#world.queues.values()]));
    expect(this.#s.announced).toEqual(expect.arrayContaining(this.#model.announced));
    // Of the verbs of other nodes, a node learns with its next sweep.
    if (!this.#s.store.nodes?.others.length) {
      const expiry = Math.min(...this.#model.expiriesAfter(this.#now));
      expect(Math.min(...this.#s.expiries)).toBeLessThanOrEqual(expiry);
    }
    // The check of a database takes longer; the one at the end of the walk has to do.
    if (!this.#s.form.isConcurrent) expect(this.#s.form.problems?.(this.#s.store) ?? []).toEqual([]);
    // A look brings a queue to the present, after which some faults of the next verb no longer show.
    if (this.#random.below(4) === 0) return;
    for (const queueId of this.#queues()) await this.#look(queueId);
  }

  /** Returns the IDs of all queues and backlogs. */
  #queues(): number[] {
    return [...this.#world.queues.values(), ...this.#topics.backlogs];
  }

  #moveClock(): void {
    const [back, forward] = this.#course.clock;
    if (this.#random.below(3) === 0) this.#now += this.#random.below(back + forward + 1) - back;
  }

  async #createQueues(): Promise<void> {
    const { fifo = false } = this.#course;
    for (const name of QUEUES) {
      if (this.#world.queues.has(name)) continue;
      const retentionMs = this.#random.oneOf(this.#course.retentionMs);
      const given = settings({ retentionMs, fifo });
      const { queue, created } = await this.#store.createQueue(key(name), given, this.#now);
      expect(created).toBe(true);
      this.#world.queues.set(name, queue.id);
      this.#model.createQueue(queue.id, retentionMs, fifo);
    }
  }

  /** Carries out verbs in one turn of the event loop, between which the clock may move. */
  async #turn(): Promise<void> {
    const queues = this.#queues();
    const verbs: Promise<void>[] = [];
    for (let count = 1 + this.#random.below(3); verbs.length < count; ) {
      if (verbs.length > 0) this.#moveClock();
      const publishes = this.#random.below(6) === 0;
      verbs.push(publishes ? this.#topicVerbs.publish(queues, this.#now) : this.#verbs.some(queues, this.#now));
      if (this.#s.form.isConcurrent) await verbs.at(-1);
    }
    await Promise.all(verbs);
  }

  /** Carries out something that needs several verbs, or that changes more than messages. */
  async #rareVerb(id: number): Promise<void> {
    const queues = [...this.#world.queues.values()];
    if (this.#random.below(4) === 0) {
      return this.#topicVerbs.change(queues, this.#random.oneOf(this.#course.retentionMs), this.#now);
    }
    const chance = this.#random.below(100);
    if (chance < 30) await this.#move(id);
    else if (chance < 50) await this.#expire();
    else if (chance < 65) await this.#changeRetention(id);
    else if (chance < 70) await this.#deleteQueue(id);
    else if (chance < 75 && this.#course.fifo) await this.#changeDelay(id);
    else if (chance < 85) await this.#takeSnapshot();
    else if (chance < 95) await this.#restoreSnapshot();
    else if (this.#s.form.reopen) await this.#restart();
  }

  async #look(id: number): Promise<void> {
    expect(await this.#store.counts(id, this.#now)).toEqual(this.#model.counts(id, this.#now));
    const next = await this.#store.nextVisibleAt(id, NO_LIMIT, this.#now);
    const expected = this.#model.nextVisibleAt(id, this.#now);
    // For a FIFO queue, an engine may return an earlier instant: when a message may expire that locks a group.
    if (!this.#course.fifo || expected === undefined || expected === this.#now) expect(next).toBe(expected);
    else expect(next).toSatisfy((at: Millis) => at > this.#now && at <= expected);
  }

  /** Carries out a portion of the queue's move task, after starting one if there is none. */
  async #move(id: number): Promise<void> {
    const { queues, tasks, moved } = this.#world;
    const store = this.#store;
    const others = [...queues.values()].filter((other) => other !== id);
    const task = tasks.get(id) ?? {
      taskId: message('').messageId,
      sourceId: id,
      ...(this.#random.below(2) === 0 && { destinationArn: `arn:${this.#random.oneOf(others)}` }),
    };
    if (!tasks.has(id)) await store.startMoveTask(task, { active: 100, kept: 1 }, this.#now);
    // In a FIFO queue a read decides which group is next, and engines may differ in how many messages they read at
    // once.
    const atMost = this.#course.fifo ? 1 : 5;
    const messageIds = Array.from({ length: this.#random.below(atMost + 1) }, () => message('').messageId);
    const destinations = new Map(others.map((other) => [`arn:${other}`, other]));
    const portion = await store.moveMessages(task.taskId, { messageIds, destinations }, this.#now);
    const expected = this.#model.move(id, task.destinationArn, { messageIds, destinations }, this.#now);
    const total = (moved.get(task.taskId) ?? 0) + expected.moved;
    expect(portion).toMatchObject({ task: { taskId: task.taskId, moved: total } });
    expect(portion!.stuck !== undefined).toBe(expected.stuck);
    moved.set(task.taskId, total);
    if (portion!.task.status === 'RUNNING') tasks.set(id, task);
    else {
      // In a FIFO queue, messages after a locked front may be left.
      expect(this.#model.nextVisibleAt(id, this.#now)).not.toBe(this.#now);
      tasks.delete(id);
    }
    if (!expected.stuck) return;
    await store.changeMoveTask(task.taskId, { from: 'RUNNING', to: 'FAILED' });
    tasks.delete(id);
  }

  async #expire(): Promise<void> {
    // Engines may differ in what they free first, which shows if the clock moves back.
    const limit = this.#course.clock[0] > 0 ? 10_000 : this.#random.oneOf([1, 3, 10_000]);
    this.#s.expiries.length = 0;
    const { freed, nextAt } = await this.#store.expire(this.#now, limit);
    if (nextAt !== undefined) this.#s.expiries.push(nextAt);
    expect(freed).toBeLessThanOrEqual(limit);
    if (limit === 10_000) this.#forget();
    const expected = this.#model.nextExpiry(this.#now);
    // It may be too early, if the message that would have expired first was deleted, but never too late.
    if (expected !== undefined) expect(nextAt).toBeLessThanOrEqual(expected);
  }

  #forget(): void {
    this.#model.forget(this.#now);
    this.#topics.forget(this.#now);
  }

  async #changeRetention(id: number): Promise<void> {
    // Engines may differ in whether an expired message that has not been freed comes back with a longer retention
    // period.
    await this.#store.expire(this.#now, 10_000);
    this.#forget();
    this.#model.nextExpiry(this.#now);
    const retentionMs = this.#random.oneOf(this.#course.retentionMs);
    expect(await this.#store.changeQueue(id, { retentionMs }, this.#now)).toMatchObject({ id, retentionMs });
    this.#model.setRetention(id, retentionMs);
    this.#model.unexpired(id, this.#now);
  }

  async #changeDelay(id: number): Promise<void> {
    const delayMs = this.#random.oneOf(DELAYS);
    await this.#store.changeQueue(id, { delayMs }, this.#now);
    this.#model.delayUnreceived(id, delayMs, this.#now);
  }

  async #deleteQueue(id: number): Promise<void> {
    expect(await this.#store.deleteQueue(id)).toBe(true);
    this.#model.deleteQueue(id);
    for (const [name, other] of this.#world.queues) if (other === id) this.#world.queues.delete(name);
    this.#world.tasks.delete(id);
  }

  async #takeSnapshot(): Promise<void> {
    const name = this.#random.oneOf(SNAPSHOTS);
    const info = await this.#store.states.takeSnapshot(name, this.#now);
    const messages = [...this.#world.queues.values()].flatMap((id) => this.#model.unexpired(id, this.#now));
    for (const id of this.#topics.backlogs) this.#model.unexpired(id, this.#now);
    expect(info).toMatchObject({ takenAt: this.#now, queues: this.#world.queues.size, messages: messages.length });
    this.#snapshots.set(name, {
      world: structuredClone(this.#world),
      model: this.#model.snapshot(),
      topics: this.#topics.snapshot(),
    });
  }

  async #restoreSnapshot(): Promise<void> {
    const name = this.#random.oneOf(SNAPSHOTS);
    const restored = await this.#store.states.restoreSnapshot(name, this.#now);
    const expected = this.#snapshots.get(name);
    expect(restored?.name).toBe(expected && name);
    if (!expected) return;
    this.#world = structuredClone(expected.world);
    this.#model.restore(expected.model, this.#now);
    this.#topics.restore(expected.topics);
    await this.#topicVerbs.compare();
  }

  /** Closes the store and opens its data again, which ends the snapshots of some engines. */
  async #restart(): Promise<void> {
    await this.#s.restart();
    // A store that was just opened has reported nothing: it has to be asked first.
    this.#s.expiries.push(Number.NEGATIVE_INFINITY);
    if (!this.#s.form.keepsSnapshots) this.#snapshots.clear();
    await this.#topicVerbs.compare();
  }
}
