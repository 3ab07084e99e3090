import { expect, it } from 'vitest';
import { key, message, numbered, request, SECOND, type Subject, settings, T0 } from '../subject.ts';

export function snapshots(s: Subject): void {
  const task = (sourceId: number) => ({ taskId: 'task', sourceId });
  const limits = { active: 100, kept: 10 };

  it('a restored snapshot has the queues, messages and counts that it was taken with', async () => {
    const id = await s.queue('orders', { attributes: new Map([['DelaySeconds', '5']]) });
    await s.send(id, numbered(3), T0);
    await s.send(id, 'later', T0, { delayMs: 10 * SECOND });
    await s.receive(id, T0 + SECOND, { max: 1 });
    const info = await s.states.takeSnapshot('before', T0 + SECOND);
    expect(info).toEqual({ name: 'before', takenAt: T0 + SECOND, queues: 1, messages: 4, topics: 0 });

    await s.store.purge(id);
    await s.store.changeQueue(id, { attributes: new Map([['DelaySeconds', '7']]) }, T0 + SECOND);
    await s.send(await s.queue('other'), 'new', T0 + SECOND);
    expect(await s.states.restoreSnapshot('before', T0 + SECOND)).toEqual(info);

    expect(await s.store.findQueue(key('other'))).toBeUndefined();
    expect(await s.store.findQueue(key('orders'))).toMatchObject({ id, attributes: new Map([['DelaySeconds', '5']]) });
    expect(await s.counts(id, T0 + SECOND)).toEqual([2, 1, 1]);
    expect(await s.bodies(id, T0 + SECOND)).toEqual(['body 1', 'body 2']);
    expect(await s.bodies(id, T0 + 10 * SECOND)).toEqual(['later']);
    expect(await s.bodies(id, T0 + 31 * SECOND, { max: 1 })).toEqual(['body 0']);
  });

  it('a snapshot can be restored any number of times, even after its queues were deleted', async () => {
    const id = await s.queue();
    await s.send(id, numbered(2), T0);
    await s.states.takeSnapshot('two', T0);
    for (let round = 0; round < 3; round++) {
      expect(await s.bodies(id, T0)).toEqual(['body 0', 'body 1']);
      await s.store.deleteQueue(id);
      await s.states.restoreSnapshot('two', T0);
    }
    expect(await s.counts(id, T0)).toEqual([2, 0, 0]);
  });

  it('restoring or removing a snapshot that does not exist changes nothing', async () => {
    const id = await s.queue();
    await s.send(id, 'hello', T0);
    expect(await s.states.restoreSnapshot('never taken', T0)).toBeUndefined();
    expect(await s.states.removeSnapshot('never taken')).toBe(false);
    expect(await s.bodies(id, T0)).toEqual(['hello']);
  });

  it('snapshots are listed in order, replace earlier ones of the same name, and can be removed', async () => {
    const id = await s.queue();
    await s.states.takeSnapshot('a', T0);
    await s.states.takeSnapshot('b', T0 + 1);
    await s.send(id, 'hello', T0 + 2);
    await s.states.takeSnapshot('a', T0 + 2);
    expect(s.states.snapshots()).toEqual([
      { name: 'b', takenAt: T0 + 1, queues: 1, messages: 0, topics: 0 },
      { name: 'a', takenAt: T0 + 2, queues: 1, messages: 1, topics: 0 },
    ]);
    expect(await s.states.removeSnapshot('b')).toBe(true);
    expect(s.states.snapshots().map(({ name }) => name)).toEqual(['a']);
    expect(await s.states.restoreSnapshot('b', T0)).toBeUndefined();
    await s.states.restoreSnapshot('a', T0 + 2);
    expect(await s.counts(id, T0 + 2)).toEqual([1, 0, 0]);
  });

  it('snapshots can be taken, replaced, restored and removed in any order in one turn', async () => {
    const { states } = s;
    const names = () => states.snapshots().map(({ name }) => name);
    await states.takeSnapshot('a', T0);
    await states.takeSnapshot('b', T0);
    const removals = ['a', 'b', 'a'].map((name) => () => states.removeSnapshot(name));
    expect(await s.inTurn(...removals)).toEqual([true, true, false]);
    expect(names()).toEqual([]);
    const id = await s.queue();
    const [first, , second, restored] = await s.inTurn(
      () => states.takeSnapshot('a', T0),
      () => s.send(id, 'hello', T0),
      () => states.takeSnapshot('a', T0 + 1),
      () => states.restoreSnapshot('a', T0 + 1),
    );
    expect([first.messages, second.messages, restored?.messages]).toEqual([0, 1, 1]);
    const remove = (name: string) => () => states.removeSnapshot(name);
    const take = () => states.takeSnapshot('b', T0);
    await s.inTurn(remove('a'), take, remove('b'));
    expect(names()).toEqual([]);
    await s.inTurn(remove('b'), take);
    expect(names()).toEqual(['b']);
    await states.restoreSnapshot('b', T0);
    expect(await s.bodies(id, T0)).toEqual(['hello']);
  });

  it('queues and messages that are created after a restore have new IDs and keys', async () => {
    const id = await s.queue();
    await s.states.takeSnapshot('empty', T0);
    await s.send(id, 'thrown away', T0);
    const { receipt } = await s.receiveOne(id, T0);
    const other = await s.queue('other');
    await s.states.restoreSnapshot('empty', T0);
    expect(await s.queue('other')).toBeGreaterThan(other);
    await s.send(id, 'kept', T0);
    expect((await s.receiveOne(id, T0)).receipt.key).toBeGreaterThan(receipt.key);
    expect(await s.store.delete(id, [receipt], T0)).toEqual(['gone']);
  });

  it('receipts from before the snapshot are valid after it is restored', async () => {
    const id = await s.queue();
    await s.send(id, numbered(2), T0);
    const first = await s.receiveOne(id, T0);
    await s.states.takeSnapshot('in-flight', T0);
    await s.store.delete(id, [first.receipt], T0);
    await s.states.restoreSnapshot('in-flight', T0);
    expect(await s.store.delete(id, [first.receipt], T0)).toEqual(['deleted']);
    await s.states.restoreSnapshot('in-flight', T0);
    const change = [{ receipt: first.receipt, visibilityMs: 0 }];
    expect(await s.store.changeVisibility(id, change, T0)).toEqual(['changed']);
  });

  it('a receipt from after the snapshot is stale after a restore, even once its receive number is reused', async () => {
    const id = await s.queue();
    await s.send(id, 'hello', T0);
    await s.states.takeSnapshot('unreceived', T0);
    const thrownAway = await s.receiveOne(id, T0);
    await s.states.restoreSnapshot('unreceived', T0);
    expect(await s.store.delete(id, [thrownAway.receipt], T0)).toEqual(['stale']);
    const received = await s.receiveOne(id, T0);
    expect(received.receipt).toMatchObject({ key: thrownAway.receipt.key, receive: thrownAway.receipt.receive });
    expect(await s.store.delete(id, [thrownAway.receipt], T0)).toEqual(['stale']);
    const change = [{ receipt: thrownAway.receipt, visibilityMs: 0 }];
    expect(await s.store.changeVisibility(id, change, T0)).toEqual(['stale']);
    expect(await s.store.delete(id, [received.receipt], T0)).toEqual(['deleted']);
  });

  it('each of two snapshots accepts only its own receipts, in whichever order they are restored', async () => {
    const id = await s.queue();
    await s.send(id, numbered(2), T0);
    await s.states.takeSnapshot('first', T0);
    const { receipt: between } = await s.receiveOne(id, T0);
    await s.states.takeSnapshot('second', T0);
    const { receipt: after } = await s.receiveOne(id, T0);
    await s.states.restoreSnapshot('first', T0);
    expect(await s.store.delete(id, [between, after], T0)).toEqual(['stale', 'stale']);
    await s.states.restoreSnapshot('second', T0);
    expect(await s.store.delete(id, [between, after], T0)).toEqual(['deleted', 'stale']);
    await s.states.restoreSnapshot('first', T0);
    expect(await s.store.delete(id, [between, after], T0)).toEqual(['stale', 'stale']);
  });

  it('groups, duplicates and attempts are restored', async () => {
    const id = await s.queue('orders.fifo', { fifo: true });
    const deduplication = { key: 'once', windowMs: 300 * SECOND };
    const once = message('once', { groupId: 'g', deduplication });
    const [sent] = (await s.store.send(id, [once], T0))!;
    await s.send(id, 'second', T0, { groupId: 'g' });
    const attempt = { id: 'attempt', windowMs: 300 * SECOND };
    const [received] = await s.receive(id, T0, { max: 1, attempt });
    await s.states.takeSnapshot('fifo', T0);
    await s.store.deleteQueue(id);
    await s.states.restoreSnapshot('fifo', T0 + SECOND);
    expect(await s.store.send(id, [message('once', { groupId: 'g', deduplication })], T0)).toEqual([sent]);
    expect(await s.bodies(id, T0 + SECOND)).toEqual([]);
    const [again] = await s.receive(id, T0 + SECOND, { max: 1, attempt });
    expect(again).toMatchObject({
      body: 'once',
      receiveCount: 1,
      receipt: { receivedAt: received!.receipt.receivedAt },
    });
    expect(await s.store.delete(id, [again!.receipt], T0 + SECOND)).toEqual(['deleted']);
    expect(await s.bodies(id, T0 + SECOND)).toEqual(['second']);
  });

  it('move tasks are restored with their status', async () => {
    const id = await s.queue();
    await s.send(id, numbered(2), T0);
    await s.states.takeSnapshot('idle', T0);
    await s.store.startMoveTask(task(id), limits, T0);
    await s.states.takeSnapshot('moving', T0);
    await s.store.changeMoveTask('task', { from: 'RUNNING', to: 'FAILED', failureReason: 'x' });
    await s.states.restoreSnapshot('moving', T0);
    expect(await s.store.claimMoveTasks()).toMatchObject([{ taskId: 'task', status: 'RUNNING', toMove: 2 }]);
    await s.states.restoreSnapshot('idle', T0);
    expect(await s.store.claimMoveTasks()).toEqual([]);
    expect(await s.store.listMoveTasks(id, 10)).toEqual([]);
  });

  it('a restore announces the queues that may have something to deliver, now or later', async () => {
    const [now, later, never] = [await s.queue('now'), await s.queue('later'), await s.queue('never')];
    await s.send(now, 'hello', T0);
    await s.send(later, 'hello', T0, { delayMs: 5 * SECOND });
    await s.states.takeSnapshot('s', T0);
    for (const id of [now, later]) await s.store.purge(id);
    s.announced.length = 0;
    await s.states.restoreSnapshot('s', T0 + SECOND);
    expect(s.announced.filter(([id]) => id !== never)).toEqual([
      [now, T0 + SECOND],
      [later, T0 + 5 * SECOND],
    ]);
  });

  it('after a restore at an earlier time messages are as they were then', async () => {
    const id = await s.queue();
    await s.send(id, 'hello', T0);
    await s.receive(id, T0);
    await s.states.takeSnapshot('in-flight', T0);
    expect(await s.counts(id, T0 + 60 * SECOND)).toEqual([1, 0, 0]);
    await s.states.restoreSnapshot('in-flight', T0);
    expect(await s.counts(id, T0)).toEqual([0, 1, 0]);
    expect(await s.bodies(id, T0 + 30 * SECOND)).toEqual(['hello']);
  });

  it('a restore discards the effects of earlier verbs of its turn, and keeps those of later ones', async () => {
    const id = await s.queue();
    await s.states.takeSnapshot('empty', T0);
    await s.inTurn(
      () => s.store.send(id, [message('before')], T0),
      () => s.states.restoreSnapshot('empty', T0),
      () => s.store.send(id, [message('behind')], T0),
    );
    expect(await s.counts(id, T0)).toEqual([1, 0, 0]);
    expect(await s.bodies(id, T0)).toEqual(['behind']);
  });

  it('a snapshot is reported as taken and restored between the events before and after it', async () => {
    const id = await s.queue('orders', { retentionMs: 10 * SECOND });
    await s.send(id, 'old', T0);
    const order: string[] = [];
    s.store.onHappening((happenings) => order.push(...happenings.map(({ kind }) => kind)));
    const send = (now: number) => s.store.send(id, [message('')], now);
    const note = (what: string) => () => order.push(what);
    await s.inTurn(
      () => send(T0),
      () => s.states.takeSnapshot('s', T0, note('taken')),
      () => s.store.purge(id),
      () => s.states.restoreSnapshot('s', T0 + 10 * SECOND, note('restored')),
      () => send(T0 + 10 * SECOND),
    );
    expect(order).toEqual(['sent', 'taken', 'purged', 'restored', 'expired', 'expired', 'sent']);
  });

  it('queues are removed by account, region and prefix, or all of them', async () => {
    const make = async (name: string, account: string, region: string) =>
      (await s.store.createQueue(key(name, { account, region }), settings(), T0)).queue;
    const [a, b] = ['111111111111', '222222222222'];
    const ours = await make('test-1', a!, 'us-east-1');
    const elsewhere = await make('test-1', a!, 'eu-west-1');
    const named = await make('kept', a!, 'us-east-1');
    const theirs = await make('test-1', b!, 'us-east-1');
    await s.store.send(ours.id, [message('hello')], T0);
    expect(await s.states.removeQueues({ account: a, region: 'us-east-1', prefix: 'test-' })).toEqual([ours]);
    expect(await s.store.findQueue(ours)).toBeUndefined();
    expect(await s.store.receive(ours.id, request(), T0)).toBeUndefined();
    expect(await s.states.removeQueues({ account: a })).toEqual([elsewhere, named]);
    expect(await s.store.findQueue(theirs)).toEqual(theirs);
    expect(await s.states.removeQueues({})).toEqual([theirs]);
    expect(await s.states.removeQueues({})).toEqual([]);
  });
}
