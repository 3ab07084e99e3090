/**
 * The bound on the queues, topics and subscriptions that the engines with tables have in memory. (For the engine in
 * memory, see ../memory/bound.test.ts and ../memory/topic-bound.test.ts.)
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CatalogueBound, CatalogueFull } from '../../../src/storage/catalogue-bound.ts';
import type { Engine } from '../../../src/storage/engine.ts';
import type { StoreUnavailable } from '../../../src/storage/store.ts';
import type { Topic } from '../../../src/storage/topics.ts';
import { database, newSchema } from '../../postgres.ts';
import { key, settings, T0 } from '../subject.ts';
import { backlog, MANY_SUBSCRIPTIONS, subscription, topicSettings } from '../topic-subject.ts';

const MAX = 100_000;
const text = (length: number) => new Map([['long', 'x'.repeat(length)]]);

const home = mkdtempSync(join(tmpdir(), 'squab-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const url = await database();

/** Opens the data of a test: the first time, it is empty. */
type Open = (bound: CatalogueBound) => Promise<Engine>;

async function onDisk(): Promise<Open> {
  const { SqliteStore } = await import('../../../src/storage/sqlite/sqlite-store.ts');
  const folder = mkdtempSync(join(home, 'data-'));
  return async (bound) => new SqliteStore(folder, 'process', undefined, bound);
}

async function inDatabase(): Promise<Open> {
  const { openDatabase } = await import('../../../src/storage/postgres/open.ts');
  const { PostgresStore } = await import('../../../src/storage/postgres/postgres-store.ts');
  const schema = newSchema();
  return async (bound) => PostgresStore.open(await openDatabase({ url: url!, schema }), undefined, bound);
}

const engines = [
  { name: 'SQLite', opening: onDisk, hasQueues: true },
  ...(url === undefined ? [] : [{ name: 'PostgreSQL', opening: inDatabase, hasQueues: false }]),
];

describe.each(engines)('the catalogue of $name', ({ opening, hasQueues }) => {
  let open: Open;
  let bound: CatalogueBound;
  let store: Engine;
  let faults: (StoreUnavailable | undefined)[];

  async function start(max = MAX): Promise<void> {
    bound = new CatalogueBound(max);
    store = await open(bound);
    faults = [];
    store.onFault((fault) => faults.push(fault));
    // Topics are read when they are first needed.
    await store.topics.everything();
  }
  beforeEach(async () => {
    open = await opening();
    await start();
  });
  afterEach(() => store.close());

  const createTopic = async (name: string, more = {}): Promise<Topic> =>
    (await store.topics.createTopic(key(name), topicSettings(more), T0)).topic;
  const subscribe = ({ id }: Topic, more = {}) =>
    store.topics.subscribe(id, subscription(more), MANY_SUBSCRIPTIONS, T0);

  it('refuses topics and subscriptions that do not fit, and nothing else', async () => {
    const topic = await createTopic('news');
    const { subscription: one } = (await subscribe(topic)) as Exclude<
      Awaited<ReturnType<typeof subscribe>>,
      'over-limit' | undefined
    >;
    const used = bound.used;
    await expect(createTopic('long', { attributes: text(MAX) })).rejects.toThrow(CatalogueFull);
    await expect(createTopic('long', { tags: text(MAX) })).rejects.toThrow(CatalogueFull);
    await expect(store.topics.changeTopic(topic.id, { tags: text(MAX) })).rejects.toThrow(CatalogueFull);
    await expect(subscribe(topic, { attributes: text(MAX) })).rejects.toThrow(CatalogueFull);
    await expect(subscribe(topic, { endpoint: 'x'.repeat(MAX), backlog })).rejects.toThrow(CatalogueFull);
    await expect(store.topics.changeSubscription(one.id, { attributes: text(MAX) })).rejects.toThrow(CatalogueFull);
    expect(bound.used).toBe(used);
    // It is no fault of the storage, which goes on.
    expect(faults).toEqual([]);
    const { topics, subscriptions } = await store.topics.everything();
    expect([topics.length, subscriptions.length]).toEqual([1, 1]);
    expect(await store.inspection.queues()).toEqual([]);
    expect(await store.topics.unsubscribe(one.id)).toBe(true);
    expect(await store.topics.deleteTopic(topic.id, T0)).toBe(true);
  });

  it('refuses one of the verbs that share a transaction, and carries out the others', async () => {
    const all = ['a', 'long', 'b', 'c'].map((name) =>
      createTopic(name, name === 'long' ? { attributes: text(MAX) } : {}),
    );
    const outcomes = await Promise.allSettled(all);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect((await store.topics.everything()).topics.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  });

  it('makes room by removing', async () => {
    const used = bound.used;
    for (let round = 0; round < 5; round++) {
      const topic = await createTopic('news', { attributes: text(MAX / 2) });
      await subscribe(topic, { attributes: text(MAX / 4) });
      await expect(createTopic('more', { attributes: text(MAX / 2) })).rejects.toThrow(CatalogueFull);
      await store.topics.changeTopic(topic.id, { attributes: text(10) });
      await createTopic('more', { attributes: text(MAX / 4) });
      await store.topics.removeTopics({});
      await store.states.removeQueues({});
    }
    expect(bound.used).toBe(used);
  });

  it('counts what a restored snapshot has, and what was there at the start', async () => {
    const topic = await createTopic('news', { attributes: text(MAX / 2) });
    await subscribe(topic, { attributes: text(MAX / 8), backlog });
    await store.createQueue(key('queue'), settings({ tags: text(MAX / 8) }), T0);
    const used = bound.used;
    await store.states.takeSnapshot('s', T0);
    await store.topics.deleteTopic(topic.id, T0);
    await store.states.restoreSnapshot('s', T0);
    await store.topics.everything();
    expect(bound.used).toBe(used);
    await store.close();
    await start();
    expect(bound.used).toBe(used);
    // Less memory than before is no reason not to start, and everything can be removed.
    await store.close();
    await start(MAX / 2);
    await expect(createTopic('more')).rejects.toThrow(CatalogueFull);
    expect(await store.topics.deleteTopic(topic.id, T0)).toBe(true);
  });

  it.runIf(hasQueues)('refuses queues that do not fit', async () => {
    const { queue } = await store.createQueue(key('a'), settings(), T0);
    const used = bound.used;
    await expect(store.createQueue(key('b'), settings({ attributes: text(MAX) }), T0)).rejects.toThrow(CatalogueFull);
    await expect(store.changeQueue(queue.id, { tags: text(MAX) }, T0)).rejects.toThrow(CatalogueFull);
    expect(bound.used).toBe(used);
    expect(faults).toEqual([]);
    await store.changeQueue(queue.id, { tags: text(MAX / 2) }, T0);
    await expect(store.createQueue(key('b'), settings({ tags: text(MAX / 2) }), T0)).rejects.toThrow(CatalogueFull);
    expect(await store.deleteQueue(queue.id)).toBe(true);
    await store.createQueue(key('b'), settings({ tags: text(MAX / 2) }), T0);
    expect(await store.deleteQueue((await store.findQueue(key('b')))!.id)).toBe(true);
    expect(bound.used).toBe(0);
  });
});
