import { expect, it } from 'vitest';
import type { Happening } from '../../../src/storage/happenings.ts';
import { HIDDEN_ACCOUNT } from '../../../src/storage/hidden.ts';
import { HOUR, key, message, NO_LIMIT, type Subject, T0 } from '../subject.ts';
import { backlog, publication, topicSubjectOf } from '../topic-subject.ts';

export function backlogs(s: Subject): void {
  const { topic, subscribe } = topicSubjectOf(s);

  it('the backlog of a subscription keeps, hides, announces and expires messages, as any queue', async () => {
    const made = await topic();
    const { backlogId } = await subscribe(made, { backlog });
    const id = backlogId!;
    await s.store.topics.publish(made.id, [publication('one', [id])], T0);
    await s.send(id, 'two', T0);
    expect(s.announced).toEqual([
      [id, T0],
      [id, T0],
    ]);
    const { receipt } = await s.receiveOne(id, T0, { visibilityMs: 500 });
    expect(await s.counts(id, T0)).toEqual([1, 1, 0]);
    expect(await s.store.changeVisibility(id, [{ receipt, visibilityMs: 200 }], T0)).toEqual(['changed']);
    expect(await s.bodies(id, T0)).toEqual(['two']);
    expect(await s.store.nextVisibleAt(id, NO_LIMIT, T0)).toBe(T0 + 200);
    expect(await s.store.delete(id, [receipt], T0)).toEqual(['deleted']);
    expect(await s.store.observation.holdings([id], T0)).toMatchObject([{ inFlight: 1 }]);
    expect((await s.store.expire(T0 + HOUR, 10)).freed).toBe(1);
  });

  it('a backlog is in no list, and nothing that happens in it is an event', async () => {
    const made = await topic();
    const happened: Happening[] = [];
    s.store.onHappening((happenings) => happened.push(...happenings));
    const { backlogId, id } = await subscribe(made, { backlog });
    const shown = await s.queue('shown');
    const hidden = message('hidden');
    await s.store.send(backlogId!, [hidden], T0);
    await s.store.receive(backlogId!, { max: 1, visibilityMs: 0, inFlightLimit: 1 }, T0);
    await s.store.receive(backlogId!, { max: 1, visibilityMs: 1, inFlightLimit: 1 }, T0);
    const { inspection, observation } = s.store;
    expect((await inspection.queues()).map(({ name }) => name)).toEqual(['shown']);
    expect(await observation.queueIds()).toEqual([shown]);
    expect(await inspection.search({ messageId: hidden.messageId }, T0)).toEqual({});
    expect(await s.store.findQueue({ account: HIDDEN_ACCOUNT, region: 'us-east-1', name: id })).toBeUndefined();
    expect(await s.store.listQueues({ account: HIDDEN_ACCOUNT, region: 'us-east-1', limit: 10 })).toEqual([]);
    expect((await s.states.takeSnapshot('one', T0)).messages).toBe(0);
    expect(s.states.snapshots()).toMatchObject([{ queues: 1 }]);
    expect(await s.states.removeQueues({})).toMatchObject([{ name: 'shown' }]);
    expect(await s.states.removeQueues({ account: HIDDEN_ACCOUNT })).toEqual([]);
    expect(await s.counts(backlogId!, T0)).toEqual([0, 1, 0]);
    await s.store.topics.unsubscribe(id);
    expect(happened.map(({ kind }) => kind)).toEqual(['queue-created', 'queue-deleted']);
  });

  it('a backlog is removed with its subscription, however that is removed', async () => {
    const exists = async (queueId: number | undefined) => (await s.store.counts(queueId!, T0)) !== undefined;
    const removals: Record<string, (id: string, topicId: number) => Promise<unknown>> = {
      unsubscribe: (id) => s.store.topics.unsubscribe(id),
      removeTopics: () => s.store.topics.removeTopics({}),
      async removeLapsed(_, topicId) {
        await s.store.topics.deleteTopic(topicId, T0);
        await s.store.topics.removeLapsed({ detachedAt: T0 + 1, unconfirmedAt: T0 });
      },
    };
    for (const [name, remove] of Object.entries(removals)) {
      const made = await topic();
      const { id, backlogId } = await subscribe(made, { backlog });
      await s.send(backlogId!, 'waiting', T0);
      await remove(id, made.id);
      expect(await exists(backlogId), name).toBe(false);
      expect(await s.store.topics.findSubscription(id)).toBeUndefined();
    }
  });

  it('a detached subscription keeps its backlog, and one that is not created gets none', async () => {
    const made = await topic();
    const { backlogId, id } = await subscribe(made, { protocol: 'http', endpoint: 'e', backlog });
    const same = await subscribe(made, { protocol: 'http', endpoint: 'e', backlog });
    expect(same).toMatchObject({ id, backlogId });
    await s.send(backlogId!, 'waiting', T0);
    await s.store.topics.deleteTopic(made.id, T0);
    expect(await s.bodies(backlogId!, T0)).toEqual(['waiting']);
    expect(await s.store.topics.findSubscription(id)).toMatchObject({ backlogId });
    expect(await s.store.findQueue(key('e'))).toBeUndefined();
  });
}
