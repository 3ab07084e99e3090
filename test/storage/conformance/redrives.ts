import { expect, it } from 'vitest';
import { HOUR, message, NO_LIMIT, NO_QUEUE, numbered, request, SECOND, type Subject, T0 } from '../subject.ts';

const VISIBILITY = 30 * SECOND;

export function redrives(s: Subject): void {
  const redriveTo = (targetId: number, maxReceiveCount = 1, sourceArn = 'arn:source') => ({
    redrive: { targetId, maxReceiveCount, sourceArn },
  });
  const sourceAndTarget = async (targetRetentionMs = HOUR) =>
    [await s.queue('source'), await s.queue('target', { retentionMs: targetRetentionMs })] as const;

  it('a message moves to the dead-letter queue with the first receive after maxReceiveCount receives', async () => {
    const [source, target] = await sourceAndTarget();
    await s.send(source, 'poison', T0);
    let now = T0;
    for (let count = 1; count <= 3; count++, now += VISIBILITY) {
      expect(await s.receiveOne(source, now, redriveTo(target, 3))).toMatchObject({ receiveCount: count });
    }
    expect(await s.counts(target, now)).toEqual([0, 0, 0]);
    expect(await s.counts(source, now)).toEqual([1, 0, 0]);
    expect(await s.receive(source, now, redriveTo(target, 3))).toEqual([]);
    expect(await s.counts(source, now)).toEqual([0, 0, 0]);
    expect(await s.counts(target, now)).toEqual([1, 0, 0]);
  });

  it('a moved message keeps its content and its receive count, and names its source', async () => {
    const [source, target] = await sourceAndTarget();
    await s.send(source, 'poison', T0, { groupId: 'group', traceHeader: 'Root=1' });
    const before = await s.receiveOne(source, T0 + 1);
    const now = T0 + 1 + VISIBILITY;
    await s.receive(source, now, redriveTo(target));
    const after = await s.receiveOne(target, now + 1);
    const { receipt } = after;
    expect(after).toEqual({ ...before, receipt, receiveCount: 2, deadLetterSource: 'arn:source' });
    expect(receipt).toMatchObject({ receive: 2, receivedAt: now + 1 });
  });

  it('a message can be sent with the name of the queue that dead-lettered it', async () => {
    const [, target] = await sourceAndTarget();
    await s.send(target, 'copy', T0, { deadLetterSource: 'arn:source' });
    expect(await s.receiveOne(target, T0)).toMatchObject({ receiveCount: 1, deadLetterSource: 'arn:source' });
  });

  it('the receipt of a moved message finds the message gone in its source', async () => {
    const [source, target] = await sourceAndTarget();
    await s.send(source, 'poison', T0);
    const { receipt } = await s.receiveOne(source, T0);
    const now = T0 + VISIBILITY;
    await s.receive(source, now, redriveTo(target));
    expect(await s.store.delete(source, [receipt], now)).toEqual(['gone']);
    expect(await s.store.changeVisibility(source, [{ receipt, visibilityMs: 0 }], now)).toEqual(['gone']);
    expect(await s.counts(target, now)).toEqual([1, 0, 0]);
  });

  it('the receive that moves some messages hands out those that can still be received', async () => {
    const [source, target] = await sourceAndTarget();
    await s.send(source, numbered(15), T0);
    await s.receive(source, T0, { max: 10 });
    const now = T0 + VISIBILITY;
    const expected = numbered(15).slice(10);
    expect(await s.bodies(source, now, { max: 5, ...redriveTo(target) })).toEqual(expected);
    expect(await s.counts(source, now)).toEqual([10, 5, 0]);
    expect(await s.bodies(source, now, redriveTo(target))).toEqual([]);
    expect(await s.counts(source, now)).toEqual([0, 5, 0]);
    expect(await s.counts(target, now)).toEqual([10, 0, 0]);
  });

  it('a moved message is at the end of the line in its target', async () => {
    const [source, target] = await sourceAndTarget();
    await s.send(source, 'moved', T0);
    await s.send(target, 'was there', T0 + SECOND);
    await s.receive(source, T0);
    await s.receive(source, T0 + VISIBILITY, redriveTo(target));
    await s.send(target, 'came later', T0 + VISIBILITY + 1);
    expect(await s.bodies(target, T0 + HOUR / 2)).toEqual(['was there', 'moved', 'came later']);
  });

  it('a chain of dead-letter queues counts receives per queue, and a message names its last source', async () => {
    const [first, second, third] = [await s.queue('first'), await s.queue('second'), await s.queue('third')];
    const toSecond = redriveTo(second, 2, 'arn:first');
    const toThird = redriveTo(third, 1, 'arn:second');
    await s.send(first, 'poison', T0);
    let now = T0;
    for (let round = 0; round < 3; round++, now += VISIBILITY) await s.receive(first, now, toSecond);
    expect(await s.receiveOne(second, now, toThird)).toMatchObject({ receiveCount: 3, deadLetterSource: 'arn:first' });
    now += VISIBILITY;
    expect(await s.receive(second, now, toThird)).toEqual([]);
    const last = await s.receiveOne(third, now);
    expect(last).toMatchObject({ receiveCount: 4, deadLetterSource: 'arn:second', sentAt: T0, firstReceivedAt: T0 });
    for (const id of [first, second]) expect(await s.counts(id, now)).toEqual([0, 0, 0]);
    expect(await s.counts(third, now)).toEqual([0, 1, 0]);
  });

  it.each(['never existed', 'was deleted'])('messages stay and are delivered if the target %s', async (fate) => {
    const source = await s.queue('source');
    const target = fate === 'never existed' ? NO_QUEUE : await s.queue('target');
    await s.store.deleteQueue(target);
    await s.send(source, 'poison', T0);
    for (let count = 1; count <= 3; count++) {
      const now = T0 + count * VISIBILITY;
      expect(await s.receiveOne(source, now, redriveTo(target))).toMatchObject({ receiveCount: count });
    }
  });

  it('a queue that is its own target loses nothing', async () => {
    const id = await s.queue();
    await s.send(id, ['poison', 'other'], T0);
    await s.receiveOne(id, T0, { visibilityMs: 0 });
    const received = await s.receive(id, T0 + 1, redriveTo(id));
    expect(received.map(({ body, receiveCount }) => [body, receiveCount])).toEqual([
      ['other', 1],
      ['poison', 2],
    ]);
    expect(await s.counts(id, T0 + 1)).toEqual([0, 2, 0]);
    expect(await s.counts(id, T0 + 1 + VISIBILITY)).toEqual([2, 0, 0]);
  });

  it('a moved message expires by the retention period of its target, counted from the original send', async () => {
    const [source, target] = await sourceAndTarget(2 * VISIBILITY);
    await s.send(source, 'moved', T0);
    await s.receive(source, T0);
    await s.send(target, 'was there', T0 + VISIBILITY);
    await s.receive(source, T0 + VISIBILITY, redriveTo(target));
    expect(await s.counts(target, T0 + 2 * VISIBILITY - 1)).toEqual([2, 0, 0]);
    expect((await s.store.expire(T0 + 2 * VISIBILITY - 1, 100)).nextAt).toBe(T0 + 2 * VISIBILITY);
    expect(await s.counts(target, T0 + 2 * VISIBILITY)).toEqual([1, 0, 0]);
    expect(await s.bodies(target, T0 + 2 * VISIBILITY)).toEqual(['was there']);
  });

  it('a message that is too old for its target disappears with the move', async () => {
    const [source, target] = await sourceAndTarget(VISIBILITY);
    await s.send(source, 'moved', T0);
    await s.receive(source, T0);
    expect(await s.receive(source, T0 + VISIBILITY, redriveTo(target))).toEqual([]);
    expect(await s.counts(source, T0 + VISIBILITY)).toEqual([0, 0, 0]);
    expect(await s.counts(target, T0 + VISIBILITY)).toEqual([0, 0, 0]);
    expect(await s.bodies(target, T0 + VISIBILITY)).toEqual([]);
  });

  it('a move is announced for the target', async () => {
    const [source, target] = await sourceAndTarget();
    await s.send(source, 'poison', T0);
    await s.receive(source, T0, redriveTo(target));
    s.announced.length = 0;
    await s.receive(source, T0 + VISIBILITY, redriveTo(target));
    expect(s.announced).toContainEqual([target, T0 + VISIBILITY]);
    expect(await s.store.nextVisibleAt(target, NO_LIMIT, T0 + VISIBILITY)).toBe(T0 + VISIBILITY);
  });

  it('an aborted receive and one over the in-flight limit move nothing', async () => {
    const [source, target] = await sourceAndTarget();
    await s.send(source, numbered(2), T0);
    await s.receiveOne(source, T0, { visibilityMs: SECOND });
    await s.receiveOne(source, T0 + 1);
    const now = T0 + SECOND;
    expect(await s.receive(source, now, { signal: AbortSignal.abort(), ...redriveTo(target) })).toEqual([]);
    expect(await s.store.receive(source, request({ inFlightLimit: 1, ...redriveTo(target) }), now)).toBe('over-limit');
    expect(await s.counts(source, now)).toEqual([1, 1, 0]);
    expect(await s.counts(target, now)).toEqual([0, 0, 0]);
  });

  it('however many messages are dead-lettered, the ones after them are eventually received', async () => {
    const [source, target] = await sourceAndTarget();
    const count = 1500;
    await s.store.send(
      source,
      numbered(count).map((body) => message(body)),
      T0,
    );
    await Promise.all(numbered(count / 10).map(() => s.receive(source, T0, { visibilityMs: SECOND })));
    await s.send(source, 'behind', T0 + SECOND);
    const now = T0 + 2 * SECOND;
    const received = [];
    while ((await s.counts(source, now))[0] > 0) received.push(...(await s.bodies(source, now, redriveTo(target))));
    expect(received).toEqual(['behind']);
    expect(await s.counts(source, now)).toEqual([0, 1, 0]);
    expect(await s.counts(target, now)).toEqual([count, 0, 0]);
  });

  it.each([
    ['another queue', 1, ['b 1', 'c 1']],
    ['another queue', 2, ['b 1', 'c 1']],
    ['the queue itself', 1, ['b 1', 'c 1', 'a 2']],
  ])(
    'a receive that leaves messages visible, and moves others to %s (from %i receives on), takes none twice',
    async (to, maxReceiveCount, expected) => {
      const [source, target] = await sourceAndTarget();
      await s.send(source, 'a', T0);
      for (let count = 0; count < maxReceiveCount; count++) await s.receiveOne(source, T0, { visibilityMs: 0 });
      await s.send(source, ['b', 'c'], T0);
      const redrive = { targetId: to === 'another queue' ? target : source, maxReceiveCount, sourceArn: 'arn:source' };
      const messages = await s.receive(source, T0, { visibilityMs: 0, redrive });
      expect(messages.map(({ body, receiveCount }) => `${body} ${receiveCount}`)).toEqual(expected);
      expect(await s.counts(target, T0)).toEqual([to === 'another queue' ? 1 : 0, 0, 0]);
    },
  );
}
