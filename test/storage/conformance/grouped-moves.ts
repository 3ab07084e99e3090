import { expect, it } from 'vitest';
import { HOUR, message, numbered, request, SECOND, type Subject, T0 } from '../subject.ts';

/** Message move tasks for messages with a group: in FIFO queues, and in standard queues, where a group is a tenant. */
export function groupedMoves(s: Subject): void {
  let tasks = 0;
  /** Starts a task that moves messages to `arn:orders`. */
  const start = async (sourceId: number) => {
    const taskId = `task-${++tasks}`;
    await s.store.startMoveTask({ taskId, sourceId, destinationArn: 'arn:orders' }, { active: 100, kept: 10 }, T0);
    return taskId;
  };
  const destinations = (...queues: [arn: string, id: number][]) => new Map(queues);
  const ids = (count: number) => Array.from({ length: count }, () => message('').messageId);

  it('in FIFO queues a moved message is appended to its group, and unlocks the next one in its source', async () => {
    const fifo = { fifo: true };
    const [orders, dlq] = [
      await s.queue('orders.fifo', fifo),
      await s.queue('dlq.fifo', { ...fifo, retentionMs: 24 * HOUR }),
    ];
    await s.send(dlq, ['a1', 'a2'], T0, { groupId: 'a', deduplicationId: 'old' });
    await s.send(dlq, 'b1', T0, { groupId: 'b' });
    await s.send(orders, 'a0', T0, { groupId: 'a' });
    await s.receiveOne(orders, T0);
    const taskId = await start(dlq);
    const move = (messageIds: string[]) =>
      s.store.moveMessages(taskId, { messageIds, destinations: destinations(['arn:orders', orders]) }, T0 + 1);
    s.announced.length = 0;
    expect(await move(['new a1'])).toMatchObject({ task: { moved: 1, status: 'RUNNING' } });
    expect(s.announced).toContainEqual([orders, T0 + 30 * SECOND]);
    expect(await s.bodies(orders, T0 + 1)).toEqual([]);
    expect((await s.receive(dlq, T0 + 1, { visibilityMs: 0 })).map(({ body }) => body).sort()).toEqual(['a2', 'b1']);
    expect(await move(['new a2', 'new b1'])).toMatchObject({ task: { moved: 3, status: 'COMPLETED' } });
    expect(await s.counts(dlq, T0 + 1)).toEqual([0, 0, 0]);
    expect(await s.store.nextVisibleAt(dlq, 10, T0 + 1)).toBeUndefined();
    expect(await s.bodies(orders, T0 + 1)).toEqual(['b1']);
    const later = await s.receive(orders, T0 + 60 * SECOND);
    const ofA = later.filter(({ groupId }) => groupId === 'a');
    expect(ofA.map(({ body }) => body)).toEqual(['a0', 'a1', 'a2']);
    expect(ofA[1]).toMatchObject({ messageId: 'new a1', deduplicationId: 'new a1', sentAt: T0 + 1, receiveCount: 1 });
  });

  it('in FIFO queues messages after one that is in flight are not moved', async () => {
    const fifo = { fifo: true };
    const [orders, dlq] = [await s.queue('orders.fifo', fifo), await s.queue('dlq.fifo', fifo)];
    await s.send(dlq, ['a1', 'a2'], T0, { groupId: 'a' });
    await s.send(dlq, 'b1', T0, { groupId: 'b' });
    await s.receiveOne(dlq, T0);
    const taskId = await start(dlq);
    const portion = { messageIds: ids(10), destinations: destinations(['arn:orders', orders]) };
    expect(await s.store.moveMessages(taskId, portion, T0)).toMatchObject({ task: { moved: 1, status: 'COMPLETED' } });
    expect(await s.bodies(orders, T0)).toEqual(['b1']);
    expect(await s.counts(dlq, T0)).toEqual([1, 1, 0]);
  });

  it('in a standard queue a moved message still belongs to its tenant', async () => {
    const [orders, dlq] = [await s.queue('orders'), await s.queue('dlq')];
    await s.send(dlq, numbered(40), T0, { groupId: 'noisy' });
    await s.send(dlq, 'quiet', T0 + 1, { groupId: 'quiet' });
    const taskId = await start(dlq);
    const portion = { messageIds: ids(100), destinations: destinations(['arn:orders', orders]) };
    expect(await s.store.moveMessages(taskId, portion, T0 + 1)).toMatchObject({
      task: { moved: 41, status: 'COMPLETED' },
    });
    await s.store.receive(orders, request({ max: 35 }), T0 + 1);
    const [first, second] = await s.receive(orders, T0 + 1, { max: 2 });
    expect(first).toMatchObject({ body: 'quiet', groupId: 'quiet' });
    expect(second).toMatchObject({ body: 'body 35', groupId: 'noisy' });
    expect(first!.deduplicationId).toBeUndefined();
  });
}
