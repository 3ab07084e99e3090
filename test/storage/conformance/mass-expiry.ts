import { expect, it } from 'vitest';
import type { NewMessage } from '../../../src/storage/store.ts';
import { HOUR, MINUTE, message, numbered, type Subject, T0 } from '../subject.ts';

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
}
