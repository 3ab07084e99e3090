/** Topics and the bound on the memory of the engine in memory: what is refused at it, and that nothing leaks. */

import { afterEach, beforeEach, expect, it } from 'vitest';
import { MemoryStore } from '../../../src/storage/memory/memory-store.ts';
import { StoreUnavailable } from '../../../src/storage/store.ts';
import type { Subscription, Topic } from '../../../src/storage/topics.ts';
import { key, settings, T0, unstorable } from '../subject.ts';
import { backlog, publication, subscription, topicSettings, WINDOW } from '../topic-subject.ts';
import { heapUsed } from './heap.ts';

const MAX = 200_000;

let store: MemoryStore;
beforeEach(() => {
  store = new MemoryStore(MAX);
});
afterEach(() => store.close());

const createTopic = async (name = 'news', more = {}): Promise<Topic> =>
  (await store.topics.createTopic(key(name), topicSettings(more), T0)).topic;

async function subscribe({ id }: Topic, more = {}): Promise<Subscription> {
  const subscribed = await store.topics.subscribe(id, subscription(more), 1000, T0);
  return (subscribed as { subscription: Subscription }).subscription;
}

const createQueue = async (name: string) => (await store.createQueue(key(name), settings(), T0)).queue.id;

it('a publication for which there is no room is refused, with nothing done', async () => {
  const topic = await createTopic();
  const queueIds = [await createQueue('a'), await createQueue('b')];
  const deduplication = { key: 'k', windowMs: WINDOW };
  const used = store.bytesUsed;
  const tooLong = publication('x'.repeat(100_000), queueIds, { deduplication });
  await expect(store.topics.publish(topic.id, [tooLong], T0)).rejects.toThrow(StoreUnavailable);
  expect(store.bytesUsed).toBe(used);
  for (const queueId of queueIds) expect(await store.counts(queueId, T0)).toMatchObject({ visible: 0 });
  const fits = publication('x'.repeat(50_000), queueIds, { deduplication });
  expect(await store.topics.publish(topic.id, [fits], T0)).toMatchObject([{ duplicate: false }]);
});

it('no topic or subscription is created or grows beyond the bound, but each can be removed', async () => {
  const topic = await createTopic();
  const { id } = await subscribe(topic);
  const long = new Map([['long', 'x'.repeat(MAX)]]);
  await expect(createTopic('long', { attributes: long })).rejects.toThrow(StoreUnavailable);
  await expect(store.topics.changeTopic(topic.id, { tags: long })).rejects.toThrow(StoreUnavailable);
  await expect(subscribe(topic, { attributes: long })).rejects.toThrow(StoreUnavailable);
  await expect(store.topics.changeSubscription(id, { attributes: long })).rejects.toThrow(StoreUnavailable);
  await createTopic('nearly', { attributes: new Map([['long', 'x'.repeat(MAX - 10_000)]]) });
  await expect(subscribe(topic, { backlog })).rejects.toThrow(StoreUnavailable);
  await expect(store.states.takeSnapshot('s', T0)).rejects.toThrow(StoreUnavailable);
  expect((await store.topics.everything()).topics.map(({ name }) => name)).toEqual(['news', 'nearly']);
  expect(await store.topics.unsubscribe(id)).toBe(true);
  expect(await store.topics.deleteTopic(topic.id, T0)).toBe(true);
});

it('every way of losing topics makes room again', async () => {
  await store.topics.keep('key', 'text');
  const used = store.bytesUsed;
  for (let round = 0; round < 3; round++) {
    const topic = await createTopic(`topic ${round}`, { tags: new Map([['a', 'b']]) });
    const made = [await subscribe(topic, { backlog }), await subscribe(topic, { token: 't', backlog })];
    const due = publication('due', [made[0]!.backlogId!], { deduplication: { key: 'k', windowMs: WINDOW } });
    await store.topics.publish(topic.id, [due], T0);
    const wrong = publication('', [], { deliveries: () => [{ queueId: made[0]!.backlogId!, message: unstorable() }] });
    await expect(store.topics.publish(topic.id, [wrong], T0)).rejects.toThrow();
    await store.topics.changeTopic(topic.id, { attributes: new Map([['a', 'longer']]), tags: new Map() });
    await store.states.takeSnapshot('s', T0);
    await store.topics.changeSubscription(made[1]!.id, { confirmed: true, attributes: new Map([['a', 'b']]) });
    await store.topics.unsubscribe(made[0]!.id);
    await store.states.restoreSnapshot('s', T0);
    await store.states.removeSnapshot('s');
    await store.topics.deleteTopic(topic.id, T0);
    if (round === 0) await store.topics.removeTopics({});
    else await store.topics.removeLapsed({ detachedAt: T0 + 1, unconfirmedAt: T0 });
    await store.expire(T0 + WINDOW, 10_000);
    expect(store.bytesUsed).toBe(used);
  }
});

const topic = (at: number, more = {}) => store.topics.createTopic(key(`topic-${at}`), topicSettings(more), T0);
const subscriber = (at: number, more = {}) =>
  subscribe({ id: 1 } as Topic, { endpoint: `${at}`, token: `${at}`.padStart(128), ...more });
/** A text of its own, of 20,000 characters. */
const long = (at: number) => Buffer.alloc(20_000, `${at} `).toString('latin1');
const attributes = (at: number) => ({ attributes: new Map([['long', long(at)]]) });

it.each<[what: string, count: number, add: (at: number) => Promise<unknown>]>([
  ['topics', 5000, topic],
  ['topics with long attributes', 500, (at) => topic(at, attributes(at))],
  ['topics with long tags', 500, (at) => topic(at, { tags: attributes(at).attributes })],
  ['subscriptions', 5000, subscriber],
  ['subscriptions with long attributes', 500, (at) => subscriber(at, attributes(at))],
  ['subscriptions with long endpoints', 500, (at) => subscriber(at, { endpoint: long(at) })],
])('the estimate is not less than what V8 needs for %s, and not much more', async (_, count, add) => {
  await store.close();
  store = new MemoryStore(Number.MAX_SAFE_INTEGER);
  expect((await createTopic()).id).toBe(1);
  const [heap, used] = [await heapUsed(), store.bytesUsed];
  for (let at = 0; at < count; at++) await add(at);
  const needed = (await heapUsed()) - heap;
  expect(store.bytesUsed - used).toBeGreaterThan(needed);
  expect(store.bytesUsed - used).toBeLessThan(3 * needed);
});
