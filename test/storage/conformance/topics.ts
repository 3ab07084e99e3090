import { expect, it } from 'vitest';
import { key, type Subject, T0 } from '../subject.ts';
import { MANY_SUBSCRIPTIONS, NO_TOPIC, subscription, topicSettings, topicSubjectOf } from '../topic-subject.ts';

const odd = new Map(['__proto__', 'a', 'ü'].map((name) => [name, `of ${name}`]));
const names = (topics: readonly { name: string }[]) => topics.map(({ name }) => name);
const ids = (subscriptions: readonly { id: string }[]) => subscriptions.map(({ id }) => id);

export function topics(s: Subject): void {
  const { topic, subscribe } = topicSubjectOf(s);

  it('a new topic has its key and settings, and is found by its key alone', async () => {
    const given = topicSettings({ fifo: true, attributes: odd, tags: odd });
    const { topic: made, created } = await s.store.topics.createTopic(key('news.fifo'), given, T0);
    expect(created).toBe(true);
    expect(made).toEqual({ ...key('news.fifo'), ...given, id: expect.any(Number), createdAt: T0 });
    expect(await s.store.topics.findTopic(key('news.fifo'))).toEqual(made);
    for (const other of [key('news'), key('news.fifo', { account: '1' }), key('news.fifo', { region: 'x' })]) {
      expect(await s.store.topics.findTopic(other)).toBeUndefined();
    }
  });

  it('a topic whose name is taken stays unchanged, and a queue may have the same name', async () => {
    const made = await topic();
    const again = await s.store.topics.createTopic(key('news'), topicSettings({ attributes: odd }), T0 + 1);
    expect(again).toEqual({ topic: made, created: false });
    const queueId = await s.queue('news');
    expect(queueId).not.toBe(made.id);
    expect(await s.store.topics.findTopic(key('news'))).toEqual(made);
  });

  it('topics are listed by name, for one account and region, in pages', async () => {
    for (const name of ['b', 'a', 'C', 'b-2', 'b_']) await topic(name);
    await topic('elsewhere', {}, { region: 'eu-west-1' });
    await topic('others', {}, { account: '111111111111' });
    const list = async (after: string, limit: number) =>
      names(await s.store.topics.listTopics({ account: '000000000000', region: 'us-east-1', after, limit }));
    expect(await list('', 10)).toEqual(['C', 'a', 'b', 'b-2', 'b_']);
    expect(await list('a', 2)).toEqual(['b', 'b-2']);
    expect(await list('b-', 10)).toEqual(['b-2', 'b_']);
    expect(await list('zz', 10)).toEqual([]);
    expect(await list('', 0)).toEqual([]);
  });

  it('a change sets and removes attributes and tags, in a new object', async () => {
    const before = await topic('news', { attributes: new Map(Object.entries({ a: '1', b: '2' })), tags: odd });
    const attributes = new Map(Object.entries({ a: undefined, b: '3', c: '4' }));
    const changed = await s.store.topics.changeTopic(before.id, { attributes });
    expect(changed).toEqual({ ...before, attributes: new Map(Object.entries({ b: '3', c: '4' })) });
    expect(await s.store.topics.findTopic(key('news'))).toEqual(changed);
    expect(before.attributes.get('a')).toBe('1');
    const tagged = await s.store.topics.changeTopic(before.id, { tags: new Map([['a', undefined]]) });
    expect(tagged).toMatchObject({ tags: new Map([...odd].filter(([name]) => name !== 'a')) });
    expect(await s.store.topics.changeTopic(NO_TOPIC, { attributes })).toBeUndefined();
  });

  it('a change with too many tags, or of attributes that have changed since, changes nothing', async () => {
    const before = await topic('news', { attributes: new Map([['a', '1']]), tags: new Map([['x', 'y']]) });
    const change = (more: object) => s.store.topics.changeTopic(before.id, { tags: odd, ...more });
    expect(await change({ tagsMax: 3 })).toBe('over-limit');
    expect(await change({ expected: new Map([['a', '2']]) })).toBe('outdated');
    expect(await change({ expected: new Map([['b', '']]) })).toBe('outdated');
    expect(await s.store.topics.findTopic(key('news'))).toEqual(before);
    expect(await change({ tagsMax: 4, expected: new Map(Object.entries({ a: '1', b: undefined })) })).toMatchObject({
      tags: new Map([['x', 'y'], ...odd]),
    });
  });

  it('a deleted topic is gone, and another topic with its name is another topic', async () => {
    const { id } = await topic();
    expect(await s.store.topics.deleteTopic(id, T0)).toBe(true);
    expect(await s.store.topics.deleteTopic(id, T0)).toBe(false);
    expect(await s.store.topics.findTopic(key('news'))).toBeUndefined();
    expect(await s.store.topics.changeTopic(id, {})).toBeUndefined();
    expect(await s.store.topics.subscribe(id, subscription(), MANY_SUBSCRIPTIONS, T0)).toBeUndefined();
    expect(await s.store.topics.publish(id, [], T0)).toBeUndefined();
    expect((await topic()).id).not.toBe(id);
  });

  it('a subscription is found by its ID, and receives messages at once if it has no token', async () => {
    const made = await topic();
    const given = subscription({ attributes: odd });
    const subscribed = await s.store.topics.subscribe(made.id, given, 1, T0);
    expect(subscribed).toEqual({
      created: true,
      subscription: {
        ...{ ...given, topicId: made.id, topic: key('news'), place: expect.any(Number) },
        ...{ createdAt: T0, confirmed: true },
      },
    });
    expect(await s.store.topics.findSubscription(given.id)).toEqual(
      (subscribed as { subscription: object }).subscription,
    );
    expect(await s.store.topics.findSubscription('other')).toBeUndefined();
    expect(await s.store.topics.subscribe(NO_TOPIC, subscription(), 1, T0)).toBeUndefined();
  });

  it('a topic has one subscription for each protocol and endpoint, and no more than the limit', async () => {
    const [one, other] = [await topic('one'), await topic('other')];
    const first = await subscribe(one, { protocol: 'sqs', endpoint: 'e' });
    const again = subscription({ protocol: 'sqs', endpoint: 'e', attributes: odd, token: 't' });
    expect(await s.store.topics.subscribe(one.id, again, 1, T0)).toEqual({ subscription: first, created: false });
    expect(await s.store.topics.findSubscriptionByToken('t')).toBeUndefined();
    expect(await s.store.topics.subscribe(one.id, subscription(), 1, T0)).toBe('over-limit');
    const otherProtocol = subscription({ protocol: 'http', endpoint: 'e' });
    expect(await s.store.topics.subscribe(one.id, otherProtocol, 2, T0)).toMatchObject({ created: true });
    await subscribe(other, { protocol: 'sqs', endpoint: 'e' });
    expect(await s.store.topics.unsubscribe(first.id)).toBe(true);
    expect((await subscribe(one, { protocol: 'sqs', endpoint: 'e' })).id).not.toBe(first.id);
  });

  it('a subscription with a token is found by it, and confirmed once', async () => {
    const made = await subscribe(await topic(), { token: 'secret' });
    expect(made.confirmed).toBe(false);
    expect(await s.store.topics.findSubscriptionByToken('secret')).toEqual(made);
    const attributes = new Map([['ConfirmationWasAuthenticated', 'true']]);
    const confirmed = await s.store.topics.changeSubscription(made.id, { confirmed: true, attributes });
    expect(confirmed).toEqual({ ...made, confirmed: true, attributes });
    expect(await s.store.topics.findSubscriptionByToken('secret')).toEqual(confirmed);
    expect(await s.store.topics.changeSubscription(made.id, { attributes: new Map() })).toEqual(confirmed);
    await s.store.topics.unsubscribe(made.id);
    expect(await s.store.topics.findSubscriptionByToken('secret')).toBeUndefined();
    expect(await s.store.topics.changeSubscription(made.id, { confirmed: true })).toBeUndefined();
    expect(await s.store.topics.unsubscribe(made.id)).toBe(false);
  });

  it('a change of a subscription whose attributes have changed since changes nothing', async () => {
    const made = await subscribe(await topic(), { attributes: odd });
    const change = { attributes: new Map([['a', undefined]]), expected: new Map([['a', 'other']]) };
    expect(await s.store.topics.changeSubscription(made.id, change)).toBe('outdated');
    expect(await s.store.topics.findSubscription(made.id)).toEqual(made);
  });

  it('subscriptions are listed in the order of their creation, in pages', async () => {
    const [one, other] = [await topic('one'), await topic('other')];
    const elsewhere = await topic('one', {}, { region: 'eu-west-1' });
    const first = await subscribe(one);
    const second = await subscribe(other);
    const third = await subscribe(elsewhere);
    const fourth = await subscribe(one);
    const list = async (more: object) =>
      ids(await s.store.topics.listSubscriptions({ ...key(''), limit: 10, ...more }));
    expect(await list({})).toEqual(ids([first, second, fourth]));
    expect(await list({ after: first.place, limit: 1 })).toEqual([second.id]);
    expect(await list({ topicId: one.id })).toEqual(ids([first, fourth]));
    expect(await list({ topicId: one.id, after: first.place })).toEqual([fourth.id]);
    expect(await list({ topicId: one.id, limit: 1 })).toEqual([first.id]);
    expect(await list({ topicId: NO_TOPIC })).toEqual([]);
    expect(await list({ region: 'eu-west-1' })).toEqual([third.id]);
    const { topics: allTopics, subscriptions } = await s.store.topics.everything();
    expect(allTopics).toEqual([one, other, elsewhere]);
    expect(subscriptions).toEqual([first, second, third, fourth]);
  });

  it('a subscription, and the subscriptions of a topic as an array, are the same object until one changes', async () => {
    const [one, other] = [await topic('one'), await topic('other')];
    const first = await subscribe(one);
    const second = await subscribe(one);
    // Each node has objects of its own, so that it takes two calls to see those of two nodes.
    const found = async () => {
      const { topics } = s.store;
      const arrays = [await topics.subscriptionsOf(one.id), await topics.subscriptionsOf(one.id)];
      const subscriptions = [await topics.findSubscription(first.id), await topics.findSubscription(first.id)];
      return new Set<unknown>([...arrays, ...subscriptions]);
    };
    const before = await s.store.topics.subscriptionsOf(one.id);
    expect(before).toEqual([first, second]);
    const known = await found();
    await subscribe(other);
    await s.store.topics.changeTopic(one.id, { attributes: odd });
    expect([...(await found())].filter((one) => !known.has(one))).toEqual([]);
    const changed = await s.store.topics.changeSubscription(first.id, { attributes: odd });
    expect(await s.store.topics.subscriptionsOf(one.id)).toEqual([changed, second]);
    expect(before[0]).toBe(first);
    await s.store.topics.unsubscribe(first.id);
    expect(await s.store.topics.subscriptionsOf(one.id)).toEqual([second]);
    expect(await s.store.topics.subscriptionsOf(NO_TOPIC)).toEqual([]);
  });

  it('a deleted topic leaves its subscriptions detached, until they lapse', async () => {
    const one = await topic();
    const left = await subscribe(one, { protocol: 'sqs', endpoint: 'e', token: 't' });
    await s.store.topics.deleteTopic(one.id, T0 + 5);
    const detached = { ...left, detachedAt: T0 + 5 };
    expect(await s.store.topics.findSubscription(left.id)).toEqual(detached);
    expect(await s.store.topics.findSubscriptionByToken('t')).toEqual(detached);
    expect(await s.store.topics.subscriptionsOf(one.id)).toEqual([]);
    const listed = (topicId?: number) => s.store.topics.listSubscriptions({ ...key(''), topicId, limit: 10 });
    expect(await listed()).toEqual([detached]);
    expect(await listed(one.id)).toEqual([]);
    const again = await subscribe(await topic(), { protocol: 'sqs', endpoint: 'e' });
    expect(await s.store.topics.removeLapsed({ detachedAt: T0 + 5, unconfirmedAt: T0 })).toEqual([]);
    expect(await s.store.topics.removeLapsed({ detachedAt: T0 + 6, unconfirmedAt: T0 })).toEqual([detached]);
    expect(await listed()).toEqual([again]);
  });

  it('a subscription that was never confirmed lapses', async () => {
    const one = await topic();
    const forgotten = await subscribe(one, { token: 'a' });
    const confirmed = await subscribe(one, { token: 'b' });
    await s.store.topics.changeSubscription(confirmed.id, { confirmed: true });
    const open = await subscribe(one, {});
    const recent = await subscribe(one, { token: 'c' }, T0 + 1);
    expect(await s.store.topics.removeLapsed({ detachedAt: T0, unconfirmedAt: T0 + 1 })).toEqual([forgotten]);
    expect(ids(await s.store.topics.subscriptionsOf(one.id))).toEqual(ids([confirmed, open, recent]));
  });

  it('a kept text stays as it was first kept', async () => {
    expect(await s.store.topics.kept('key')).toBeUndefined();
    expect(await s.store.topics.keep('key', 'first')).toBe('first');
    expect(await s.store.topics.keep('key', 'second')).toBe('first');
    expect(await s.store.topics.kept('key')).toBe('first');
    expect(await s.store.topics.kept('other')).toBeUndefined();
  });
}
