/** The rules of message move tasks that cannot be tested over a wire. */

import { v4 as newId } from 'uuid';
import { afterEach, describe, expect, it } from 'vitest';
import { queueArn } from '../../../src/queues/arn.ts';
import type { Env } from '../../../src/queues/env.ts';
import { ReceiptHandles } from '../../../src/queues/receipt-handle.ts';
import { cancelMoveTask, listMoveTasks, startMoveTask } from '../../../src/queues/redrive/move-tasks.ts';
import { Mover } from '../../../src/queues/redrive/mover.ts';
import { Waiters } from '../../../src/queues/waiters.ts';
import { MemoryStore } from '../../../src/storage/memory/memory-store.ts';
import type { MovePortion, Queue } from '../../../src/storage/store.ts';
import { VirtualClock } from '../../../src/time/virtual-clock.ts';
import { key, message, settings } from '../../storage/subject.ts';

const HOUR = 3_600_000;
const REGION = 'us-east-1';
const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** Creates an Env with direct access to its engine, so that tests can make it fail. */
function setup() {
  const clock = new VirtualClock();
  const store = new MemoryStore();
  const failures: unknown[] = [];
  const mover = () => new Mover({ store, clock, machine: clock, newId }, (error) => failures.push(error));
  const env: Env = {
    store,
    receiptHandles: new ReceiptHandles(store.receiptSecret),
    clock,
    waiters: new Waiters(clock, async () => undefined),
    mover: mover(),
    inFlightLimit: 10,
    newId,
  };
  ends.push(async () => {
    await env.mover.end();
    await store.close();
  });
  const queue = async (name: string, more = {}): Promise<Queue> =>
    (await store.createQueue(key(name), settings({ retentionMs: 100 * HOUR, ...more }), clock.now())).queue;
  /** Creates a queue with `count` messages that is the dead-letter queue of another. */
  const deadLetterQueue = async (name: string, count: number, more = {}): Promise<Queue> => {
    const dlq = await queue(name, more);
    const policy = JSON.stringify({ deadLetterTargetArn: queueArn(dlq), maxReceiveCount: 1 });
    await queue(`source of ${name}`, { attributes: new Map([['RedrivePolicy', policy]]), ...more });
    const messages = Array.from({ length: count }, (_, index) => message(`body ${index}`));
    await store.send(dlq.id, messages, clock.now());
    return dlq;
  };
  const begin = (source: Queue, destination?: Queue, perSecond?: number) =>
    startMoveTask(env, REGION, {
      sourceArn: queueArn(source),
      destinationArn: destination && queueArn(destination),
      perSecond,
    });
  const latest = async (source: Queue) => (await listMoveTasks(env, REGION, queueArn(source)))[0]!.task;
  const visible = async ({ id }: Queue) => (await store.counts(id, clock.now()))!.visible;
  return { clock, store, env, failures, mover, queue, deadLetterQueue, begin, latest, visible };
}

describe('A message move task', () => {
  it('moves any number of messages without waiting for the clock, and lets other requests run in between', async () => {
    const { store, clock, deadLetterQueue, queue, begin, latest, visible } = setup();
    const [dlq, orders] = [await deadLetterQueue('dlq', 5000), await queue('orders')];
    await begin(dlq, orders);
    const seen = new Set<number>();
    while ((await latest(dlq)).status === 'RUNNING') {
      const [before, after] = [
        (await store.counts(dlq.id, clock.now()))!,
        (await store.counts(orders.id, clock.now()))!,
      ];
      seen.add(after.visible);
      expect(before.visible).toBeGreaterThan(0);
    }
    expect(seen.size).toBeGreaterThan(10);
    expect(await latest(dlq)).toMatchObject({ status: 'COMPLETED', moved: 5000, toMove: 5000 });
    expect([await visible(dlq), await visible(orders)]).toEqual([0, 5000]);
  });

  it('shares the turns of the event loop with all other tasks, and ends at once if it is cancelled in line', async () => {
    const { store, clock, env, deadLetterQueue, queue, begin, latest, visible } = setup();
    const orders = await queue('orders');
    const dlqs: Queue[] = [];
    for (const name of ['a', 'b', 'c', 'd', 'e']) dlqs.push(await deadLetterQueue(name, 250));
    const perTurn: number[] = [];
    let portions = 0;
    const move = store.moveMessages.bind(store);
    store.moveMessages = (...args) => {
      portions++;
      return move(...args);
    };
    store.observation.onTurn(() => {
      perTurn.push(portions);
      portions = 0;
      return () => {};
    });
    const handles = await Promise.all(dlqs.map((dlq) => begin(dlq, orders)));
    const moved = await cancelMoveTask(env, REGION, handles.at(-1)!);
    await clock.advance(0);
    while ((await latest(dlqs[0]!)).status === 'RUNNING') await clock.advance(0);
    store.observation.onTurn(undefined);
    expect(Math.max(...perTurn)).toBe(1);
    for (const dlq of dlqs.slice(0, -1)) expect(await latest(dlq)).toMatchObject({ status: 'COMPLETED', moved: 250 });
    const cancelled = await latest(dlqs.at(-1)!);
    expect(cancelled.status).toBe('CANCELLED');
    expect(cancelled.moved).toBeLessThanOrEqual(moved + 100);
    expect(await visible(orders)).toBe(4 * 250 + cancelled.moved);
  });

  it('keeps exactly to its rate, even a high one', async () => {
    const { clock, deadLetterQueue, queue, begin, visible } = setup();
    const [dlq, orders] = [await deadLetterQueue('dlq', 400), await queue('orders')];
    await begin(dlq, orders, 120);
    await clock.advance(999);
    expect(await visible(orders)).toBe(120);
    await clock.advance(1000);
    expect(await visible(orders)).toBe(240);
    await clock.advance(1);
    expect(await visible(orders)).toBe(246);
  });

  it('moves messages that arrive while it runs', async () => {
    const { store, clock, deadLetterQueue, queue, begin, latest } = setup();
    const [dlq, orders] = [await deadLetterQueue('dlq', 2), await queue('orders')];
    await begin(dlq, orders, 1);
    await store.send(dlq.id, [message('late')], clock.now());
    await clock.advance(2000);
    expect(await latest(dlq)).toMatchObject({ status: 'COMPLETED', toMove: 2, moved: 3 });
  });

  it('fails after 36 hours', async () => {
    const { store, clock, env, deadLetterQueue, queue, latest } = setup();
    const [dlq, orders] = [await deadLetterQueue('dlq', 2), await queue('orders')];
    const task = { taskId: 'old', sourceId: dlq.id, destinationArn: queueArn(orders) };
    await store.startMoveTask(task, { active: 100, kept: 10 }, clock.now() - 36 * HOUR);
    await env.mover.resume();
    await clock.advance(0);
    expect(await latest(dlq)).toMatchObject({ status: 'FAILED', failureReason: 'TaskTimedOut', moved: 0 });
  });

  it('fails if a dead-letter queue is its own source', async () => {
    const { store, clock, queue, begin, latest, visible } = setup();
    const itself = await queue('itself');
    const policy = JSON.stringify({ deadLetterTargetArn: queueArn(itself), maxReceiveCount: 1 });
    await store.changeQueue(itself.id, { attributes: new Map([['RedrivePolicy', policy]]) }, clock.now());
    await store.send(itself.id, [message('round')], clock.now());
    const redrive = { targetId: itself.id, maxReceiveCount: 1, sourceArn: queueArn(itself) };
    const receive = () =>
      store.receive(itself.id, { max: 1, visibilityMs: 0, inFlightLimit: 10, redrive }, clock.now());
    await receive();
    await receive();
    await begin(itself);
    await clock.advance(0);
    expect(await latest(itself)).toMatchObject({ status: 'FAILED', failureReason: 'CouldNotDetermineMessageSource' });
    expect(await visible(itself)).toBe(1);
  });

  it('continues with a new queue that has the name of its deleted destination', async () => {
    const { store, clock, deadLetterQueue, queue, begin, latest, visible } = setup();
    const [dlq, orders] = [await deadLetterQueue('dlq', 2), await queue('orders')];
    await begin(dlq, orders, 1);
    await clock.advance(0);
    await store.deleteQueue(orders.id);
    const next = await queue('orders');
    await clock.advance(1000);
    expect(await latest(dlq)).toMatchObject({ status: 'COMPLETED', moved: 2 });
    expect(await visible(next)).toBe(1);
  });

  it('is retried after a failure of the engine', async () => {
    const { store, clock, failures, deadLetterQueue, queue, begin, latest } = setup();
    const [dlq, orders] = [await deadLetterQueue('dlq', 2), await queue('orders')];
    const { moveMessages } = store;
    store.moveMessages = async () => {
      throw new Error('The disk is full.');
    };
    await begin(dlq, orders);
    await clock.advance(3500);
    expect(failures).toHaveLength(4);
    expect(await latest(dlq)).toMatchObject({ status: 'RUNNING', moved: 0 });
    store.moveMessages = moveMessages;
    await clock.advance(500);
    expect(await latest(dlq)).toMatchObject({ status: 'COMPLETED', moved: 2 });
  });

  it('continues after a pause, once the engine works again', async () => {
    const { store, env, clock, failures, deadLetterQueue, queue, begin, latest } = setup();
    const [dlq, orders] = [await deadLetterQueue('dlq', 4), await queue('orders')];
    await begin(dlq, orders, 1);
    await clock.advance(1500);
    const { claimMoveTasks } = store;
    store.claimMoveTasks = async () => {
      throw new Error('The disk is full.');
    };
    await env.mover.pause();
    await env.mover.resume();
    await clock.advance(2500);
    expect(failures).toHaveLength(3);
    expect(await latest(dlq)).toMatchObject({ status: 'RUNNING', moved: 2 });
    // A retry must not end a later pause.
    await env.mover.pause();
    store.claimMoveTasks = claimMoveTasks;
    await clock.advance(2500);
    expect(await latest(dlq)).toMatchObject({ status: 'RUNNING', moved: 2 });
    await env.mover.resume();
    await clock.advance(2500);
    expect(await latest(dlq)).toMatchObject({ status: 'COMPLETED', moved: 4 });
  });

  it('that is CANCELLING when Squab stops is CANCELLED after the next start', async () => {
    const { store, clock, env, mover, deadLetterQueue, queue, begin, latest } = setup();
    const [dlq, orders] = [await deadLetterQueue('dlq', 3), await queue('orders')];
    await begin(dlq, orders, 1);
    await clock.advance(0);
    await env.mover.end();
    const { taskId } = await latest(dlq);
    await store.changeMoveTask(taskId, { from: 'RUNNING', to: 'CANCELLING' });
    await clock.advance(10_000);
    expect(await latest(dlq)).toMatchObject({ status: 'CANCELLING', moved: 1 });
    env.mover = mover();
    await env.mover.resume();
    await clock.advance(0);
    expect(await latest(dlq)).toMatchObject({ status: 'CANCELLED', moved: 1 });
  });

  it('becomes CANCELLED, and moves no more messages', async () => {
    const { store, clock, env, deadLetterQueue, queue, begin, latest, visible } = setup();
    const [dlq, orders] = [await deadLetterQueue('dlq', 1000), await queue('orders')];
    const handle = await begin(dlq, orders);
    const [moved, task] = await Promise.all([cancelMoveTask(env, REGION, handle), latest(dlq)]);
    expect(['RUNNING', 'CANCELLING']).toContain(task.status);
    await clock.advance(0);
    expect(await latest(dlq)).toMatchObject({ status: 'CANCELLED', moved });
    expect(await visible(orders)).toBe(moved);
    expect((await store.counts(dlq.id, clock.now()))!.visible).toBe(1000 - moved);
  });

  it('does not fail if it was cancelled in the meantime', async () => {
    const { store, clock, env, deadLetterQueue, begin, latest } = setup();
    const dlq = await deadLetterQueue('dlq', 1);
    const { moveMessages } = store;
    // The cancellation arrives just when the mover has found that the message has no source queue.
    store.moveMessages = async (taskId: string, portion: MovePortion, now: number) => {
      const result = await moveMessages.call(store, taskId, portion, now);
      await cancelMoveTask(env, REGION, handle);
      return result;
    };
    const handle = await begin(dlq);
    await clock.advance(0);
    expect(await latest(dlq)).toMatchObject({ status: 'CANCELLED' });
  });
});

describe('Starting a message move task fails', () => {
  it('between queues of different types', async () => {
    const { deadLetterQueue, queue, begin } = setup();
    const [standard, fifo] = [await deadLetterQueue('dlq', 0), await queue('orders.fifo', { fifo: true })];
    const refusal = {
      code: 'InvalidParameterValue',
      message: 'The source queue and destination queue must be of the same queue type.',
    };
    await expect(begin(standard, fifo, 0)).rejects.toMatchObject(refusal);
    const fifoSource = await deadLetterQueue('dlq.fifo', 0, { fifo: true });
    await expect(begin(fifoSource, standard)).rejects.toMatchObject(refusal);
  });

  it('if the account has a hundred active tasks', async () => {
    const { store, clock, deadLetterQueue, queue, begin, latest } = setup();
    const orders = await queue('orders');
    const sources = [];
    for (let count = 0; count <= 100; count++) sources.push(await deadLetterQueue(`dlq-${count}`, 2));
    for (const source of sources.slice(0, 100)) await begin(source, orders, 1);
    await expect(begin(sources[100]!, orders)).rejects.toMatchObject({ code: 'OverLimit' });
    await store.purge(sources[7]!.id);
    await clock.advance(1000);
    expect(await latest(sources[7]!)).toMatchObject({ status: 'COMPLETED' });
    await begin(sources[100]!, orders);
  });
});
