import { describe, expect, it } from 'vitest';
import { fifoSubjectOf, MANY, WINDOW } from '../fifo-subject.ts';
import { HOUR, message, NO_LIMIT, numbered, request, SECOND, type Subject, T0 } from '../subject.ts';

export function fifo(s: Subject): void {
  const { queue, send, names, remove, change } = fifoSubjectOf(s);

  describe('groups', () => {
    it('hand out their messages in the order of sending, and none after one that is in flight', async () => {
      const id = await queue();
      await send(id, 'a1 b1 a2 a3');
      const [a1] = await s.receive(id, T0, { max: 1 });
      expect(a1!.body).toBe('a1');
      expect(await names(id, T0)).toBe('b1');
      expect(await names(id, T0)).toBe('');
      expect(await s.counts(id, T0)).toEqual([2, 2, 0]);
      expect(await remove(id, a1!, T0)).toEqual(['deleted']);
      expect(await names(id, T0)).toBe('a2 a3');
    });

    it('are emptied one after the other, first the one whose first message has been visible longest', async () => {
      const id = await queue();
      await send(id, 'a1', T0);
      await send(id, 'b1 c1', T0 + 1);
      await send(id, 'a2 c2 b2', T0 + 2);
      expect(await names(id, T0 + 3, { max: 3 })).toBe('a1 a2 b1');
      expect(await names(id, T0 + 3, { max: 3 })).toBe('c1 c2');
    });

    it('that became ready at the same instant come in the order of their first messages', async () => {
      const id = await queue();
      await send(id, 'a1 b1 a2 b2');
      for (const body of ['a1', 'b1', 'a2', 'b2']) {
        const one = await s.receiveOne(id, T0);
        expect(one.body).toBe(body);
        await remove(id, one, T0);
      }
    });

    it('hand out the run of visible messages at their front', async () => {
      const id = await queue();
      await send(id, 'a1 a2 a3 a4');
      const received = await s.receive(id, T0);
      await change(id, received[2]!, 60 * SECOND, T0);
      expect(await names(id, T0 + 30 * SECOND, { visibilityMs: 0 })).toBe('a1 a2');
      expect(await change(id, received[2]!, 0, T0 + 30 * SECOND)).toEqual(['changed']);
      expect(await names(id, T0 + 30 * SECOND)).toBe('a1 a2 a3 a4');
    });

    it('hand out a message again while later ones are still in flight', async () => {
      const id = await queue();
      await send(id, 'a1 a2');
      const [a1] = await s.receive(id, T0);
      await change(id, a1!, 0, T0);
      expect(await names(id, T0)).toBe('a1');
    });

    it('neither hand out a delayed message early nor let later ones overtake it', async () => {
      const id = await queue();
      await send(id, 'a1', T0);
      await send(id, 'a2', T0, { delayMs: 5 * SECOND });
      await send(id, 'a3', T0);
      expect(await names(id, T0, { visibilityMs: SECOND })).toBe('a1');
      expect(await names(id, T0 + 5 * SECOND - 1, { visibilityMs: 0 })).toBe('a1');
      expect(await names(id, T0 + 5 * SECOND)).toBe('a1 a2 a3');
    });

    it('are distinguished by their IDs alone, even if there are many', async () => {
      const id = await queue();
      const messages = numbered(100).map((body) => message(body, { groupId: body }));
      await s.store.send(id, messages, T0);
      const found = [];
      for (let round = 0; round < 10; round++) found.push(...(await s.bodies(id, T0)));
      expect(found).toEqual(numbered(100));
    });

    it('are separate in each queue', async () => {
      const [id, other] = [await queue(), await queue('other.fifo')];
      await send(id, 'a1');
      await send(other, 'a2');
      expect(await names(id, T0)).toBe('a1');
      expect(await names(other, T0)).toBe('a2');
    });

    it('have no more messages in flight than the limit, beyond which a receive returns over-limit', async () => {
      const id = await queue();
      await send(id, 'a1 a2 a3 b1');
      expect(await names(id, T0, { inFlightLimit: 2 })).toBe('a1 a2');
      expect(await s.store.receive(id, request({ inFlightLimit: 2 }), T0)).toBe('over-limit');
      expect(await names(id, T0, { inFlightLimit: 3 })).toBe('b1');
    });
  });

  describe('receipts', () => {
    it('are valid while their message is in flight, and not from the end of the timeout on', async () => {
      const id = await queue();
      await send(id, 'a1');
      const first = await s.receiveOne(id, T0);
      const end = T0 + 30 * SECOND;
      expect(await change(id, first, 30 * SECOND, end - 1)).toEqual(['changed']);
      expect(await change(id, first, 30 * SECOND, end - 1 + 30 * SECOND)).toEqual(['lapsed']);
      expect(await remove(id, first, end - 1 + 30 * SECOND)).toEqual(['lapsed']);
      const second = await s.receiveOne(id, end - 1 + 30 * SECOND);
      expect(await remove(id, first, end + 30 * SECOND)).toEqual(['stale']);
      expect(await change(id, first, 0, end + 30 * SECOND)).toEqual(['stale']);
      expect(await remove(id, second, end + 30 * SECOND)).toEqual(['deleted']);
      expect(await remove(id, second, end + 30 * SECOND)).toEqual(['gone']);
    });

    it('of a receive with a visibility timeout of 0 are never valid', async () => {
      const id = await queue();
      await send(id, 'a1');
      const received = await s.receiveOne(id, T0, { visibilityMs: 0 });
      expect(await remove(id, received, T0)).toEqual(['lapsed']);
      expect(await names(id, T0)).toBe('a1');
    });

    it('may be passed in any order, and twice in one verb', async () => {
      const id = await queue();
      await send(id, 'a1 a2 a3');
      const [a1, a2, a3] = (await s.receive(id, T0)).map(({ receipt }) => receipt);
      expect(await s.store.delete(id, [a2!, a3!, a2!], T0)).toEqual(['deleted', 'deleted', 'gone']);
      const changes = [0, 5 * SECOND].map((visibilityMs) => ({ receipt: a1!, visibilityMs }));
      expect(await s.store.changeVisibility(id, changes, T0)).toEqual(['changed', 'lapsed']);
      expect(await names(id, T0)).toBe('a1');
    });
  });

  describe('delays', () => {
    it('that are changed apply to messages that have never been received', async () => {
      const id = await queue();
      await send(id, 'a1 a2 b1', T0, { delayMs: 5 * SECOND });
      await send(id, 'c1', T0);
      await s.receiveOne(id, T0, { visibilityMs: SECOND });
      s.announced.length = 0;
      await s.store.changeQueue(id, { delayMs: 2 * SECOND }, T0 + SECOND);
      expect(s.announced).toContainEqual([id, expect.any(Number)]);
      expect(await s.counts(id, T0 + SECOND)).toEqual([1, 0, 3]);
      expect(await s.store.nextVisibleAt(id, NO_LIMIT, T0 + 2 * SECOND - 1)).toBe(T0 + 2 * SECOND - 1);
      expect(await names(id, T0 + 2 * SECOND - 1)).toBe('c1');
      expect(await names(id, T0 + 2 * SECOND)).toBe('a1 a2 b1');
    });

    it('that are made longer hide unreceived messages again', async () => {
      const id = await queue();
      await send(id, 'a1 a2');
      const a1 = await s.receiveOne(id, T0, { visibilityMs: SECOND });
      await s.store.changeQueue(id, { delayMs: 10 * SECOND }, T0);
      expect(await s.counts(id, T0)).toEqual([0, 1, 1]);
      await remove(id, a1, T0);
      expect(await names(id, T0 + 10 * SECOND - 1)).toBe('');
      expect(await names(id, T0 + 10 * SECOND)).toBe('a2');
    });
  });

  describe('retention', () => {
    it('hands out no expired message, even if many expire at once', async () => {
      const id = await queue('orders.fifo', SECOND);
      await s.store.send(
        id,
        numbered(MANY).map((body) => message(body, { groupId: 'a' })),
        T0,
      );
      await s.receive(id, T0, { visibilityMs: HOUR });
      await send(id, 'a1 b1', T0 + 1);
      while ((await s.store.expire(T0 + SECOND, 100)).freed > 0);
      expect(await names(id, T0 + SECOND)).toBe('a1 b1');
      expect(await s.counts(id, T0 + SECOND)).toEqual([0, 2, 0]);
    });

    it('a purge forgets groups, duplicates and attempts', async () => {
      const id = await queue();
      const deduplication = { key: 'k', windowMs: WINDOW };
      const attempt = { id: 'x', windowMs: WINDOW };
      await send(id, 'a1', T0, { deduplication });
      await s.receive(id, T0, { attempt });
      await s.store.purge(id);
      expect(await names(id, T0, { attempt })).toBe('');
      await send(id, 'a2', T0, { deduplication });
      expect(await names(id, T0)).toBe('a2');
      while ((await s.store.expire(T0, 100)).freed > 0);
      expect(await s.counts(id, T0)).toEqual([0, 1, 0]);
    });
  });
}
