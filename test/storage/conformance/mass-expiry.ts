import { describe, expect, it } from 'vitest';
import type { NewMessage } from '../../../src/storage/store.ts';
import { HOUR, MINUTE, message, numbered, request, type Subject, T0 } from '../subject.ts';

/** A shorter retention period makes thousands of messages expire at once. */
export function massExpiry(s: Subject): void {
  const sendThousands = async (id: number, more: Partial<NewMessage> = {}) => {
    const messages = numbered(5000).map((body) => message(body, more));
    expect(await s.store.send(id, messages, T0)).toHaveLength(5000);
  };
  const shorten = (id: number) => s.store.changeQueue(id, { retentionMs: MINUTE }, T0 + MINUTE);

  it('those that are left are counted at once, in every state', async () => {
    const id = await s.queue();
    await sendThousands(id);
    await s.receive(id, T0, { visibilityMs: HOUR });
    await s.send(id, 'young', T0 + 1);
    await s.send(id, 'younger', T0 + 1, { delayMs: 2 * MINUTE });
    await shorten(id);
    expect(await s.counts(id, T0 + MINUTE)).toEqual([1, 0, 1]);
    expect(await s.bodies(id, T0 + MINUTE)).toEqual(['young']);
  });

  it('a snapshot counts only those that are left', async () => {
    const id = await s.queue();
    await sendThousands(id);
    await s.send(id, 'young', T0 + 1);
    await shorten(id);
    expect(await s.states.takeSnapshot('after', T0 + MINUTE)).toMatchObject({ messages: 1 });
  });

  it('a message move task counts only those that are left', async () => {
    const id = await s.queue();
    await sendThousands(id);
    await s.send(id, 'young', T0 + 1);
    await shorten(id);
    const task = { taskId: 'task', sourceId: id };
    expect(await s.store.startMoveTask(task, { active: 1, kept: 1 }, T0 + MINUTE)).toMatchObject({ toMove: 1 });
  });

  it('those that were in flight make room under the in-flight limit', async () => {
    const id = await s.queue();
    await sendThousands(id);
    for (let round = 0; round < 100; round++) await s.receive(id, T0, { visibilityMs: HOUR });
    await s.send(id, 'young', T0 + 1);
    await shorten(id);
    expect(await s.bodies(id, T0 + MINUTE, { inFlightLimit: 100 })).toEqual(['young']);
  });

  it('those that were in flight unlock their groups', async () => {
    const id = await s.queue('orders.fifo', { fifo: true });
    await sendThousands(id, { groupId: 'first' });
    await s.send(id, 'locking', T0, { groupId: 'a' });
    await s.send(id, 'locked', T0 + 1, { groupId: 'a' });
    await s.receive(id, T0 + 1, { max: 5001, visibilityMs: HOUR });
    await shorten(id);
    expect(await s.bodies(id, T0 + MINUTE)).toEqual(['locked']);
  });

  it('those that locked their groups do not end a message move task too early', async () => {
    const [id, to] = [await s.queue('dlq.fifo', { fifo: true }), await s.queue('orders.fifo', { fifo: true })];
    await sendThousands(id, { groupId: 'first' });
    await s.send(id, 'locking', T0, { groupId: 'a' });
    await s.send(id, 'locked', T0 + 1, { groupId: 'a' });
    await s.receive(id, T0 + 1, { max: 5001, visibilityMs: HOUR });
    const task = { taskId: 'task', sourceId: id, destinationArn: 'arn' };
    await s.store.startMoveTask(task, { active: 1, kept: 1 }, T0 + 1);
    await shorten(id);
    const move = () =>
      s.store.moveMessages('task', { messageIds: ['moved'], destinations: new Map([['arn', to]]) }, T0 + MINUTE);
    let moved = await move();
    for (let portions = 0; moved?.task.status === 'RUNNING' && portions < 100; portions++) moved = await move();
    expect(moved?.task).toMatchObject({ status: 'COMPLETED', moved: 1 });
    expect(await s.bodies(to, T0 + MINUTE)).toEqual(['locked']);
  });

  it.runIf(s.form.freesInVerbs)('in many queues, a turn frees some of them, whoever counts them', async () => {
    const ids: number[] = [];
    for (const name of numbered(60)) {
      const id = await s.queue(name);
      ids.push(id);
      await s.store.send(
        id,
        numbered(250).map((body) => message(body)),
        T0,
      );
    }
    const freed: number[] = [];
    s.store.onHappening((happenings) => freed.push(happenings.filter(({ kind }) => kind === 'expired').length));
    const at = T0 + HOUR;
    const holdings = s.store.observation.holdings(ids, at);
    const counts = Promise.all(ids.map((id) => s.counts(id, at)));
    expect((await holdings).map(({ visible }) => visible)).toEqual(ids.map(() => 0));
    expect(await counts).toEqual(ids.map(() => [0, 0, 0]));
    s.store.onHappening(undefined);
    expect(freed.reduce((sum, count) => sum + count, 0)).toBe(60 * 250);
    expect(Math.max(...freed)).toBeLessThanOrEqual(2200);
  });

  it('those of one queue keep receives from another one waiting for a moment only', async () => {
    const [many, few] = [await s.queue('many', { retentionMs: HOUR }), await s.queue('few', { retentionMs: HOUR })];
    for (let round = 0; round < 4; round++) await sendThousands(many);
    await s.send(few, 'old', T0);
    await s.send(few, 'young', T0 + 1);
    const at = T0 + HOUR;
    const ofMany = numbered(12).map(() => s.receive(many, at));
    let rounds = 1;
    const receive = () => s.store.receive(few, request({ max: 1 }), at);
    let delivery = await receive();
    for (; delivery === 'unfinished'; rounds++) delivery = await receive();
    expect(delivery).toMatchObject([{ body: 'young' }]);
    expect(rounds).toBeLessThanOrEqual(2);
    await Promise.all(ofMany);
  });

  it('a receive does not look past them: it returns once they are freed', async () => {
    const id = await s.queue();
    await sendThousands(id);
    // Those that have been received are not at the front of the line, which is where expired messages are skipped.
    for (let round = 0; round < 5; round++) await s.receive(id, T0, { max: 1000, visibilityMs: MINUTE - 1 });
    await s.send(id, 'young', T0 + 1);
    await shorten(id);
    expect(await s.bodies(id, T0 + MINUTE)).toEqual(['young']);
    expect(await s.counts(id, T0 + MINUTE)).toEqual([0, 1, 0]);
  });

  describe('behind thousands that were sent before the clock was set back', () => {
    const AHEAD = 1000 * HOUR;

    it.each(['stays open', 'is restarted'])('expired messages are not counted, if the store %s', async (store) => {
      const id = await s.queue('orders', { retentionMs: MINUTE });
      const numberedAhead = numbered(5000).map((body) => message(body));
      await s.store.send(id, numberedAhead, T0 + AHEAD);
      if (store === 'is restarted' && s.form.reopen) await s.restart();
      for (const [at, body] of ['first', 'second', 'third'].entries()) await s.send(id, body, T0 + at);
      await s.receive(id, T0 + 2, { max: 1, visibilityMs: HOUR });
      expect(await s.counts(id, T0 + 2)).toEqual([2, 1, 5000]);
      expect(await s.counts(id, T0 + MINUTE)).toEqual([2, 0, 5000]);
      expect(await s.counts(id, T0 + MINUTE + 1)).toEqual([1, 0, 5000]);
      expect(await s.counts(id, T0 + MINUTE + 2)).toEqual([0, 0, 5000]);
      expect(await s.counts(id, T0 + AHEAD)).toEqual([5000, 0, 0]);
      expect(await s.counts(id, T0 + AHEAD + MINUTE)).toEqual([0, 0, 0]);
    });

    it('expired messages do not lock their groups', async () => {
      const id = await s.queue('orders.fifo', { fifo: true, retentionMs: MINUTE });
      const ahead = numbered(5000).map((body) => message(body, { groupId: 'first' }));
      await s.store.send(id, ahead, T0 + AHEAD);
      await s.send(id, 'locking', T0, { groupId: 'a' });
      await s.send(id, 'locked', T0 + 1, { groupId: 'a' });
      await s.receive(id, T0 + 1, { max: 1, visibilityMs: HOUR });
      expect(await s.bodies(id, T0 + MINUTE)).toEqual(['locked']);
    });

    it('expired messages are not counted in a dead-letter queue, either', async () => {
      const [id, dlq] = [await s.queue('source'), await s.queue('dlq', { retentionMs: MINUTE })];
      await s.store.send(
        dlq,
        numbered(5000).map((body) => message(body)),
        T0 + AHEAD,
      );
      await s.send(id, 'x', T0);
      await s.receive(id, T0, { visibilityMs: 0 });
      const redrive = { targetId: dlq, maxReceiveCount: 1, sourceArn: 'arn' };
      expect(await s.bodies(id, T0 + 1, { redrive })).toEqual([]);
      expect(await s.counts(dlq, T0 + 1)).toEqual([1, 0, 5000]);
      expect(await s.counts(dlq, T0 + MINUTE)).toEqual([0, 0, 5000]);
    });
  });
}
