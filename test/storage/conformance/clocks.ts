import { expect, it } from 'vitest';
import { HOUR, message, NO_LIMIT, numbered, request, SECOND, type Subject, T0 } from '../subject.ts';

export function clocks(s: Subject): void {
  /** Creates a queue with a message that is delayed for 5 seconds from T0, and one that is in flight for 10 seconds. */
  const delayedAndReceived = async () => {
    const id = await s.queue();
    await s.send(id, 'delayed', T0, { delayMs: 5 * SECOND });
    await s.send(id, 'received', T0);
    const { receipt } = await s.receiveOne(id, T0, { visibilityMs: 10 * SECOND });
    return { id, receipt };
  };

  it('a message counts as visible, in flight or delayed, depending on visibleAt and its receives', async () => {
    const { id } = await delayedAndReceived();
    await s.send(id, 'visible', T0);
    expect(await s.counts(id, T0)).toEqual([1, 1, 1]);
    expect(await s.counts(id, T0 + 5 * SECOND - 1)).toEqual([1, 1, 1]);
    expect(await s.counts(id, T0 + 5 * SECOND)).toEqual([2, 1, 0]);
    expect(await s.counts(id, T0 + 10 * SECOND)).toEqual([3, 0, 0]);
  });

  it('a message that is received after its delay is in flight, no longer delayed', async () => {
    const id = await s.queue();
    await s.send(id, 'hello', T0, { delayMs: SECOND });
    const { receipt } = await s.receiveOne(id, T0 + SECOND);
    expect(await s.counts(id, T0 + SECOND)).toEqual([0, 1, 0]);
    await s.store.changeVisibility(id, [{ receipt, visibilityMs: 0 }], T0 + SECOND);
    expect(await s.counts(id, T0 + SECOND)).toEqual([1, 0, 0]);
  });

  it('counts are those at the requested instant, even after the clock was set back', async () => {
    const { id } = await delayedAndReceived();
    await s.send(id, 'visible', T0);
    const expected = [
      [10, [3, 0, 0]],
      [7, [2, 1, 0]],
      [5, [2, 1, 0]],
      [4, [1, 1, 1]],
      [10, [3, 0, 0]],
      [0, [1, 1, 1]],
      [5, [2, 1, 0]],
    ] as const;
    for (const [seconds, counts] of expected) expect(await s.counts(id, T0 + seconds * SECOND)).toEqual(counts);
    expect(await s.bodies(id, T0)).toEqual(['visible']);
  });

  it('messages that were sent before the clock was set back wait for their time, and nothing is lost', async () => {
    const id = await s.queue();
    await s.send(id, 'early', T0);
    await s.send(id, 'late', T0 + 10 * SECOND);
    expect(await s.counts(id, T0 + 5 * SECOND)).toEqual([1, 0, 1]);
    expect(await s.bodies(id, T0 + 5 * SECOND, { visibilityMs: SECOND })).toEqual(['early']);
    await s.send(id, 'between', T0 + 5 * SECOND);
    expect(await s.counts(id, T0 + 5 * SECOND)).toEqual([1, 1, 1]);
    expect(await s.counts(id, T0 + 10 * SECOND)).toEqual([3, 0, 0]);
    expect(await s.bodies(id, T0 + 10 * SECOND)).toEqual(['between', 'early', 'late']);
  });

  it('verbs whose times are slightly out of order neither lose messages nor count expired ones', async () => {
    const id = await s.queue();
    for (const late of [3, 1, 2, 0]) await s.send(id, `sent at ${late}`, T0 + late);
    for (let ms = 0; ms < 4; ms++) {
      expect(await s.counts(id, T0 + HOUR - 1 + ms)).toEqual([4 - ms, 0, 0]);
      expect(await s.bodies(id, T0 + HOUR - 1 + ms, { max: 1, visibilityMs: 0 })).toEqual([`sent at ${ms}`]);
    }
    expect(await s.store.nextVisibleAt(id, NO_LIMIT, T0 + HOUR + 3)).toBeUndefined();
  });

  it('nextVisibleAt is now for a queue that has something to deliver', async () => {
    const { id } = await delayedAndReceived();
    await s.send(id, 'visible', T0);
    expect(await s.store.nextVisibleAt(id, NO_LIMIT, T0 + 3)).toBe(T0 + 3);
  });

  it('nextVisibleAt is otherwise when the first delay or timeout ends', async () => {
    const { id, receipt } = await delayedAndReceived();
    expect(await s.store.nextVisibleAt(id, NO_LIMIT, T0 + 1)).toBe(T0 + 5 * SECOND);
    await s.store.changeVisibility(id, [{ receipt, visibilityMs: 2 * SECOND }], T0 + SECOND);
    expect(await s.store.nextVisibleAt(id, NO_LIMIT, T0 + SECOND)).toBe(T0 + 3 * SECOND);
    await s.store.delete(id, [receipt], T0 + SECOND);
    expect(await s.store.nextVisibleAt(id, NO_LIMIT, T0 + SECOND)).toBe(T0 + 5 * SECOND);
    await s.receiveOne(id, T0 + 5 * SECOND, { visibilityMs: 20 * SECOND });
    expect(await s.store.nextVisibleAt(id, NO_LIMIT, T0 + 5 * SECOND)).toBe(T0 + 25 * SECOND);
  });

  it('nextVisibleAt is undefined for an empty queue', async () => {
    const id = await s.queue();
    expect(await s.store.nextVisibleAt(id, NO_LIMIT, T0)).toBeUndefined();
    await s.send(id, 'hello', T0);
    const { receipt } = await s.receiveOne(id, T0);
    await s.store.delete(id, [receipt], T0);
    expect(await s.store.nextVisibleAt(id, NO_LIMIT, T0)).toBeUndefined();
  });

  it('a send announces its queue, with the instant from which the message can be delivered', async () => {
    const id = await s.queue();
    await s.send(id, 'now', T0);
    await s.send(id, 'later', T0 + 1, { delayMs: SECOND });
    expect(s.announced).toEqual([
      [id, T0],
      [id, T0 + 1 + SECOND],
    ]);
  });

  it('a receive announces the end of the timeout, and changeVisibility announces the new end', async () => {
    const id = await s.queue();
    await s.send(id, 'hello', T0);
    s.announced.length = 0;
    const { receipt } = await s.receiveOne(id, T0, { visibilityMs: 10 * SECOND });
    expect(s.announced).toContainEqual([id, T0 + 10 * SECOND]);
    await s.store.changeVisibility(id, [{ receipt, visibilityMs: 3 * SECOND }], T0 + SECOND);
    expect(s.announced).toContainEqual([id, T0 + 4 * SECOND]);
    await s.store.changeVisibility(id, [{ receipt, visibilityMs: 0 }], T0 + 2 * SECOND);
    expect(s.announced).toContainEqual([id, T0 + 2 * SECOND]);
  });

  it('a delete announces that there is room, if a receive has reached the in-flight limit', async () => {
    const id = await s.queue();
    await s.send(id, numbered(2), T0);
    const { receipt } = await s.receiveOne(id, T0, { inFlightLimit: 1 });
    expect(await s.store.receive(id, request({ inFlightLimit: 1 }), T0)).toBe('over-limit');
    s.announced.length = 0;
    await s.store.delete(id, [receipt], T0 + 1);
    expect(s.announced).toEqual([[id, T0 + 1]]);
  });

  it('a verb that gives no queue anything to deliver announces nothing', async () => {
    const id = await s.queue();
    await s.send(id, 'hello', T0);
    const { receipt } = await s.receiveOne(id, T0);
    s.announced.length = 0;
    await s.receive(id, T0);
    await s.store.counts(id, T0);
    await s.store.nextVisibleAt(id, NO_LIMIT, T0);
    await s.store.changeVisibility(id, [{ receipt: { ...receipt, receive: 9 }, visibilityMs: 0 }], T0);
    await s.store.delete(id, [receipt], T0);
    await s.store.purge(id);
    await s.store.expire(T0 + HOUR, 100);
    await s.store.deleteQueue(id);
    expect(s.announced).toEqual([]);
  });

  it('an announcement comes after the commit, so its listener finds the message', async () => {
    const id = await s.queue();
    const found = new Promise<string[]>((resolve) => {
      s.store.onAnnounce((queueId, at) => resolve(s.bodies(queueId, at, { visibilityMs: 0 })));
    });
    await s.send(id, 'hello', T0);
    expect(await found).toEqual(['hello']);
  });

  it('an announcement comes before the promise of its verb settles', async () => {
    const id = await s.queue();
    const sent = s.store.send(id, [message('hello')], T0);
    await sent;
    expect(s.announced).toEqual([[id, T0]]);
  });

  it('only the listener that was set last gets announcements', async () => {
    const id = await s.queue();
    const heard: number[] = [];
    s.store.onAnnounce((queueId) => heard.push(queueId));
    await s.send(id, numbered(1), T0);
    expect(heard).toEqual([id]);
    expect(s.announced).toEqual([]);
  });
}
