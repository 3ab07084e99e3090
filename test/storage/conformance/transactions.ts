import { expect, it } from 'vitest';
import { HOUR, key, message, numbered, SECOND, type Subject, settings, T0, unstorable } from '../subject.ts';

export function transactions(s: Subject): void {
  it('a send with a message that cannot be stored stores none and announces none', async () => {
    const id = await s.queue();
    await expect(s.store.send(id, [message('a'), unstorable(), message('b')], T0)).rejects.toThrow();
    expect(await s.counts(id, T0)).toEqual([0, 0, 0]);
    expect(await s.bodies(id, T0)).toEqual([]);
    expect(s.announced).toEqual([]);
    await s.send(id, 'works again', T0);
    expect(await s.bodies(id, T0)).toEqual(['works again']);
  });

  it.each([0, 1, 2])(
    'a verb that throws does not affect the other verbs of the same turn (the one at place %i throws)',
    async (at) => {
      const id = await s.queue();
      const sends = numbered(2).map((body) => [message(body)]);
      sends.splice(at, 0, [message('not this'), unstorable()]);
      const outcomes = await Promise.allSettled(sends.map((messages) => s.store.send(id, messages, T0)));
      const expected = ['fulfilled', 'fulfilled'];
      expected.splice(at, 0, 'rejected');
      expect(outcomes.map(({ status }) => status)).toEqual(expected);
      expect(await s.counts(id, T0)).toEqual([2, 0, 0]);
      expect(s.announced).toEqual([
        [id, T0],
        [id, T0],
      ]);
      const bodies = await s.bodies(id, T0);
      expect(s.form.isConcurrent ? bodies.sort() : bodies).toEqual(numbered(2));
    },
  );

  it('verbs of every kind have their effect exactly once, beside one that throws', async () => {
    const [id, doomed, purged] = [await s.queue('a'), await s.queue('b'), await s.queue('c')];
    await s.send(id, numbered(4), T0);
    await s.send(doomed, 'doomed', T0);
    await s.send(purged, 'purged', T0);
    const [first, second] = await s.receive(id, T0, { max: 2 });
    s.announced.length = 0;
    const now = T0 + SECOND;
    const failing = s.store.send(id, [unstorable()], now);
    const [deleted, changed, received, created, changedQueue, gone, emptied] = await Promise.all([
      s.store.delete(id, [first!.receipt], now),
      s.store.changeVisibility(id, [{ receipt: second!.receipt, visibilityMs: 0 }], now),
      s.receive(id, now, { max: 1 }),
      s.store.createQueue(key('new'), settings(), now),
      s.store.changeQueue(id, { tags: new Map([['a', 'b']]) }, now),
      s.store.deleteQueue(doomed),
      s.store.purge(purged),
      expect(failing).rejects.toThrow(),
    ]);
    expect([deleted, changed, created.created, gone, emptied]).toEqual([['deleted'], ['changed'], true, true, true]);
    expect(received.map(({ body, receiveCount }) => [body, receiveCount])).toEqual([['body 2', 1]]);
    expect(s.announced.toSorted(([, a], [, b]) => a - b)).toEqual([
      // The delete makes room, for which a receive may be waiting after a rollback.
      ...(s.form.repeatsTurns ? [[id, now]] : []),
      [id, now],
      [id, now + 30 * SECOND],
    ]);
    expect(changedQueue).toMatchObject({ tags: new Map([['a', 'b']]) });
    expect(await s.store.findQueue(key('a'))).toEqual(changedQueue);
    expect(await s.store.findQueue(key('new'))).toEqual(created.queue);
    expect(await s.store.findQueue(key('b'))).toBeUndefined();
    expect(await s.counts(id, now)).toEqual([2, 1, 0]);
    expect(await s.counts(purged, now)).toEqual([0, 0, 0]);
  });

  it('keys and IDs stay unique after a verb that threw', async () => {
    const id = await s.queue();
    const keys = new Set<number>();
    for (let round = 0; round < 3; round++) {
      const failing = s.store.send(id, [message('not this'), unstorable()], T0);
      await Promise.all([expect(failing).rejects.toThrow(), s.send(id, numbered(3), T0)]);
      for (const { receipt } of await s.receive(id, T0)) keys.add(receipt.key);
      expect(await s.queue(`queue ${round}`)).toBeGreaterThan(id);
    }
    expect(keys.size).toBe(9);
    expect(await s.store.listQueues({ ...key(''), limit: 10 })).toHaveLength(4);
  });

  it('messages still expire after a verb that threw', async () => {
    const id = await s.queue();
    await s.send(id, 'hello', T0);
    await expect(s.store.send(id, [unstorable()], T0)).rejects.toThrow();
    expect((await s.store.expire(T0 + HOUR, 10)).freed).toBe(1);
    expect(await s.counts(id, T0 + HOUR)).toEqual([0, 0, 0]);
  });

  it('verbs of one turn are carried out in the order of their calls', async () => {
    const id = await s.queue();
    const [, first, , second, counts] = await s.inTurn(
      () => s.send(id, 'a', T0),
      () => s.bodies(id, T0),
      () => s.send(id, 'b', T0),
      () => s.bodies(id, T0),
      () => s.counts(id, T0),
    );
    expect([first, second, counts]).toEqual([['a'], ['b'], [0, 2, 0]]);
  });

  it('many verbs of one turn all have their effect', async () => {
    const id = await s.queue();
    await Promise.all(numbered(300).map((body) => s.send(id, body, T0)));
    const received = (await Promise.all(numbered(40).map(() => s.receive(id, T0)))).flat();
    expect(new Set(received.map(({ body }) => body))).toEqual(new Set(numbered(300)));
    const outcomes = await Promise.all(received.map(({ receipt }) => s.store.delete(id, [receipt], T0)));
    expect(new Set(outcomes.flat())).toEqual(new Set(['deleted']));
    expect(await s.counts(id, T0)).toEqual([0, 0, 0]);
  });

  it('sends of one turn are all counted, even if the time moves forward or back between them', async () => {
    const id = await s.queue();
    const later = T0 + 10 * SECOND;
    await Promise.all([s.send(id, 'delayed', T0, { delayMs: 5 * SECOND }), s.send(id, 'prompt', later)]);
    expect(await s.counts(id, later)).toEqual([2, 0, 0]);
    await Promise.all([s.send(id, 'early bird', later + SECOND), s.send(id, 'from before', later)]);
    expect(await s.counts(id, later)).toEqual([3, 0, 1]);
    expect(await s.counts(id, later + SECOND)).toEqual([4, 0, 0]);
  });

  it('a message expires by its own age if an earlier one of the same turn has already expired', async () => {
    const id = await s.queue();
    await Promise.all([s.send(id, 'old', T0), s.send(id, 'young', T0 + HOUR)]);
    expect(await s.counts(id, T0 + HOUR)).toEqual([1, 0, 0]);
    expect(await s.bodies(id, T0 + HOUR, { visibilityMs: 0 })).toEqual(['young']);
    await s.store.expire(T0 + 2 * HOUR, 10);
    expect(await s.counts(id, T0 + 2 * HOUR)).toEqual([0, 0, 0]);
  });

  it('a store carries out the verbs that were called before it was closed, and none afterwards', async () => {
    const store = await s.another();
    const { queue } = await store.createQueue(key('orders'), settings(), T0);
    const sent = store.send(queue.id, [message('hello')], T0);
    const counted = store.counts(queue.id, T0);
    await store.close();
    expect(await sent).toHaveLength(1);
    expect(await counted).toMatchObject({ visible: s.form.isConcurrent ? expect.any(Number) : 1 });
    await expect(store.send(queue.id, [message('too late')], T0)).rejects.toThrow();
  });

  it('two stores share nothing', async () => {
    const store = await s.another();
    await store.createQueue(key('elsewhere'), settings(), T0);
    expect(await s.store.findQueue(key('elsewhere'))).toBeUndefined();
    await store.close();
  });
}
