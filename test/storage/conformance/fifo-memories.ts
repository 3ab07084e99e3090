import { describe, expect, it } from 'vitest';
import { fifoSubjectOf, MANY, WINDOW } from '../fifo-subject.ts';
import { HOUR, message, numbered, SECOND, type Subject, T0 } from '../subject.ts';

export function fifoMemories(s: Subject): void {
  const { queue, send, names, remove, change } = fifoSubjectOf(s);

  describe('duplicates', () => {
    const keyed = (key: string) => ({ deduplication: { key, windowMs: WINDOW } });

    it('are not stored, and are told what became of the first, until its window is over', async () => {
      const id = await queue();
      const first = await send(id, 'a1', T0, keyed('k'));
      expect(await send(id, 'a2', T0 + 1, keyed('k'))).toEqual(first);
      // It counts from the first, not from the last one that came.
      expect(await send(id, 'b3', T0 + WINDOW - 1, keyed('k'))).toEqual(first);
      const next = await send(id, 'a4', T0 + WINDOW, keyed('k'));
      expect(next[0]!.key).toBeGreaterThan(first[0]!.key);
      expect(await send(id, 'a5', T0 + WINDOW, keyed('k'))).toEqual(next);
      expect(await names(id, T0 + WINDOW)).toBe('a1 a4');
    });

    it('are told within one verb, and among verbs of one turn', async () => {
      const id = await queue();
      const [one, two] = await Promise.all([send(id, 'a1 a2', T0, keyed('k')), send(id, 'a3', T0, keyed('k'))]);
      expect([...one, ...two]).toEqual([one[0], one[0], one[0]]);
      expect(await s.counts(id, T0)).toEqual([1, 0, 0]);
    });

    it('are those with the same key in the same queue', async () => {
      const [id, other] = [await queue(), await queue('other.fifo')];
      await send(id, 'a1', T0, keyed('k'));
      await send(id, 'a2', T0, keyed('K'));
      await send(id, 'a3', T0);
      await send(other, 'a4', T0, keyed('k'));
      expect([await names(id, T0), await names(other, T0)]).toEqual(['a1 a2 a3', 'a4']);
    });

    it('are known when the first is deleted, expired or moved', async () => {
      const [id, target] = [await queue('orders.fifo', SECOND), await queue('dlq.fifo')];
      const redrive = { targetId: target, maxReceiveCount: 1, sourceArn: 'arn:source' };
      await send(id, 'a1', T0, keyed('deleted'));
      await remove(id, await s.receiveOne(id, T0), T0);
      await send(id, 'a2', T0, keyed('moved'));
      await s.receive(id, T0, { visibilityMs: 0 });
      await s.receive(id, T0, { redrive });
      await send(id, 'a3', T0, keyed('expired'));
      for (const key of ['deleted', 'moved', 'expired']) await send(id, 'a4', T0 + 2 * SECOND, keyed(key));
      expect(await names(id, T0 + 2 * SECOND)).toBe('');
      // In the target the moved one is no duplicate of anything.
      await send(target, 'a5', T0, keyed('moved'));
      expect(await names(target, T0)).toBe('a2 a5');
    });

    it('are not known when the queue was deleted and made again', async () => {
      const id = await queue();
      await send(id, 'a1', T0, keyed('k'));
      await s.store.deleteQueue(id);
      const next = await queue();
      await send(next, 'a2', T0, keyed('k'));
      expect(await names(next, T0)).toBe('a2');
    });

    it('are known though much was forgotten', async () => {
      const id = await queue();
      const old = numbered(MANY).map((body) => message(body, { groupId: body, ...keyed(body) }));
      await s.store.send(id, old, T0);
      await send(id, 'a1', T0 + 1, keyed('k'));
      while ((await s.store.expire(T0 + WINDOW, 100)).freed > 0);
      await send(id, 'a2', T0 + WINDOW, keyed('k'));
      expect(await s.counts(id, T0 + WINDOW)).toEqual([MANY + 1, 0, 0]);
    });
  });

  describe('a receive with an attempt id', () => {
    const attempt = { attempt: { id: 'x', windowMs: WINDOW } };

    it('gets, when it is repeated, the same messages with the same receipts, hidden anew', async () => {
      const id = await queue();
      await send(id, 'a1 a2 b1');
      const first = await s.receive(id, T0, { max: 2, ...attempt });
      s.announced.length = 0;
      expect(await s.receive(id, T0 + 20 * SECOND, { max: 2, ...attempt })).toEqual(first);
      expect(s.announced).toContainEqual([id, T0 + 50 * SECOND]);
      expect(await s.counts(id, T0 + 49 * SECOND)).toEqual([1, 2, 0]);
      expect(await names(id, T0 + 49 * SECOND)).toBe('b1');
      expect(await remove(id, first[0]!, T0 + 49 * SECOND)).toEqual(['deleted']);
      expect(await names(id, T0 + 50 * SECOND)).toBe('a2');
    });

    it.each([
      ['deleted', 'b1'],
      ['changed', 'b1'],
      ['received again', ''],
    ])('is a new receive when a message was %s', async (fate, rest) => {
      const id = await queue();
      await send(id, 'a1 a2 b1');
      const [, a2] = await s.receive(id, T0, { max: 2, ...attempt });
      let now = T0 + 1;
      if (fate === 'deleted') await remove(id, a2!, now);
      else if (fate === 'changed') await change(id, a2!, 60 * SECOND, now);
      else {
        now = T0 + 30 * SECOND;
        await s.receive(id, now);
      }
      expect(await names(id, now, attempt)).toBe(rest);
      expect(await names(id, now + 1, attempt)).toBe(rest);
    });

    it('is a new receive when its window or the timeout is over, and with another id or none', async () => {
      const id = await queue();
      await send(id, 'a1');
      const { receipt } = await s.receiveOne(id, T0, { visibilityMs: HOUR / 2, ...attempt });
      expect(await names(id, T0)).toBe('');
      expect(await names(id, T0, { attempt: { id: 'y', windowMs: WINDOW } })).toBe('');
      expect(await names(id, T0 + WINDOW - 1, { visibilityMs: SECOND, ...attempt })).toBe('a1');
      // The window counts from the first receive, and the timeout from the repeated one.
      expect(await s.receiveOne(id, T0 + WINDOW - 1 + SECOND, attempt)).toMatchObject({ receiveCount: 2 });
      expect(await s.store.delete(id, [receipt], T0 + WINDOW + SECOND)).toEqual(['stale']);
      await s.receive(id, T0 + WINDOW + 40 * SECOND, {
        visibilityMs: HOUR / 2,
        attempt: { id: 'z', windowMs: WINDOW },
      });
      const end = T0 + 2 * WINDOW + 40 * SECOND;
      expect(await names(id, end, { attempt: { id: 'z', windowMs: WINDOW } })).toBe('');
    });

    it('is repeated when the in-flight limit is reached', async () => {
      const id = await queue();
      await send(id, 'a1 a2');
      expect(await names(id, T0, { inFlightLimit: 1, ...attempt })).toBe('a1');
      expect(await names(id, T0, { inFlightLimit: 1, ...attempt })).toBe('a1');
    });

    it('never gets a message whose retention is over, also when its space is not freed yet', async () => {
      const id = await queue('orders.fifo', SECOND);
      const messages = numbered(MANY).map((body) => message(body, { groupId: body }));
      await s.store.send(id, messages, T0);
      for (let round = 10; round < MANY; round += 10) await s.receive(id, T0, { visibilityMs: HOUR });
      expect(await s.bodies(id, T0, { visibilityMs: HOUR, ...attempt })).toHaveLength(10);
      expect(await names(id, T0 + SECOND, attempt)).toBe('');
    });
  });

  describe('a move to a FIFO dead-letter queue', () => {
    const poisoned = async () => {
      const [source, target] = [await queue(), await queue('dlq.fifo')];
      const redrive = { targetId: target, maxReceiveCount: 1, sourceArn: 'arn:source' };
      return { source, target, redrive };
    };

    it('makes a new message of the old one: a key, an age and a deduplication id of its own', async () => {
      const { source, target, redrive } = await poisoned();
      const now = T0 + 30 * SECOND;
      await send(source, 'a1', T0, { deduplicationId: 'd', traceHeader: 'Root=1' });
      const before = await s.receiveOne(source, T0 + 1, { visibilityMs: SECOND });
      const [last] = await send(target, 'a0', T0 + 2);
      s.announced.length = 0;
      expect(await names(source, now, { redrive })).toBe('');
      expect(s.announced).toContainEqual([target, now]);
      const [, after] = await s.receive(target, now);
      const { receipt, messageId } = after!;
      const renewed = { deduplicationId: messageId, sentAt: now, receivedAt: now, receiveCount: 2 };
      expect(after).toEqual({ ...before, ...renewed, receipt, deadLetterSource: 'arn:source' });
      expect(receipt.key).toBeGreaterThan(last!.key);
      expect(await remove(source, before, now)).toEqual(['gone']);
      // Its retention counts from the move.
      expect(await s.counts(target, T0 + HOUR + 2)).toEqual([1, 0, 0]);
      expect(await s.counts(target, now + HOUR)).toEqual([0, 0, 0]);
    });

    it('lets its group go on in the same receive', async () => {
      const { source, target, redrive } = await poisoned();
      await send(source, 'a1 a2 b1');
      await s.receive(source, T0, { max: 1, visibilityMs: SECOND });
      expect(await names(source, T0 + SECOND, { redrive })).toBe('a2 b1');
      expect(await s.counts(source, T0 + SECOND)).toEqual([0, 2, 0]);
      expect(await names(target, T0 + SECOND)).toBe('a1');
    });

    it('stands at the end of its group in the target, behind its lock', async () => {
      const { source, target, redrive } = await poisoned();
      await send(target, 'a1');
      const a1 = await s.receiveOne(target, T0);
      await send(source, 'a2 a3');
      await s.receive(source, T0, { visibilityMs: 0 });
      await s.receive(source, T0, { redrive });
      expect(await names(target, T0)).toBe('');
      await remove(target, a1, T0);
      expect(await names(target, T0)).toBe('a2 a3');
    });

    it('goes on as far as there is something to dead-letter, and loses nothing in a queue that is its own target', async () => {
      const id = await queue();
      const redrive = { targetId: id, maxReceiveCount: 1, sourceArn: 'arn:self' };
      await send(id, 'a1 a2 b1');
      await s.receive(id, T0, { visibilityMs: 0 });
      await send(id, 'a3');
      expect(await names(id, T0, { redrive })).toBe('a3 a1 a2 b1');
      expect(await s.counts(id, T0)).toEqual([0, 4, 0]);
    });
  });
}
