import { describe, expect, it } from 'vitest';
import { HOUR, message, NO_LIMIT, numbered, SECOND, type Subject, T0, unstorable } from '../subject.ts';

/** More messages than an engine frees in passing, as part of another verb. */
const MANY = 700;
const MINUTE = 60 * SECOND;

export function retention(s: Subject): void {
  const shortLived = (retentionMs = MINUTE) => s.queue('orders', { retentionMs });

  const sendMany = async (id: number, now: number) => {
    const messages = numbered(MANY).map((body) => message(body));
    expect(await s.store.send(id, messages, now)).toHaveLength(messages.length);
  };

  /** Frees everything that can be freed, in portions, and checks the result of each. Resolves to the number freed. */
  const freeAll = async (now: number, limit: number) => {
    let all = 0;
    for (;;) {
      const { freed, nextAt } = await s.store.expire(now, limit);
      expect(freed).toBeLessThanOrEqual(limit);
      all += freed;
      if (freed < limit) {
        expect(nextAt === undefined || nextAt > now).toBe(true);
        return all;
      }
    }
  };

  it('a message is handed out until its retention period ends, and not from that instant on', async () => {
    const id = await shortLived();
    await s.send(id, numbered(2), T0);
    expect(await s.bodies(id, T0 + MINUTE - 1, { max: 1 })).toEqual(['body 0']);
    expect(await s.bodies(id, T0 + MINUTE)).toEqual([]);
    expect(await s.counts(id, T0 + MINUTE)).toEqual([0, 0, 0]);
    expect(await s.store.nextVisibleAt(id, NO_LIMIT, T0 + MINUTE)).toBeUndefined();
  });

  it('an expired message is not handed out, even before its space is freed', async () => {
    const id = await shortLived();
    await sendMany(id, T0);
    await s.send(id, 'fresh', T0 + 1);
    expect(await s.bodies(id, T0 + MINUTE)).toEqual(['fresh']);
  });

  describe('the listener for expiry', () => {
    const listen = () => {
      const reported: number[] = [];
      s.store.onExpiry((at) => {
        // One of several nodes does not know what another one has reported.
        if (!s.store.nodes || reported.every((known) => at < known)) reported.push(at);
      });
      return reported;
    };

    it('learns of the first message of a queue, and of one that expires earlier, but of no other', async () => {
      const id = await shortLived();
      const reported = listen();
      await s.send(id, ['a', 'b'], T0 + 5);
      expect(reported).toEqual([T0 + 5 + MINUTE]);
      await s.send(id, 'later', T0 + 6);
      expect(reported).toHaveLength(1);
      await s.send(id, 'after the clock was set back', T0);
      expect(reported).toEqual([T0 + 5 + MINUTE, T0 + MINUTE]);
    });

    it('learns of messages that a shorter retention period lets expire, now or later', async () => {
      const id = await s.queue('orders', { retentionMs: HOUR });
      await s.send(id, 'a', T0);
      const reported = listen();
      await s.store.changeQueue(id, { retentionMs: 2 * MINUTE }, T0 + 1);
      expect(reported).toEqual([T0 + 2 * MINUTE]);
      await sendMany(id, T0);
      await s.store.changeQueue(id, { retentionMs: MINUTE }, T0 + MINUTE);
      expect(reported.at(-1)).toBe(T0 + MINUTE);
    });

    it('learns of messages that move to a queue with a shorter retention period', async () => {
      const target = await s.queue('dead', { retentionMs: MINUTE });
      const id = await s.queue('orders', { retentionMs: HOUR });
      await s.send(id, 'a', T0);
      const redrive = { targetId: target, maxReceiveCount: 1, sourceArn: 'arn:orders' };
      await s.receive(id, T0 + 1, { visibilityMs: 0, redrive });
      const reported = listen();
      await s.receive(id, T0 + 2, { redrive });
      expect(reported).toEqual([T0 + MINUTE]);
    });

    it('learns nothing from a transaction that was rolled back', async () => {
      const id = await shortLived();
      const reported = listen();
      await expect(s.store.send(id, [message('a'), unstorable()], T0)).rejects.toThrow();
      expect(reported).toEqual([]);
    });
  });

  it('a message that was in flight when it expired is not handed out', async () => {
    const id = await shortLived();
    await sendMany(id, T0);
    const received = [];
    for (let round = 0; round < MANY; round += 10) received.push(...(await s.receive(id, T0 + MINUTE - SECOND)));
    await s.send(id, 'fresh', T0 + 1);
    expect(await s.bodies(id, T0 + 2 * MINUTE - 1)).toEqual([]);
    await s.send(id, 'fresh', T0 + 2 * MINUTE);
    expect(await s.bodies(id, T0 + 2 * MINUTE)).toEqual(['fresh']);
    expect(received).toHaveLength(MANY);
  });

  it('a message expires while it is in flight: it is no longer counted, and its receipt finds it gone', async () => {
    const id = await shortLived();
    await s.send(id, 'hello', T0);
    const { receipt } = await s.receiveOne(id, T0 + MINUTE - SECOND);
    expect(await s.counts(id, T0 + MINUTE - 1)).toEqual([0, 1, 0]);
    expect(await s.counts(id, T0 + MINUTE)).toEqual([0, 0, 0]);
    expect(await s.store.changeVisibility(id, [{ receipt, visibilityMs: 0 }], T0 + MINUTE)).toEqual(['gone']);
    expect(await s.store.delete(id, [receipt], T0 + MINUTE)).toEqual(['gone']);
    expect(await s.bodies(id, T0 + 2 * MINUTE)).toEqual([]);
  });

  it('the receipt of an expired message finds it gone, even before its space is freed', async () => {
    const id = await shortLived();
    await sendMany(id, T0);
    const received = [];
    for (let round = 0; round < MANY; round += 10) received.push(...(await s.receive(id, T0)));
    const { receipt } = received.at(-1)!;
    const stale = { ...receipt, receive: 0 };
    expect(await s.store.changeVisibility(id, [{ receipt, visibilityMs: 0 }], T0 + MINUTE)).toEqual(['gone']);
    expect(await s.store.delete(id, [stale, receipt, receipt], T0 + MINUTE)).toEqual(['gone', 'gone', 'gone']);
    await freeAll(T0 + MINUTE, 100);
    expect(await s.counts(id, T0 + MINUTE)).toEqual([0, 0, 0]);
  });

  it('a message expires while it is delayed', async () => {
    const id = await shortLived();
    await s.send(id, 'hello', T0, { delayMs: 2 * MINUTE });
    expect(await s.counts(id, T0 + MINUTE - 1)).toEqual([0, 0, 1]);
    expect(await s.counts(id, T0 + MINUTE)).toEqual([0, 0, 0]);
    expect(await s.store.nextVisibleAt(id, NO_LIMIT, T0 + MINUTE)).toBeUndefined();
    expect(await s.bodies(id, T0 + 2 * MINUTE)).toEqual([]);
  });

  it('messages of different ages expire one after the other', async () => {
    const id = await shortLived();
    for (let age = 0; age < 5; age++) await s.send(id, `sent at ${age}`, T0 + age);
    for (let age = 0; age < 5; age++) expect(await s.counts(id, T0 + MINUTE + age)).toEqual([4 - age, 0, 0]);
  });

  it('a shorter retention period applies to messages that are already in the queue', async () => {
    const id = await s.queue();
    await s.send(id, 'old', T0);
    await s.send(id, 'young', T0 + MINUTE);
    expect(await s.counts(id, T0 + MINUTE)).toEqual([2, 0, 0]);
    await s.store.changeQueue(id, { retentionMs: MINUTE }, T0 + MINUTE);
    expect(await s.counts(id, T0 + MINUTE)).toEqual([1, 0, 0]);
    expect(await s.bodies(id, T0 + MINUTE)).toEqual(['young']);
  });

  it('a longer retention period applies to messages that are already in the queue', async () => {
    const id = await shortLived();
    await s.send(id, 'hello', T0);
    await s.store.changeQueue(id, { retentionMs: HOUR }, T0 + SECOND);
    expect(await s.bodies(id, T0 + MINUTE)).toEqual(['hello']);
    expect(await s.counts(id, T0 + HOUR)).toEqual([0, 0, 0]);
  });

  it('expired messages do not count toward the in-flight limit', async () => {
    const id = await shortLived();
    await s.send(id, 'old', T0);
    await s.receiveOne(id, T0 + MINUTE - 1);
    await s.send(id, 'new', T0 + MINUTE);
    expect(await s.bodies(id, T0 + MINUTE, { inFlightLimit: 1 })).toEqual(['new']);
  });

  it('expire frees portions no larger than its limit, and the final counts are correct', async () => {
    const id = await shortLived();
    await sendMany(id, T0);
    await s.send(id, 'fresh', T0 + 1);
    expect(await s.store.expire(T0 + MINUTE, 10)).toEqual({ freed: 10, nextAt: T0 + MINUTE });
    expect(await freeAll(T0 + MINUTE, 333)).toBe(MANY - 10);
    expect(await s.counts(id, T0 + MINUTE)).toEqual([1, 0, 0]);
  });

  it('expire frees everything at once if its limit is large', async () => {
    await sendMany(await shortLived(), T0);
    await sendMany(await s.queue('other', { retentionMs: MINUTE }), T0);
    expect(await s.store.expire(T0 + MINUTE, 10 * MANY)).toEqual({ freed: 2 * MANY, nextAt: undefined });
  });

  it('expire returns when the next message of any queue expires', async () => {
    expect(await s.store.expire(T0, 100)).toEqual({ freed: 0, nextAt: undefined });
    const [short, long] = [await shortLived(), await s.queue('long')];
    await s.send(long, 'long', T0);
    await s.send(short, 'short', T0 + 5);
    expect(await s.store.expire(T0 + 5, 100)).toEqual({ freed: 0, nextAt: T0 + 5 + MINUTE });
    expect(await s.store.expire(T0 + 5 + MINUTE, 100)).toEqual({ freed: 1, nextAt: T0 + HOUR });
    expect(await s.store.expire(T0 + HOUR, 100)).toEqual({ freed: 1, nextAt: undefined });
  });

  it('expire never frees unexpired messages, whether visible, in flight or delayed', async () => {
    const id = await s.queue();
    await s.send(id, 'visible', T0 + 1);
    await s.send(id, 'received', T0);
    await s.send(id, 'delayed', T0, { delayMs: HOUR - 1 });
    await s.receiveOne(id, T0);
    expect(await s.store.expire(T0 + 2, 100)).toEqual({ freed: 0, nextAt: T0 + HOUR });
    expect(await s.counts(id, T0 + 2)).toEqual([1, 1, 1]);
  });

  it('a purge removes every message: visible, in flight and delayed', async () => {
    const id = await s.queue();
    await s.send(id, ['received', 'visible'], T0);
    await s.send(id, 'delayed', T0, { delayMs: MINUTE });
    await s.receiveOne(id, T0);
    expect(await s.counts(id, T0)).toEqual([1, 1, 1]);
    expect(await s.store.purge(id)).toBe(true);
    expect(await s.counts(id, T0)).toEqual([0, 0, 0]);
    expect(await s.store.nextVisibleAt(id, NO_LIMIT, T0)).toBeUndefined();
    expect(await s.bodies(id, T0 + MINUTE)).toEqual([]);
    expect(await s.store.purge(id)).toBe(true);
  });

  it('a purged queue can still be used, and a purge does not affect other queues', async () => {
    const [id, other] = [await s.queue(), await s.queue('other')];
    await s.send(other, 'kept', T0);
    await s.send(id, 'purged', T0);
    await s.inTurn(
      () => s.store.purge(id),
      () => s.send(id, 'sent after', T0),
    );
    expect(await s.bodies(id, T0)).toEqual(['sent after']);
    expect(await s.bodies(other, T0)).toEqual(['kept']);
  });

  it('a deep queue is purged at once, and its space is freed at once or in portions', async () => {
    const id = await s.queue();
    await sendMany(id, T0);
    await s.store.purge(id);
    expect(await s.counts(id, T0)).toEqual([0, 0, 0]);
    await s.send(id, 'after', T0);
    if (!s.form.freesPurgedAtOnce) {
      expect(await s.store.expire(T0, 100)).toEqual({ freed: 100, nextAt: T0 });
      expect(await freeAll(T0, 100)).toBe(MANY - 100);
    }
    expect(await s.store.expire(T0, 100)).toEqual({ freed: 0, nextAt: T0 + HOUR });
    expect(await s.bodies(id, T0)).toEqual(['after']);
  });

  it('the space of deleted queues is freed at once or in portions', async () => {
    for (const name of ['a', 'b', 'c']) {
      const id = await s.queue(name);
      await s.send(id, numbered(10), T0);
      await s.store.deleteQueue(id);
    }
    if (!s.form.freesPurgedAtOnce) expect(await s.store.expire(T0, 25)).toEqual({ freed: 25, nextAt: T0 });
    expect(await s.store.expire(T0, 25)).toEqual({ freed: s.form.freesPurgedAtOnce ? 0 : 5, nextAt: undefined });
  });
}
