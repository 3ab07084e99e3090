/** Topics, subscriptions and event source mappings of two nodes on one database. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/storage/engine.ts';
import type { NewMapping } from '../../../src/storage/mappings.ts';
import { openDatabase } from '../../../src/storage/postgres/open.ts';
import { PostgresStore } from '../../../src/storage/postgres/postgres-store.ts';
import { LOOK } from '../../../src/storage/postgres/topics/topic-tables.ts';
import type { Subscription } from '../../../src/storage/topics.ts';
import { database, newSchema, sql, withOptions } from '../../postgres.ts';
import { key, T0 } from '../subject.ts';
import { backlog, MANY_SUBSCRIPTIONS, subscription, topicSettings } from '../topic-subject.ts';

const url = await database();
const attributes = new Map([['a', 'b']]);

describe.skipIf(!url)('two nodes on one database', () => {
  let schema: string;
  let a: Engine;
  let b: Engine;

  const open = async () => PostgresStore.open(await openDatabase({ url: url!, schema }));

  beforeEach(async () => {
    schema = newSchema();
    [a, b] = [await open(), await open()];
  });
  afterEach(() => Promise.all([a.close(), b.close()]));

  async function subscribed(node: Engine, topicId: number, more: Parameters<typeof subscription>[0] = {}) {
    const outcome = await node.topics.subscribe(topicId, subscription(more), MANY_SUBSCRIPTIONS, T0);
    if (!outcome || outcome === 'over-limit') throw new Error(`The subscription resolved to ${outcome}.`);
    return outcome;
  }

  it('a topic of one node is found on the other at once, however often it is looked for', async () => {
    expect(await b.topics.findTopic(key('news'))).toBeUndefined();
    const { topic } = await a.topics.createTopic(key('news'), topicSettings(), T0);
    expect(await b.topics.findTopic(key('news'))).toEqual(topic);
    const changed = await b.topics.changeTopic(topic.id, { attributes });
    expect(await a.topics.findTopic(key('news'))).toEqual(changed);
    expect(await a.topics.deleteTopic(topic.id, T0)).toBe(true);
    expect(await b.topics.findTopic(key('news'))).toBeUndefined();
    expect(await b.topics.deleteTopic(topic.id, T0)).toBe(false);
  });

  it('nodes that create the same topic at the same time create one', async () => {
    const made = await Promise.all(
      [a, b, a, b].map((node) => node.topics.createTopic(key('news'), topicSettings(), T0)),
    );
    expect(new Set(made.map(({ topic }) => topic.id)).size).toBe(1);
    expect(made.filter(({ created }) => created)).toHaveLength(1);
  });

  it('nodes that subscribe the same endpoint at the same time create one subscription, with one backlog', async () => {
    const { topic } = await a.topics.createTopic(key('news'), topicSettings(), T0);
    const given = { protocol: 'http', endpoint: 'e', backlog };
    const made = await Promise.all([a, b, a, b].map((node) => subscribed(node, topic.id, given)));
    expect(new Set(made.map(({ subscription: { backlogId } }) => backlogId)).size).toBe(1);
    expect(made.filter(({ created }) => created)).toHaveLength(1);
    expect(await sql(url!, `SELECT count(*)::int FROM ${schema}.queues`)).toEqual([{ count: 1 }]);
  });

  it('subscriptions of both nodes are in the order of their creation, and removed ones are on neither', async () => {
    const { topic } = await a.topics.createTopic(key('news'), topicSettings(), T0);
    const made: Subscription[] = [];
    for (let round = 0; round < 10; round++) {
      for (const node of [a, b]) made.push((await subscribed(node, topic.id, { backlog })).subscription);
    }
    for (const node of [a, b]) expect(await node.topics.subscriptionsOf(topic.id)).toEqual(made);
    const [gone] = made.splice(5, 1);
    expect(await a.topics.unsubscribe(gone!.id)).toBe(true);
    expect(await b.topics.subscriptionsOf(topic.id)).toEqual(made);
    expect(await b.topics.findSubscription(gone!.id)).toBeUndefined();
    expect(await b.counts(gone!.backlogId!, T0)).toBeUndefined();
  });

  it('a node that has missed more than the log knows reads everything again', async () => {
    const { topic } = await a.topics.createTopic(key('news'), topicSettings(), T0);
    const { subscription: gone } = await subscribed(a, topic.id, { protocol: 'http', endpoint: 'e' });
    expect(await b.topics.subscriptionsOf(topic.id)).toEqual([gone]);
    await a.topics.unsubscribe(gone.id);
    const { subscription: made } = await subscribed(a, topic.id, { protocol: 'http', endpoint: 'e' });
    await sql(url!, `DELETE FROM ${schema}.topic_changes WHERE subscription_id = '${gone.id}'`);
    expect(await b.topics.subscriptionsOf(topic.id)).toEqual([made]);
    await sql(url!, `UPDATE ${schema}.topics SET name = 'other'`);
    await sql(url!, `UPDATE ${schema}.catalogue SET topics = topics + 1`);
    for (const node of [a, b]) {
      expect(await node.topics.findTopic(key('news'))).toBeUndefined();
      expect(await node.topics.findTopic(key('other'))).toMatchObject({ id: topic.id });
    }
  });

  it('the server is the same one, whatever settings a connection has', async () => {
    const servers: string[] = [];
    for (const options of ['', '-c TimeZone=Asia/Tokyo -c DateStyle=German -c extra_float_digits=-15']) {
      const { sessions } = await openDatabase({ url: withOptions(url!, options), schema });
      const [position] = await sessions.lane(1).run((session) => session.run(LOOK, []));
      servers.push(position!.server);
      await sessions.close();
    }
    expect(servers[0]).toBe(servers[1]);
  });

  it('the log has the latest changes only', async () => {
    const { topic } = await a.topics.createTopic(key('news'), topicSettings(), T0);
    await sql(url!, `UPDATE ${schema}.catalogue SET topics = topics + 5000`);
    await b.topics.changeTopic(topic.id, { attributes });
    expect(await sql(url!, `SELECT topic_id FROM ${schema}.topic_changes`)).toHaveLength(1);
    expect(await a.topics.findTopic(key('news'))).toMatchObject({ attributes });
  });

  it('a key that no publication can have is that of none', async () => {
    const { topic } = await a.topics.createTopic(key('news.fifo'), topicSettings({ fifo: true }), T0);
    expect(await a.topics.rememberedPublication(topic.id, 'a\0b', T0)).toBeUndefined();
  });

  it('a text that both nodes keep at the same time is one text', async () => {
    const kept = await Promise.all([a.topics.keep('key', 'of a'), b.topics.keep('key', 'of b')]);
    expect(kept[0]).toBe(kept[1]);
    for (const node of [a, b]) expect(await node.topics.kept('key')).toBe(kept[0]);
  });

  it('a mapping of one node is on the other, and of two that are created at the same time one is', async () => {
    const settings = { enabled: true, batchSize: 1, windowSeconds: 0, reportsFailures: false, filters: [], others: {} };
    const given = (id: string): NewMapping => ({
      ...{ id, account: '000000000000', region: 'us-east-1', queue: key('q'), functionArn: 'arn' },
      ...{ settings, tags: new Map() },
    });
    const made = await Promise.all([
      a.mappings.createMapping(given('a'), T0),
      b.mappings.createMapping(given('b'), T0),
    ]);
    expect(made.filter(({ created }) => created)).toHaveLength(1);
    expect(made[0]!.mapping).toEqual(made[1]!.mapping);
    const { id, revision } = made[0]!.mapping;
    const changes = await Promise.all(
      [a, b].map((node) => node.mappings.changeMapping(id, { tags: attributes, expected: revision }, T0)),
    );
    expect(changes.filter((change) => change === 'outdated')).toHaveLength(1);
    expect(await b.mappings.deleteMapping(id)).toMatchObject({ id, tags: attributes });
    expect(await a.mappings.listMappings({ limit: 10 })).toEqual([]);
  });
});
