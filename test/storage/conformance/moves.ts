import { expect, it } from 'vitest';
import type { NewMoveTask } from '../../../src/storage/store.ts';
import { HOUR, key, message, NO_QUEUE, numbered, SECOND, type Subject, settings, T0 } from '../subject.ts';

const LIMITS = { active: 100, kept: 10 };
const DAY = 24 * HOUR;

export function moves(s: Subject): void {
  let tasks = 0;
  const start = async (sourceId: number, more: Partial<NewMoveTask> = {}, now = T0) => {
    const taskId = `task-${++tasks}`;
    expect(await s.store.startMoveTask({ taskId, sourceId, ...more }, LIMITS, now)).toMatchObject({ taskId });
    return taskId;
  };
  const destinations = (...queues: [arn: string, id: number][]) => new Map(queues);
  const ids = (count: number) => Array.from({ length: count }, () => message('').messageId);
  /** Starts a task that moves messages from a source to a destination. `move` carries out a portion of it. */
  const startedTask = async (bodies: string | string[]) => {
    const [source, destination] = [await s.queue('dlq', { retentionMs: DAY }), await s.queue('orders')];
    await s.send(source, bodies, T0);
    const taskId = await start(source, { destinationArn: 'arn:orders' });
    const move = (count: number, now: number, to = destinations(['arn:orders', destination])) =>
      s.store.moveMessages(taskId, { messageIds: ids(count), destinations: to }, now);
    return { source, destination, taskId, move };
  };
  /** Sends a message, and receives it until it moves to the dead-letter queue. */
  const deadLetter = async (from: number, to: number, body: string) => {
    await s.send(from, body, T0);
    await s.receive(from, T0, { visibilityMs: 0 });
    const redrive = { targetId: to, maxReceiveCount: 1, sourceArn: `arn:${from}` };
    expect(await s.receive(from, T0, { redrive })).toEqual([]);
  };

  it('a new task has the members that were requested, and the number of visible messages', async () => {
    const id = await s.queue();
    await s.send(id, numbered(3), T0);
    await s.send(id, 'delayed', T0, { delayMs: 5 });
    await s.receiveOne(id, T0);
    const asked = { taskId: 'a', sourceId: id, destinationArn: 'arn:b', perSecond: 7 };
    const task = await s.store.startMoveTask(asked, LIMITS, T0 + 1);
    expect(task).toEqual({ ...asked, status: 'RUNNING', startedAt: T0 + 1, toMove: 2, moved: 0 });
    expect(await s.store.listMoveTasks(id, 10)).toEqual([task]);
    expect(await s.store.claimMoveTasks()).toEqual([task]);
  });

  it('a portion moves as many messages as it has IDs, those that have been visible longest first', async () => {
    const { source, destination, taskId, move } = await startedTask(numbered(5));
    expect(await move(2, T0 + 1)).toEqual({
      task: expect.objectContaining({ taskId, status: 'RUNNING', toMove: 5, moved: 2 }),
    });
    expect([await s.counts(source, T0 + 1), await s.counts(destination, T0 + 1)]).toEqual([
      [3, 0, 0],
      [2, 0, 0],
    ]);
    expect(await s.bodies(destination, T0 + 1)).toEqual(['body 0', 'body 1']);
    expect(await move(10, T0 + 2)).toMatchObject({ task: { status: 'COMPLETED', moved: 5 } });
    expect(await s.counts(source, T0 + 2)).toEqual([0, 0, 0]);
    expect(await s.bodies(destination, T0 + 2)).toEqual(['body 2', 'body 3', 'body 4']);
    expect(await s.store.claimMoveTasks()).toEqual([]);
  });

  it('a task is completed by the portion that moves the last visible message', async () => {
    const { source, move } = await startedTask(numbered(2));
    expect(await move(2, T0)).toMatchObject({ task: { status: 'COMPLETED', moved: 2 } });
    await s.send(source, 'late', T0);
    expect(await move(2, T0)).toMatchObject({ task: { status: 'COMPLETED', moved: 2 } });
    expect(await s.counts(source, T0)).toEqual([1, 0, 0]);
  });

  it('a portion may move fewer long messages, but at least one, and later portions move the rest', async () => {
    const { destination, move } = await startedTask(numbered(5).map((body) => body.padEnd(1_000_000, 'x')));
    let moved = 0;
    for (let portions = 1; ; portions++) {
      const { task } = (await move(10, T0))!;
      expect(task.moved).toBeGreaterThan(moved);
      moved = task.moved;
      if (task.status === 'COMPLETED') break;
      expect(portions).toBeLessThan(5);
    }
    expect((await s.bodies(destination, T0)).map((body) => body.slice(0, 6))).toEqual(numbered(5));
  });

  it('a moved message is a new message with the old content', async () => {
    const [orders, dlq] = [await s.queue('orders'), await s.queue('dlq')];
    const attributes = new Map([['kind', { dataType: 'String', stringValue: 'x' }]]);
    await s.send(orders, 'poison', T0, { attributes, groupId: 'group', traceHeader: 'Root=1', senderId: 'me' });
    const before = await s.receiveOne(orders, T0, { visibilityMs: 0 });
    await s.receive(orders, T0, { redrive: { targetId: dlq, maxReceiveCount: 1, sourceArn: 'arn:orders' } });
    await s.receiveOne(dlq, T0, { visibilityMs: 0 });
    const taskId = await start(dlq);
    const portion = { messageIds: ['new id'], destinations: destinations(['arn:orders', orders]) };
    await s.store.moveMessages(taskId, portion, T0 + SECOND);
    const after = await s.receiveOne(orders, T0 + 2 * SECOND);
    expect(after).toEqual({
      ...before,
      messageId: 'new id',
      receipt: { key: expect.any(Number), receive: 1, receivedAt: T0 + 2 * SECOND },
      sentAt: T0 + SECOND,
      firstReceivedAt: T0 + 2 * SECOND,
    });
    expect(after.receipt.key).not.toBe(before.receipt.key);
    expect(await s.store.delete(orders, [before.receipt], T0 + 2 * SECOND)).toEqual(['gone']);
  });

  it('the retention period of a moved message restarts, and is that of the destination', async () => {
    const { destination, move } = await startedTask('hello');
    await move(1, T0 + 20 * HOUR);
    expect((await s.store.expire(T0 + 20 * HOUR, 100)).nextAt).toBe(T0 + 21 * HOUR);
    expect(await s.counts(destination, T0 + 21 * HOUR - 1)).toEqual([1, 0, 0]);
    expect(await s.bodies(destination, T0 + 21 * HOUR)).toEqual([]);
  });

  it('messages that are in flight, delayed or expired are not moved', async () => {
    const { source, destination, move } = await startedTask(['in-flight', 'expires']);
    await s.receiveOne(source, T0, { visibilityMs: 2 * DAY });
    await s.send(source, 'visible', T0 + 1);
    await s.send(source, 'delayed', T0 + 1, { delayMs: DAY });
    expect(await move(10, T0 + DAY)).toMatchObject({ task: { status: 'COMPLETED', moved: 1 } });
    expect(await s.bodies(destination, T0 + DAY)).toEqual(['visible']);
    expect(await s.counts(source, T0 + DAY)).toEqual([0, 0, 1]);
  });

  it('a move is announced for the destination', async () => {
    const { destination, move } = await startedTask('hello');
    s.announced.length = 0;
    await move(1, T0 + 5);
    expect(s.announced).toEqual([[destination, T0 + 5]]);
  });

  it('without a destination each message moves to its own dead-letter source', async () => {
    const [a, b, dlq] = [await s.queue('a'), await s.queue('b'), await s.queue('dlq')];
    for (const [from, body] of [a, b, a].entries()) await deadLetter(body, dlq, `body ${from}`);
    const taskId = await start(dlq);
    const known = destinations([`arn:${a}`, a], [`arn:${b}`, b]);
    await s.store.moveMessages(taskId, { messageIds: ids(3), destinations: known }, T0);
    expect(await s.bodies(a, T0)).toEqual(['body 0', 'body 2']);
    expect(await s.bodies(b, T0)).toEqual(['body 1']);
  });

  it('a portion ends before a message whose destination is not known, and returns its ARN', async () => {
    const [a, b, dlq] = [await s.queue('a'), await s.queue('b'), await s.queue('dlq')];
    await deadLetter(a, dlq, 'first');
    await deadLetter(b, dlq, 'second');
    await s.send(dlq, 'sent to it', T0);
    const taskId = await start(dlq);
    const move = (...known: [string, number][]) =>
      s.store.moveMessages(taskId, { messageIds: ids(10), destinations: destinations(...known) }, T0);
    expect(await move([`arn:${a}`, a])).toMatchObject({
      task: { status: 'RUNNING', moved: 1 },
      stuck: { destinationArn: `arn:${b}` },
    });
    expect(await move([`arn:${b}`, NO_QUEUE])).toMatchObject({ stuck: { destinationArn: `arn:${b}` } });
    expect(await move([`arn:${b}`, b])).toEqual({
      task: expect.objectContaining({ status: 'RUNNING', moved: 2 }),
      stuck: { destinationArn: undefined },
    });
    expect([await s.bodies(a, T0), await s.bodies(b, T0)]).toEqual([['first'], ['second']]);
    expect(await s.counts(dlq, T0)).toEqual([1, 0, 0]);
  });

  it('no message moves to a deleted destination, nor to a new queue of the same name', async () => {
    const { source, destination, move } = await startedTask(numbered(2));
    await move(1, T0);
    await s.store.deleteQueue(destination);
    expect(await s.queue('orders')).not.toBe(destination);
    expect(await move(1, T0)).toMatchObject({ task: { moved: 1 }, stuck: { destinationArn: 'arn:orders' } });
    expect(await s.counts(source, T0)).toEqual([1, 0, 0]);
  });

  it('a portion that fails for one message moves none, and counts none', async () => {
    const { source, destination, taskId, move } = await startedTask(numbered(3));
    const to = destinations(['arn:orders', destination]);
    s.announced.length = 0;
    const failing = s.store.moveMessages(
      taskId,
      { messageIds: ['good', undefined as unknown as string], destinations: to },
      T0,
    );
    await expect(failing).rejects.toThrow();
    expect(s.announced).toEqual([]);
    expect([await s.counts(source, T0), await s.counts(destination, T0)]).toEqual([
      [3, 0, 0],
      [0, 0, 0],
    ]);
    expect(await s.store.listMoveTasks(source, 1)).toMatchObject([{ status: 'RUNNING', moved: 0 }]);
    expect(await move(10, T0)).toMatchObject({ task: { moved: 3 } });
    expect(await s.bodies(destination, T0)).toEqual(numbered(3));
  });

  it('a task that is not RUNNING moves nothing', async () => {
    const { source, taskId, move } = await startedTask('stays');
    const cancelling = await s.store.changeMoveTask(taskId, { from: 'RUNNING', to: 'CANCELLING' });
    expect(cancelling).toMatchObject({ status: 'CANCELLING' });
    expect(await move(1, T0)).toEqual({ task: cancelling });
    expect(await s.counts(source, T0)).toEqual([1, 0, 0]);
  });

  it('a status changes only if it is the expected one', async () => {
    const { source, taskId } = await startedTask('hello');
    const failed = { from: 'RUNNING', to: 'FAILED', failureReason: 'Why' } as const;
    expect(await s.store.changeMoveTask(taskId, { from: 'CANCELLING', to: 'CANCELLED' })).toBeUndefined();
    expect(await s.store.changeMoveTask('another', failed)).toBeUndefined();
    expect(await s.store.changeMoveTask(taskId, failed)).toMatchObject({ status: 'FAILED', failureReason: 'Why' });
    expect(await s.store.changeMoveTask(taskId, failed)).toBeUndefined();
    expect(await s.store.listMoveTasks(source, 1)).toMatchObject([{ status: 'FAILED', failureReason: 'Why' }]);
  });

  it('a source has one active task, and the latest tasks are kept and listed, the most recent first', async () => {
    const id = await s.queue();
    for (let round = 0; round < 5; round++) {
      const taskId = `round ${round}`;
      const begin = () => s.store.startMoveTask({ taskId, sourceId: id }, { active: 100, kept: 3 }, T0);
      expect(await begin()).toMatchObject({ taskId });
      expect(await begin()).toBe('active');
      if (round === 2) {
        await s.store.changeMoveTask(taskId, { from: 'RUNNING', to: 'CANCELLING' });
        expect(await begin()).toBe('active');
        await s.store.changeMoveTask(taskId, { from: 'CANCELLING', to: 'CANCELLED' });
      } else await s.store.moveMessages(taskId, { messageIds: ids(1), destinations: new Map() }, T0);
    }
    const listed = async (limit: number) => (await s.store.listMoveTasks(id, limit))!.map(({ taskId }) => taskId);
    expect(await listed(10)).toEqual(['round 4', 'round 3', 'round 2']);
    expect(await listed(1)).toEqual(['round 4']);
  });

  it('an account has no more active tasks in a region than the limit', async () => {
    const limits = { active: 2, kept: 10 };
    const begin = async (name: string, place = {}) => {
      const { queue } = await s.store.createQueue(key(name, place), settings(), T0);
      return s.store.startMoveTask({ taskId: `of ${queue.id}`, sourceId: queue.id }, limits, T0);
    };
    const first = await begin('a');
    await begin('b');
    expect(await begin('c')).toBe('over-limit');
    expect(await begin('a')).toBe('active');
    expect(await begin('c', { account: '111111111111' })).toMatchObject({ status: 'RUNNING' });
    expect(await begin('c', { region: 'eu-west-1' })).toMatchObject({ status: 'RUNNING' });
    if (typeof first !== 'object') throw new Error('The first task did not start.');
    await s.store.changeMoveTask(first.taskId, { from: 'RUNNING', to: 'FAILED' });
    expect(await begin('c')).toMatchObject({ status: 'RUNNING' });
  });

  it('tasks are removed together with their source queue', async () => {
    const { source, taskId, move } = await startedTask(numbered(2));
    await s.store.deleteQueue(source);
    expect(await s.store.claimMoveTasks()).toEqual([]);
    expect(await move(1, T0)).toBeUndefined();
    expect(await s.store.changeMoveTask(taskId, { from: 'RUNNING', to: 'CANCELLING' })).toBeUndefined();
    expect(await s.store.listMoveTasks(await s.queue('dlq'), 10)).toEqual([]);
  });

  it('a task completes after a purge of its source', async () => {
    const { source, destination, move } = await startedTask(numbered(2));
    await s.store.purge(source);
    expect(await move(1, T0)).toMatchObject({ task: { status: 'COMPLETED', moved: 0 } });
    expect(await s.counts(destination, T0)).toEqual([0, 0, 0]);
  });
}
