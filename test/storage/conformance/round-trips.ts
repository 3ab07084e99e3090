import { describe, expect, it } from 'vitest';
import { message, SECOND, type Subject, T0 } from '../subject.ts';

/** Makes a message leave its queue and come back to it, where it has not been received since. */
interface Way {
  name: string;
  goRound(s: Subject, queues: { home: number; other: number; key: number }, now: number): Promise<void>;
}

const redriveTo = (targetId: number) => ({ redrive: { targetId, maxReceiveCount: 1, sourceArn: `arn:${targetId}` } });

const ways: Way[] = [
  {
    name: 'two dead-letter queues in a circle',
    async goRound(s, { home, other }, now) {
      expect(await s.receive(home, now, redriveTo(other))).toEqual([]);
      await s.receiveOne(other, now, { visibilityMs: 0 });
      expect(await s.receive(other, now, redriveTo(home))).toEqual([]);
    },
  },
  {
    name: 'a queue that is its own dead-letter queue',
    async goRound(s, { home }, now) {
      // The moved message comes after this one, so that the receive does not hand it out.
      await s.send(home, 'first in line', now - 1, { groupId: 'another' });
      const first = await s.receiveOne(home, now, redriveTo(home));
      expect(first.body).toBe('first in line');
      await s.store.delete(home, [first.receipt], now);
    },
  },
  {
    name: 'a move task from its dead-letter queue',
    async goRound(s, { home, other }, now) {
      expect(await s.receive(home, now, redriveTo(other))).toEqual([]);
      const task = { taskId: 'task', sourceId: other, destinationArn: 'arn:home' };
      await s.store.startMoveTask(task, { active: 1, kept: 1 }, now);
      const portion = { messageIds: [message('').messageId], destinations: new Map([['arn:home', home]]) };
      expect(await s.store.moveMessages('task', portion, now)).toMatchObject({ task: { moved: 1 } });
    },
  },
  {
    name: 'a move by hand to the queue itself',
    async goRound(s, { home, key }, now) {
      const redrive = { targetId: home, maxReceiveCount: 1, sourceArn: 'arn:home' };
      expect(await s.store.inspection.deadLetter(home, key, redrive, now)).toBe(true);
    },
  },
];

/** Messages that leave a queue and come back. */
export function roundTrips(s: Subject): void {
  describe.each([false, true])('(FIFO: %s)', (fifo) => {
    it.each(ways)('the receipt from before finds its message gone: $name', async ({ goRound }) => {
      const [home, other] = [await s.queue('home', { fifo }), await s.queue('other', { fifo })];
      await s.send(home, 'traveller', T0, { groupId: 'group' });
      const { receipt } = await s.receiveOne(home, T0, { visibilityMs: SECOND });
      const now = T0 + 2 * SECOND;
      await goRound(s, { home, other, key: receipt.key }, now);

      const change = (visibilityMs: number) => s.store.changeVisibility(home, [{ receipt, visibilityMs }], now);
      const expectGone = async (...counts: number[]) => {
        expect(await change(30 * SECOND)).toEqual(['gone']);
        expect(await change(0)).toEqual(['gone']);
        expect(await s.store.delete(home, [receipt], now)).toEqual(['gone']);
        expect(await s.counts(home, now)).toEqual(counts);
      };
      await expectGone(1, 0, 0);
      const again = await s.receiveOne(home, now);
      expect(again.body).toBe('traveller');
      await expectGone(0, 1, 0);
      const longer = [{ receipt: again.receipt, visibilityMs: 60 * SECOND }];
      expect(await s.store.changeVisibility(home, longer, now)).toEqual(['changed']);
      expect(await s.counts(home, now + 59 * SECOND)).toEqual([0, 1, 0]);
      expect(await s.store.delete(home, [again.receipt], now + 59 * SECOND)).toEqual(['deleted']);
      expect(await s.counts(home, now)).toEqual([0, 0, 0]);
    });

    it('a message that goes round and round is received under a new receipt each time', async () => {
      const [home, other] = [await s.queue('home', { fifo }), await s.queue('other', { fifo })];
      await s.send(home, 'traveller', T0, { groupId: 'group' });
      const receipts = [];
      for (let round = 0; round < 5; round++) {
        const now = T0 + round * SECOND;
        receipts.push((await s.receiveOne(home, now, { visibilityMs: 0 })).receipt);
        await ways[0]!.goRound(s, { home, other, key: 0 }, now);
      }
      const now = T0 + 10 * SECOND;
      const { receipt, receiveCount } = await s.receiveOne(home, now);
      expect(receiveCount).toBe(11);
      const changes = receipts.map((old) => ({ receipt: old, visibilityMs: 0 }));
      expect(await s.store.changeVisibility(home, changes, now)).toEqual(Array(5).fill('gone'));
      expect(await s.store.delete(home, [...receipts, receipt], now)).toEqual([...Array(5).fill('gone'), 'deleted']);
    });
  });

  it('a receipt with the number 0, which no receive has, finds its message gone', async () => {
    const id = await s.queue();
    await s.send(id, 'hello', T0);
    const { receipt } = await s.receiveOne(id, T0, { visibilityMs: 0 });
    await s.send(id, 'never received', T0);
    for (const { key } of [receipt, { key: receipt.key + 1 }]) {
      const forged = { ...receipt, key, receive: 0 };
      expect(await s.store.changeVisibility(id, [{ receipt: forged, visibilityMs: SECOND }], T0)).toEqual(['gone']);
      expect(await s.store.delete(id, [forged], T0)).toEqual(['gone']);
    }
    expect(await s.counts(id, T0)).toEqual([2, 0, 0]);
  });
}
