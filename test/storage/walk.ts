/** A long random sequence of verbs, always the same for a seed. A store must agree with the model at every step. */

import { expect } from 'vitest';
import type { NewMoveTask, Receipt, Store } from '../../src/storage/store.ts';
import type { Millis } from '../../src/time/clock.ts';
import { Model } from './model.ts';
import { type Call, recorded, textOf } from './recorded.ts';
import { key, message, NO_LIMIT, request, settings, T0 } from './subject.ts';

export interface Course {
  seed: number;
  steps: number;
  retentionMs: readonly Millis[];
  /** How far the clock may move at once, backward and forward, in milliseconds. */
  clock: readonly [Millis, Millis];
  /** Whether the queues are FIFO queues. */
  fifo?: boolean;
}

const QUEUES = ['a', 'b', 'c'];
const DELAYS = [0, 0, 0, 1, 50, 400];
const TIMEOUTS = [0, 1, 50, 200];
/** The window of deduplication keys and attempts, in milliseconds. */
const WINDOW = 150;

/** Returns a generator of random numbers from 0 up to, but not including, 1 (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export class Walk {
  now: Millis = T0;
  readonly #course: Course;
  readonly #random: () => number;
  readonly #model = new Model();
  readonly #queues = new Map<string, number>();
  #store: Store;
  #announced: [queueId: number, at: Millis][] = [];
  /** The latest receipts that were handed out, the most recent last. */
  #receipts: { queueId: number; messageId: string; receipt: Receipt }[] = [];

  /** The active move task of each queue. */
  readonly #tasks = new Map<number, NewMoveTask>();
  /** How many messages each task has moved. */
  readonly #moved = new Map<string, number>();

  /** The verbs that the current step has called. */
  readonly #calls: Call[] = [];

  constructor(store: Store, course: Course) {
    this.#store = recorded(store, this.#calls);
    this.#course = course;
    this.#random = randomNumbers(course.seed);
  }

  /** Continues with another store, which must have the same contents. */
  async change(store: Store): Promise<void> {
    this.#store = recorded(store, this.#calls);
    for (const id of this.#queues.values()) await this.#look(id);
  }

  /** Takes all steps of the course, and compares the store with the model after each. */
  async go(): Promise<void> {
    this.#store.onAnnounce((queueId, at) => this.#announced.push([queueId, at]));
    for (let step = 0; step < this.#course.steps; step++) {
      this.#calls.length = 0;
      try {
        await this.#goOn();
      } catch (error) {
        const where = `in step ${step} of the walk with seed ${this.#course.seed}, at T0 + ${this.now - T0} ms, after`;
        if (error instanceof Error) error.message += `\n  ${where}\n${textOf(this.#calls)}`;
        throw error;
      }
    }
  }

  async #goOn(): Promise<void> {
    this.#moveClock();
    this.#announced = [];
    this.#model.announced = [];
    const id = await this.#someQueue();
    await this.#someVerb(id);
    expect(this.#announced).toEqual(expect.arrayContaining(this.#model.announced));
    for (const queueId of this.#queues.values()) await this.#look(queueId);
  }

  #moveClock(): void {
    const [back, forward] = this.#course.clock;
    if (this.#below(3) === 0) this.now += this.#below(back + forward + 1) - back;
  }

  /** Returns a random integer from 0 up to, but not including, `end`. */
  #below(end: number): number {
    return Math.floor(this.#random() * end);
  }

  #oneOf<T>(values: readonly T[]): T {
    return values[this.#below(values.length)]!;
  }

  /** Returns the ID of a random queue, after creating the queue if it does not exist. */
  async #someQueue(): Promise<number> {
    const name = this.#oneOf(QUEUES);
    const known = this.#queues.get(name);
    if (known !== undefined) return known;
    const retentionMs = this.#oneOf(this.#course.retentionMs);
    const { fifo = false } = this.#course;
    const { queue, created } = await this.#store.createQueue(key(name), settings({ retentionMs, fifo }), this.now);
    expect(created).toBe(true);
    this.#queues.set(name, queue.id);
    this.#model.createQueue(queue.id, retentionMs, fifo);
    return queue.id;
  }

  async #someVerb(id: number): Promise<void> {
    const chance = this.#below(100);
    if (chance < 25) await this.#send(id);
    else if (chance < 55) await this.#receive(id);
    else if (chance < 60) await this.#move(id);
    else if (chance < 75) await this.#delete(id);
    else if (chance < 90) await this.#changeVisibility(id);
    else if (chance < 94) await this.#expire();
    else if (chance < 97) await this.#changeRetention(id);
    else if (chance < 98) await this.#deleteQueue(id);
    else if (this.#course.fifo && chance === 98) await this.#changeDelay(id);
    else {
      expect(await this.#store.purge(id)).toBe(true);
      this.#model.purge(id);
    }
  }

  async #look(id: number): Promise<void> {
    expect(await this.#store.counts(id, this.now)).toEqual(this.#model.counts(id, this.now));
    const next = await this.#store.nextVisibleAt(id, NO_LIMIT, this.now);
    const expected = this.#model.nextVisibleAt(id, this.now);
    // For a FIFO queue, an engine may return an earlier instant: when a message may expire that locks a group.
    if (!this.#course.fifo || expected === undefined || expected === this.now) expect(next).toBe(expected);
    else expect(next).toSatisfy((at: Millis) => at > this.now && at <= expected);
  }

  /** Sends messages in several sends of one turn, between which the clock may move. */
  async #send(id: number): Promise<void> {
    const sends = Array.from({ length: 1 + this.#below(3) }, (_, place) => {
      if (place > 0) this.#moveClock();
      const messages = Array.from({ length: 1 + this.#below(5) }, () =>
        message('walk', {
          ...{ delayMs: this.#oneOf(DELAYS), deadLetterSource: this.#oneOf([undefined, undefined, `arn:${id}`]) },
          ...(this.#course.fifo && this.#fifoMessage()),
        }),
      );
      return [messages, this.now] as const;
    });
    const sent = await Promise.all(sends.map(([messages, now]) => this.#store.send(id, messages, now)));
    const idsOf = (of: typeof sent) => of.map((one) => one!.map(({ messageId }) => messageId));
    expect(idsOf(sent)).toEqual(sends.map(([messages, now]) => this.#model.send(id, messages, now)));
  }

  #fifoMessage() {
    const key = this.#oneOf(['x', 'y', 'z']);
    return {
      groupId: this.#oneOf(['a', 'a', 'b', 'c']),
      ...(this.#below(3) === 0 && { deduplication: { key, windowMs: WINDOW } }),
    };
  }

  async #changeDelay(id: number): Promise<void> {
    const delayMs = this.#oneOf(DELAYS);
    await this.#store.changeQueue(id, { delayMs }, this.now);
    this.#model.delayUnreceived(id, delayMs);
  }

  async #receive(id: number): Promise<void> {
    const redrive = { targetId: this.#oneOf([...this.#queues.values()]), maxReceiveCount: 1 + this.#below(3) };
    const asked = request({
      max: 1 + this.#below(10),
      visibilityMs: this.#oneOf(TIMEOUTS),
      inFlightLimit: this.#oneOf([5, 120_000]),
      ...(this.#course.fifo && this.#below(3) === 0 && { attempt: { id: this.#oneOf(['x', 'y']), windowMs: WINDOW } }),
      ...(this.#below(2) === 0 && redrive.targetId !== id && { redrive: { ...redrive, sourceArn: `arn:${id}` } }),
    });
    const delivery = await this.#store.receive(id, asked, this.now);
    const expected = this.#model.receive(id, asked, this.now);
    if (!Array.isArray(delivery)) return expect(delivery).toEqual(expected);
    const delivered = delivery.map(({ messageId, receiveCount, receipt, deadLetterSource }) => ({
      messageId,
      receiveCount,
      receive: receipt.receive,
      deadLetterSource,
    }));
    expect(delivered).toEqual(expected);
    for (const { messageId, receipt } of delivery) this.#receipts.push({ queueId: id, messageId, receipt });
    this.#receipts = this.#receipts.slice(-40);
  }

  /** Returns random receipts of a queue, some of them old, some of them twice. */
  #someReceipts(id: number) {
    const known = this.#receipts.filter(({ queueId }) => queueId === id);
    if (known.length === 0) return [];
    return Array.from({ length: 1 + this.#below(4) }, () => this.#oneOf(known));
  }

  async #delete(id: number): Promise<void> {
    const chosen = this.#someReceipts(id);
    const outcomes = await this.#store.delete(
      id,
      chosen.map(({ receipt }) => receipt),
      this.now,
    );
    expect(outcomes).toEqual(
      chosen.map(({ messageId, receipt }) => this.#model.delete(id, messageId, receipt, this.now)),
    );
  }

  async #changeVisibility(id: number): Promise<void> {
    const chosen = this.#someReceipts(id).map(({ messageId, receipt }) => ({
      messageId,
      change: { receipt, visibilityMs: this.#oneOf(TIMEOUTS) },
    }));
    const outcomes = await this.#store.changeVisibility(
      id,
      chosen.map(({ change }) => change),
      this.now,
    );
    expect(outcomes).toEqual(
      chosen.map(({ messageId, change }) => this.#model.changeVisibility(id, messageId, change, this.now)),
    );
  }

  /** Carries out a portion of the queue's move task, after starting one if there is none. */
  async #move(id: number): Promise<void> {
    const others = [...this.#queues.values()].filter((other) => other !== id);
    const task = this.#tasks.get(id) ?? {
      taskId: message('').messageId,
      sourceId: id,
      ...(this.#below(2) === 0 && { destinationArn: `arn:${this.#oneOf(others)}` }),
    };
    if (!this.#tasks.has(id)) await this.#store.startMoveTask(task, { active: 100, kept: 1 }, this.now);
    // In a FIFO queue a read decides which group is next, and engines may differ in how many messages they read at
    // once.
    const atMost = this.#course.fifo ? 1 : 5;
    const messageIds = Array.from({ length: this.#below(atMost + 1) }, () => message('').messageId);
    const destinations = new Map(others.map((other) => [`arn:${other}`, other]));
    const portion = await this.#store.moveMessages(task.taskId, { messageIds, destinations }, this.now);
    const { moved, stuck } = this.#model.move(id, task.destinationArn, { messageIds, destinations }, this.now);
    const before = this.#moved.get(task.taskId) ?? 0;
    expect(portion).toMatchObject({ task: { taskId: task.taskId, moved: before + moved } });
    expect(portion!.stuck !== undefined).toBe(stuck);
    this.#moved.set(task.taskId, before + moved);
    if (portion!.task.status === 'RUNNING') this.#tasks.set(id, task);
    else {
      // In a FIFO queue, messages after a locked front may be left.
      expect(this.#model.nextVisibleAt(id, this.now)).not.toBe(this.now);
      this.#tasks.delete(id);
    }
    if (!stuck) return;
    await this.#store.changeMoveTask(task.taskId, { from: 'RUNNING', to: 'FAILED' });
    this.#tasks.delete(id);
  }

  async #expire(): Promise<void> {
    // Engines may differ in what they forget first, which shows if the clock moves back.
    const limit = this.#course.fifo && this.#course.clock[0] > 0 ? 10_000 : this.#oneOf([1, 3, 10_000]);
    const { freed, nextAt } = await this.#store.expire(this.now, limit);
    expect(freed).toBeLessThanOrEqual(limit);
    if (limit === 10_000) this.#model.forget(this.now);
    const expected = this.#model.nextExpiry(this.now);
    // It may be too early, if the message that would have expired first was deleted, but never too late.
    if (expected !== undefined) expect(nextAt).toBeLessThanOrEqual(expected);
  }

  async #changeRetention(id: number): Promise<void> {
    // Engines may differ in whether an expired message that has not been freed comes back with a longer retention
    // period.
    await this.#store.expire(this.now, 10_000);
    this.#model.forget(this.now);
    this.#model.unexpired(id, this.now);
    const retentionMs = this.#oneOf(this.#course.retentionMs);
    expect(await this.#store.changeQueue(id, { retentionMs }, this.now)).toMatchObject({ id, retentionMs });
    this.#model.setRetention(id, retentionMs);
  }

  async #deleteQueue(id: number): Promise<void> {
    expect(await this.#store.deleteQueue(id)).toBe(true);
    this.#model.deleteQueue(id);
    for (const [name, other] of this.#queues) if (other === id) this.#queues.delete(name);
  }
}
