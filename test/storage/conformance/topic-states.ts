import { expect, it } from 'vitest';
import { StoreUnavailable } from '../../../src/storage/store.ts';
import type { Subscription, Topic } from '../../../src/storage/topics.ts';
import { key, message, type Subject, T0, unstorable } from '../subject.ts';
import { backlog, publication, subscription, topicSettings, topicSubjectOf, WINDOW } from '../topic-subject.ts';

const attributes = new Map([['a', 'b']]);

/** `restarts`: whether the engine keeps anything after it is closed. */
export function topicStates(s: Subject, restarts: boolean): void {
  const { topic, subscribe } = topicSubjectOf(s);

  interface Before {
    topics: Topic[];
    subscriptions: Subscription[];
    fifo: Topic;
  }

  /** A topic with subscriptions of each kind, a deleted topic, and a remembered publication. */
  async function someTopics(): Promise<Before> {
    const [plain, gone] = [await topic('plain', { attributes, tags: attributes }), await topic('gone')];
    const fifo = await topic('news.fifo', { fifo: true });
    await subscribe(plain, { attributes });
    const { backlogId } = await subscribe(plain, { token: 'token', backlog });
    await subscribe(gone);
    await s.store.topics.deleteTopic(gone.id, T0);
    await s.send(backlogId!, 'waiting', T0);
    const deduplication = { key: 'k', windowMs: WINDOW };
    await s.store.topics.publish(fifo.id, [publication('', [], { messageId: 'original', deduplication })], T0);
    return { ...(await s.store.topics.everything()), fifo };
  }

  async function expectAll({ topics, subscriptions, fifo }: Before): Promise<void> {
    expect(await s.store.topics.everything()).toEqual({ topics, subscriptions });
    expect(await s.store.topics.findTopic(key('plain'))).toEqual(topics[0]);
    const [first, second, detached] = subscriptions as [Subscription, Subscription, Subscription];
    expect(await s.store.topics.subscriptionsOf(topics[0]!.id)).toEqual([first, second]);
    expect(await s.store.topics.findSubscriptionByToken('token')).toEqual(second);
    expect(await s.store.topics.findSubscription(detached.id)).toEqual(detached);
    expect(await s.bodies(second.backlogId!, T0, { visibilityMs: 0 })).toEqual(['waiting']);
    const again = publication('', [], { deduplication: { key: 'k', windowMs: WINDOW } });
    const [duplicate] = (await s.store.topics.publish(fifo.id, [again], T0 + 1)) as [object];
    expect(duplicate).toMatchObject({ messageId: 'original', duplicate: true });
  }

  it.runIf(restarts)('a restart keeps topics, subscriptions, backlogs, remembered publications and texts', async () => {
    const before = await someTopics();
    await s.store.topics.keep('key', 'text');
    await s.restart();
    await expectAll(before);
    expect(await s.store.topics.kept('key')).toBe('text');
    expect((await topic('new')).id).toBeGreaterThan(Math.max(...before.topics.map(({ id }) => id)));
    const { place } = await subscribe(await topic('new'));
    expect(place).toBeGreaterThan(Math.max(...before.subscriptions.map((one) => one.place)));
  });

  it.runIf(restarts)('a restart keeps what was changed and removed', async () => {
    const one = await topic();
    const [changed, removed] = [await subscribe(one, { token: 't' }), await subscribe(one)];
    const after = await s.store.topics.changeTopic(one.id, { attributes, tags: attributes });
    const confirmed = await s.store.topics.changeSubscription(changed.id, { confirmed: true, attributes });
    await s.store.topics.unsubscribe(removed.id);
    await s.restart();
    expect(await s.store.topics.everything()).toEqual({ topics: [after], subscriptions: [confirmed] });
  });

  it('a restored snapshot has the topics, subscriptions, backlogs and remembered publications of its time', async () => {
    const before = await someTopics();
    await s.states.takeSnapshot('before', T0);
    for (const { id } of before.topics) await s.store.topics.deleteTopic(id, T0);
    await s.store.topics.unsubscribe(before.subscriptions[1]!.id);
    const added = await topic('added.fifo', { fifo: true });
    const deduplication = { key: 'new', windowMs: WINDOW };
    await s.store.topics.publish(added.id, [publication('', [], { deduplication })], T0);
    await s.store.topics.keep('key', 'text');
    for (let round = 0; round < 2; round++) {
      s.announced.length = 0;
      await s.states.restoreSnapshot('before', T0);
      expect(s.announced).toEqual([[before.subscriptions[1]!.backlogId, T0]]);
      await expectAll(before);
      await s.store.topics.removeTopics({});
    }
    expect(await s.store.topics.kept('key')).toBe('text');
    const { id } = await topic('later');
    expect(id).toBeGreaterThan(added.id);
  });

  it('topics are removed by account, region and name, with their subscriptions', async () => {
    const [one, other] = [await topic('news-1'), await topic('other')];
    const elsewhere = await topic('news-2', {}, { region: 'eu-west-1' });
    const foreign = await topic('news-3', {}, { account: '111111111111' });
    const parents = [one, other, elsewhere, foreign];
    const made = await Promise.all(parents.map((parent) => subscribe(parent)));
    await s.store.topics.deleteTopic(one.id, T0);
    const detached = { ...made[0], detachedAt: T0 };
    expect(await s.store.topics.removeTopics({ region: 'eu-west-1', prefix: 'o' })).toEqual({
      topics: [],
      subscriptions: [],
    });
    const scope = { account: '000000000000', prefix: 'news' };
    expect(await s.store.topics.removeTopics(scope)).toEqual({
      topics: [elsewhere],
      subscriptions: [detached, made[2]],
    });
    expect(await s.store.topics.everything()).toEqual({ topics: [other, foreign], subscriptions: [made[1], made[3]] });
    await s.states.removeQueues({});
    expect((await s.store.topics.everything()).topics).toHaveLength(2);
    await s.store.topics.removeTopics({});
    expect(await s.store.topics.everything()).toEqual({ topics: [], subscriptions: [] });
  });

  it.each(['before', 'after'])('verbs on topics have their effect exactly once, %s one that throws', async (place) => {
    const [one, doomed] = [await topic('one'), await topic('doomed')];
    const [first, second] = [await subscribe(one, { backlog }), await subscribe(one)];
    const left = await subscribe(doomed);
    const { topics } = s.store;
    const queueId = await s.queue();
    const fail = () => expect(s.store.send(queueId, [message('x'), unstorable()], T0)).rejects.toThrow();
    const failing = place === 'after' ? fail() : undefined;
    const [created, changed, subscribed, altered, removed, deleted] = await Promise.all([
      topics.createTopic(key('new'), { fifo: false, attributes, tags: attributes }, T0),
      topics.changeTopic(one.id, { attributes }),
      topics.subscribe(one.id, subscription({ id: 'new', backlog }), 10, T0),
      topics.changeSubscription(second.id, { attributes }),
      topics.unsubscribe(first.id),
      topics.deleteTopic(doomed.id, T0),
      failing ?? fail(),
    ]);
    expect([created.created, removed, deleted]).toEqual([true, true, true]);
    const made = (subscribed as { subscription: Subscription }).subscription;
    const expected = {
      topics: [changed, created.topic],
      subscriptions: [altered, { ...left, detachedAt: T0 }, made],
    };
    expect(await topics.everything()).toEqual(expected);
    expect(await topics.subscriptionsOf(one.id)).toEqual([altered, made]);
    expect(await s.counts(made.backlogId!, T0)).toEqual([0, 0, 0]);
    expect(await s.store.counts(first.backlogId!, T0)).toBeUndefined();
  });

  it('a restore and a removal have their effect exactly once, before a verb that throws', async () => {
    const before = await someTopics();
    await s.states.takeSnapshot('before', T0);
    const [queueId] = [await s.queue(), await subscribe(before.topics[0]!), await topic('later')];
    const [, removed] = await s.inTurn(
      () => s.states.restoreSnapshot('before', T0),
      () => s.store.topics.removeTopics({ prefix: 'news' }),
      () => expect(s.store.send(queueId, [message('x'), unstorable()], T0)).resolves.toBeUndefined(),
      () => expect(s.store.send(before.subscriptions[1]!.backlogId!, [unstorable()], T0)).rejects.toThrow(),
    );
    expect(removed).toEqual({ topics: [before.fifo], subscriptions: [] });
    const topics = before.topics.filter(({ id }) => id !== before.fifo.id);
    expect(await s.store.topics.everything()).toEqual({ topics, subscriptions: before.subscriptions });
  });

  it.runIf(s.form.breakDown)('a fault of the storage changes no topics', async () => {
    await topic('restored');
    await s.states.takeSnapshot('before', T0);
    await s.store.topics.removeTopics({});
    const before = await someTopics();
    const repair = await s.form.breakDown!(s.store);
    const { topics } = s.store;
    await expect(topics.createTopic(key('new'), topicSettings(), T0)).rejects.toThrow(StoreUnavailable);
    await expect(topics.publish(before.fifo.id, [publication('', [])], T0)).rejects.toThrow(StoreUnavailable);
    await expect(s.states.restoreSnapshot('before', T0)).rejects.toThrow(StoreUnavailable);
    // Where other nodes may have changed topics, they are not found during the fault either.
    const found = s.store.nodes ? [] : [await topics.findTopic(key('plain')), await topics.findTopic(key('new'))];
    await repair();
    if (!s.store.nodes) expect(found).toEqual([before.topics[0], undefined]);
    expect(await topics.findTopic(key('new'))).toBeUndefined();
    await expectAll(before);
  });
}
