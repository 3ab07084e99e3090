import { expect, it } from 'vitest';
import { fifoSubjectOf, MANY } from '../fifo-subject.ts';
import { HOUR, message, NO_LIMIT, numbered, request, SECOND, type Subject, T0, unstorable } from '../subject.ts';

export function fifoClocks(s: Subject): void {
  const { queue, send, names, remove, change } = fifoSubjectOf(s);

  const lockedGroup = async () => {
    const id = await queue();
    await send(id, 'a1 a2 a3');
    const received = await s.receive(id, T0, { max: 2, visibilityMs: 10 * SECOND });
    s.announced.length = 0;
    return { id, received };
  };

  it('follow the first message of a group, not the ones that wait behind it', async () => {
    const { id, received } = await lockedGroup();
    expect(await s.store.nextVisibleAt(id, NO_LIMIT, T0)).toBe(T0 + 10 * SECOND);
    await send(id, 'a4', T0 + 1);
    expect(s.announced.filter(([, at]) => at < T0 + 10 * SECOND)).toEqual([]);
    await change(id, received[0]!, 20 * SECOND, T0 + 1);
    expect(await s.store.nextVisibleAt(id, NO_LIMIT, T0 + 1)).toBe(T0 + 1 + 20 * SECOND);
    expect(await names(id, T0 + 10 * SECOND)).toBe('');
  });

  it('follow the delete that unlocks a group', async () => {
    const { id, received } = await lockedGroup();
    await remove(id, received[1]!, T0 + 1);
    expect(s.announced.filter(([, at]) => at <= T0 + 1)).toEqual([]);
    await remove(id, received[0]!, T0 + 2);
    expect(s.announced.filter(([, at]) => at <= T0 + 2)).toEqual([[id, expect.any(Number)]]);
    expect(await names(id, T0 + 2)).toBe('a3');
  });

  it('follow a visibility timeout of 0 for the message that locks a group, and its expiry', async () => {
    const { id, received } = await lockedGroup();
    await change(id, received[0]!, 0, T0 + 1);
    expect(s.announced).toContainEqual([id, T0 + 1]);
    await s.receive(id, T0 + 1, { visibilityMs: 2 * HOUR });
    await send(id, 'a9', T0 + HOUR - 1);
    s.announced.length = 0;
    await s.store.expire(T0 + HOUR, 100);
    expect(s.announced).toContainEqual([id, expect.any(Number)]);
    expect(await s.store.nextVisibleAt(id, NO_LIMIT, T0 + HOUR)).toBe(T0 + HOUR);
    expect(await names(id, T0 + HOUR)).toBe('a9');
  });

  it('follow the delete that makes room under the in-flight limit', async () => {
    const id = await queue();
    await send(id, 'a1 b1');
    const a1 = await s.receiveOne(id, T0, { inFlightLimit: 1 });
    expect(await s.store.receive(id, request({ inFlightLimit: 1 }), T0)).toBe('over-limit');
    s.announced.length = 0;
    await remove(id, a1, T0 + 1);
    expect(s.announced.some(([queueId, at]) => queueId === id && at <= T0 + 1)).toBe(true);
    expect(await names(id, T0 + 1, { inFlightLimit: 1 })).toBe('b1');
  });

  it('ignore messages whose retention period has ended, even before their space is freed', async () => {
    const id = await queue('orders.fifo', SECOND);
    const messages = numbered(MANY).map((body) => message(body, { groupId: body }));
    // The clock is set back in between, so the messages that were sent first expire last.
    await s.store.send(id, messages, T0 + SECOND);
    await send(id, 'a1', T0);
    expect(await names(id, T0 + SECOND - 1, { visibilityMs: 0 })).toBe('a1');
    expect(await names(id, T0 + SECOND)).not.toContain('a1');
    for (let round = 0; round < MANY; round += 10) await s.receive(id, T0 + SECOND);
    expect(await s.store.nextVisibleAt(id, NO_LIMIT, T0 + SECOND + 1)).toBeGreaterThan(T0 + SECOND + 1);
  });

  /** What may happen between a verb and the next one; each lets the engine read its stored counts again. */
  const afterwards: Record<string, (id: number, now: number) => Promise<unknown>> = {
    nothing: async () => {},
    ...(s.form.reopen && { 'a restart': () => s.restart() }),
    'a restored snapshot': async (_, now) => {
      await s.states.takeSnapshot('now', now);
      await s.states.restoreSnapshot('now', now);
    },
    'a failed transaction': (id, now) => expect(s.store.send(id, [unstorable()], now)).rejects.toThrow(),
  };

  it.each(Object.keys(afterwards))(
    'counts are right after an attempt was repeated with the clock set back, and after %s',
    async (what) => {
      const id = await queue();
      await send(id, 'a1 b1');
      const attempt = { id: 'attempt', windowMs: 300 * SECOND };
      const asked = { max: 1, attempt, visibilityMs: 40 * SECOND };
      const [first] = await s.receive(id, T0 + 60 * SECOND, asked);
      const now = T0 + 10 * SECOND;
      const [again] = await s.receive(id, now, asked);
      expect(again!.receipt).toEqual(first!.receipt);
      await afterwards[what]!(id, now);
      expect(await s.counts(id, now + 40 * SECOND - 1)).toEqual([1, 1, 0]);
      expect(await s.counts(id, now + 40 * SECOND)).toEqual([2, 0, 0]);
      expect(await s.counts(id, T0 + 60 * SECOND)).toEqual([2, 0, 0]);
    },
  );
}
