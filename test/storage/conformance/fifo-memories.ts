import { describe, expect, it } from 'vitest';
import { fifoSubjectOf, MANY, WINDOW } from '../fifo-subject.ts';
import { HOUR, message, numbered, SECOND, type Subject, T0 } from '../subject.ts';

export function fifoMemories(s: Subject): void {
  const { queue, send, names, remove, change } = fifoSubjectOf(s);

  describe('duplicates', () => {
    const keyed = (key: string) => ({ deduplication: { key, windowMs: WINDOW } });

    it('are not stored, and return the original, until its window ends', async () => {
      const id = await queue();
      const first = await send(id, 'a1', T0, keyed('k'));
      expect(await send(id, 'a2', T0 + 1, keyed('k'))).toEqual(first);
      // The window starts with the original, not with the latest duplicate.
      expect(await send(id, 'b3', T0 + WINDOW - 1, keyed('k'))).toEqual(first);
      const next = await send(id, 'a4', T0 + WINDOW, keyed('k'));
      expect(next[0]!.key).toBeGreaterThan(first[0]!.key);
      expect(await send(id, 'a5', T0 + WINDOW, keyed('k'))).toEqual(next);
      expect(await names(id, T0 + WINDOW)).toBe('a1 a4');
    });

    it('are recognized within one verb, and among verbs of one turn', async () => {
      const id = await queue();
      const [one, two] = await s.inTurn(
        () => send(id, 'a1 a2', T0, keyed('k')),
        () => send(id, 'a3', T0, keyed('k')),
      );
      expect([...one, ...two]).toEqual([one[0], one[0], one[0]]);
      expect(await s.counts(id, T0)).toEqual([1, 0, 0]);
    });

    it('are messages with the same key in the same queue', async () => {
      const [id, other] = [await queue(), await queue('other.fifo')];
      await send(id, 'a1', T0, keyed('k'));
      await send(id, 'a2', T0, keyed('K'));
      await send(id, 'a3', T0);
      await send(other, 'a4', T0, keyed('k'));
      expect([await names(id, T0), await names(other, T0)]).toEqual(['a1 a2 a3', 'a4']);
    });

    it('are recognized after the original was deleted, has expired or was moved', async () => {
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
      // In the target the key of the moved message is not remembered.
      await send(target, 'a5', T0, keyed('moved'));
      expect(await names(target, T0)).toBe('a2 a5');
    });

    it('are not recognized after the queue was deleted and created again', async () => {
      const id = await queue();
      await send(id, 'a1', T0, keyed('k'));
      await s.store.deleteQueue(id);
      const next = await queue();
      await send(next, 'a2', T0, keyed('k'));
      expect(await names(next, T0)).toBe('a2');
    });

    it('are recognized even if many other sends have been forgotten', async () => {
      const id = await queue();
      const old = numbered(MANY).map((body) => message(body, { groupId: body, ...keyed(body) }));
      await s.store.send(id, old, T0);
      await send(id, 'a1', T0 + 1, keyed('k'));
      while ((await s.store.expire(T0 + WINDOW, 100)).freed > 0);
      await send(id, 'a2', T0 + WINDOW, keyed('k'));
      expect(await s.counts(id, T0 + WINDOW)).toEqual([MANY + 1, 0, 0]);
    });
  });

  describe('a receive with an attempt ID', () => {
    const attempt = { attempt: { id: 'x', windowMs: WINDOW } };

    it('gets the same messages with the same receipts when it is repeated, and hides them again', async () => {
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
    ])('is a new receive if a message was %s', async (fate, rest) => {
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

    it('is a new receive if its window or the timeout has ended, or with another ID or none', async () => {
      const id = await queue();
      await send(id, 'a1');
      const { receipt } = await s.receiveOne(id, T0, { visibilityMs: HOUR / 2, ...attempt });
      expect(await names(id, T0)).toBe('');
      expect(await names(id, T0, { attempt: { id: 'y', windowMs: WINDOW } })).toBe('');
      expect(await names(id, T0 + WINDOW - 1, { visibilityMs: SECOND, ...attempt })).toBe('a1');
      // The window starts with the first receive, and the timeout with the repeated one.
      expect(await s.receiveOne(id, T0 + WINDOW - 1 + SECOND, attempt)).toMatchObject({ receiveCount: 2 });
      expect(await s.store.delete(id, [receipt], T0 + WINDOW + SECOND)).toEqual(['stale']);
      await s.receive(id, T0 + WINDOW + 40 * SECOND, {
        visibilityMs: HOUR / 2,
        attempt: { id: 'z', windowMs: WINDOW },
      });
      const end = T0 + 2 * WINDOW + 40 * SECOND;
      expect(await names(id, end, { attempt: { id: 'z', windowMs: WINDOW } })).toBe('');
    });

    it('is repeated even if the in-flight limit has been reached', async () => {
      const id = await queue();
      await send(id, 'a1 a2');
      expect(await names(id, T0, { inFlightLimit: 1, ...attempt })).toBe('a1');
      expect(await names(id, T0, { inFlightLimit: 1, ...attempt })).toBe('a1');
    });

    it('never gets a message whose retention period has ended, even before its space is freed', async () => {
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

    it('creates a new message with a new key, time of sending and deduplication ID', async () => {
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
      const renewed = { deduplicationId: messageId, sentAt: now, receiveCount: 2 };
      expect(after).toEqual({ ...before, ...renewed, receipt, deadLetterSource: 'arn:source' });
      expect(receipt.key).toBeGreaterThan(last!.key);
      expect(receipt.receivedAt).toBe(now);
      expect(await remove(source, before, now)).toEqual(['gone']);
      // Its retention period starts with the move.
      expect(await s.counts(target, T0 + HOUR + 2)).toEqual([1, 0, 0]);
      expect(await s.counts(target, now + HOUR)).toEqual([0, 0, 0]);
    });

    it('unlocks the group of the message, so that the same receive gets the next one', async () => {
      const { source, target, redrive } = await poisoned();
      await send(source, 'a1 a2 b1');
      await s.receive(source, T0, { max: 1, visibilityMs: SECOND });
      expect(await names(source, T0 + SECOND, { redrive })).toBe('a2 b1');
      expect(await s.counts(source, T0 + SECOND)).toEqual([0, 2, 0]);
      expect(await names(target, T0 + SECOND)).toBe('a1');
    });

    it('appends the message to its group in the target, which may be locked', async () => {
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

    it('covers all messages that were received too often, and loses none if the queue is its own target', async () => {
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
