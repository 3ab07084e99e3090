import { expect, it } from 'vitest';
import {
  HOUR,
  key,
  message,
  NO_LIMIT,
  numbered,
  request,
  SECOND,
  type Subject,
  settings,
  T0,
  unstorable,
} from '../subject.ts';

export function restarts(s: Subject): void {
  it('a restart keeps queues with their attributes and tags', async () => {
    const odd = new Map(['__proto__', 'a', 'ü'].map((name) => [name, `of ${name}`]));
    const { queue } = await s.store.createQueue(key('a.fifo'), settings({ fifo: true, attributes: odd }), T0);
    const id = await s.queue('b');
    const changed = await s.store.changeQueue(id, { retentionMs: 5, tags: odd, attributes: odd }, T0 + 1);
    await s.store.deleteQueue(await s.queue('deleted'));
    await s.restart();
    expect(await s.store.findQueue(key('a.fifo'))).toEqual(queue);
    expect(await s.store.findQueue(key('b'))).toEqual(changed);
    expect([...(await s.store.findQueue(key('b')))!.tags]).toEqual([...odd]);
    expect(await s.store.findQueue(key('deleted'))).toBeUndefined();
  });

  it('a restart keeps messages, delays, timeouts, receipts and counts', async () => {
    const id = await s.queue();
    const attributes = new Map([['bytes', { dataType: 'Binary', binaryValue: 'AAEC' }]]);
    await s.send(id, 'received', T0, { attributes, groupId: 'group', traceHeader: 'Root=1' });
    await s.send(id, ['visible', 'deleted'], T0 + 1);
    await s.send(id, 'delayed', T0, { delayMs: 20 * SECOND });
    const before = await s.receiveOne(id, T0, { visibilityMs: 10 * SECOND });
    const [, gone] = await s.receive(id, T0 + 1, { visibilityMs: 0 });
    await s.store.delete(id, [gone!.receipt], T0 + 1);
    await s.restart();
    expect(await s.counts(id, T0 + 2)).toEqual([1, 1, 1]);
    expect(await s.store.nextVisibleAt(id, NO_LIMIT, T0 + 2)).toBe(T0 + 2);
    expect(await s.receiveOne(id, T0 + 2)).toMatchObject({ body: 'visible', receiveCount: 2 });
    expect(await s.store.nextVisibleAt(id, NO_LIMIT, T0 + 2)).toBe(T0 + 10 * SECOND);
    const { receipt } = before;
    expect(await s.store.changeVisibility(id, [{ receipt, visibilityMs: 5 * SECOND }], T0 + SECOND)).toEqual([
      'changed',
    ]);
    const again = await s.receiveOne(id, T0 + 6 * SECOND);
    expect(again).toEqual({
      ...before,
      receiveCount: 2,
      receipt: { ...receipt, receive: 2, receivedAt: T0 + 6 * SECOND },
    });
    expect(await s.bodies(id, T0 + 20 * SECOND)).toEqual(['delayed']);
  });

  it('after a restart messages that have expired since are neither counted nor handed out', async () => {
    const id = await s.queue();
    await s.send(id, 'hello', T0);
    await s.restart();
    expect(await s.counts(id, T0 + HOUR)).toEqual([0, 0, 0]);
    expect(await s.bodies(id, T0 + HOUR)).toEqual([]);
  });

  it('after a restart expire still returns when the next message expires, and frees purged messages', async () => {
    const [id, other] = [await s.queue(), await s.queue('other')];
    await s.send(id, numbered(3), T0);
    await s.send(other, 'hello', T0 + 5);
    await s.store.purge(id);
    await s.restart();
    expect(await s.counts(id, T0)).toEqual([0, 0, 0]);
    expect(await s.store.expire(T0 + 5, 10)).toEqual({ freed: 3, nextAt: T0 + 5 + HOUR });
  });

  it('after a restart expire searches many queues, and forgets deleted ones, in portions', async () => {
    for (let index = 0; index < 25; index++) {
      await s.send(await s.queue(`kept ${index}`), 'hello', T0 + index);
      await s.store.deleteQueue(await s.queue(`deleted ${index}`));
    }
    await s.restart();
    const portions = [await s.store.expire(T0 + 30, 10)];
    while (portions.at(-1)!.nextAt === T0 + 30) portions.push(await s.store.expire(T0 + 30, 10));
    // A database finds out at once which queues have something to free.
    expect(portions).toHaveLength(s.form.isConcurrent ? 1 : 5);
    expect(portions.at(-1)).toEqual({ freed: 0, nextAt: T0 + HOUR });
  });

  it('a restart keeps the receive count, source and first receive of dead-lettered messages', async () => {
    const [source, target] = [await s.queue(), await s.queue('target')];
    const redrive = { targetId: target, maxReceiveCount: 1, sourceArn: 'arn:source' };
    await s.send(source, 'poison', T0);
    await s.receive(source, T0, { visibilityMs: SECOND });
    await s.receive(source, T0 + SECOND, { redrive });
    await s.restart();
    expect(await s.receiveOne(target, T0 + SECOND)).toMatchObject({
      receiveCount: 2,
      deadLetterSource: 'arn:source',
      firstReceivedAt: T0,
    });
  });

  it('a restart keeps move tasks and their progress, and active ones can continue', async () => {
    const [source, target] = [await s.queue('source'), await s.queue('target')];
    await s.send(source, numbered(3), T0);
    const limits = { active: 100, kept: 10 };
    const asked = { sourceId: source, destinationArn: 'arn:target', perSecond: 5 };
    await s.store.startMoveTask({ taskId: 'first', ...asked }, limits, T0);
    await s.store.changeMoveTask('first', { from: 'RUNNING', to: 'FAILED', failureReason: 'Why' });
    await s.store.startMoveTask({ taskId: 'second', ...asked }, limits, T0 + 1);
    const portion = { messageIds: ['a', 'b'], destinations: new Map([['arn:target', target]]) };
    await s.store.moveMessages('second', portion, T0 + 1);
    const before = await s.store.listMoveTasks(source, 10);
    await s.restart();
    expect(await s.store.listMoveTasks(source, 10)).toEqual(before);
    expect(await s.store.claimMoveTasks()).toEqual([before![0]]);
    expect([await s.counts(source, T0 + 1), await s.counts(target, T0 + 1)]).toEqual([
      [1, 0, 0],
      [2, 0, 0],
    ]);
    expect(await s.store.moveMessages('second', portion, T0 + 2)).toMatchObject({
      task: { status: 'COMPLETED', moved: 3 },
    });
    expect(await s.bodies(target, T0 + 2)).toEqual(numbered(3));
  });

  it('keys and IDs are never reused, even if the latest were deleted, or belonged to a verb that threw', async () => {
    const keys = new Set<number>();
    const ids = new Set<number>();
    for (let round = 1; round <= 4; round++) {
      const id = await s.queue();
      const failing = s.store.send(id, [message('not this'), unstorable()], T0);
      await Promise.all([expect(failing).rejects.toThrow(), s.send(id, numbered(3), T0)]);
      for (const { receipt } of await s.receive(id, T0)) keys.add(receipt.key);
      ids.add(id);
      await s.store.deleteQueue(id);
      await s.store.expire(T0, 100);
      expect([keys.size, ids.size]).toEqual([3 * round, round]);
      await s.restart();
    }
  });

  it('keys are never reused, even if the first verb after each restart threw', async () => {
    const id = await s.queue();
    const keys = new Set<number>();
    for (let round = 1; round <= 3; round++) {
      await s.restart();
      const failing = s.store.send(id, [message('not this'), unstorable()], T0);
      await Promise.all([expect(failing).rejects.toThrow(), s.send(id, numbered(3), T0)]);
      for (const { receipt } of await s.receive(id, T0)) keys.add(receipt.key);
      await s.store.purge(id);
      expect(keys.size).toBe(3 * round);
    }
  });

  it('a restart keeps the effects of verbs that were called in the turn of the close', async () => {
    const id = await s.queue();
    const sent = s.store.send(id, [message('hello')], T0);
    await s.restart();
    expect(await sent).toHaveLength(1);
    expect(await s.store.receive(id, request(), T0)).toHaveLength(1);
  });

  it('a restart keeps groups and their locks, duplicates and attempts', async () => {
    const id = await s.queue('orders.fifo', { fifo: true });
    const send = (groupId: string, key: string, now: number) =>
      s.store.send(id, [message(key, { groupId, deduplication: { key, windowMs: HOUR } })], now);
    const attempt = { id: 'x', windowMs: HOUR };
    const first = await send('a', '1', T0);
    await send('a', '2', T0);
    const received = await s.receive(id, T0, { max: 1, attempt });
    await s.restart();
    expect(await s.bodies(id, T0 + 1)).toEqual([]);
    expect(await send('a', '1', T0 + 1)).toEqual(first);
    expect((await send('b', '3', T0 + 1))![0]!.key).toBeGreaterThan(first![0]!.key);
    expect(await s.receive(id, T0 + 1, { attempt })).toEqual(received);
    expect(await s.store.nextVisibleAt(id, NO_LIMIT, T0 + 1)).toBe(T0 + 1);
    expect(await s.store.delete(id, [received[0]!.receipt], T0 + 2)).toEqual(['deleted']);
    expect(await s.bodies(id, T0 + 2)).toEqual(['2', '3']);
  });
}
