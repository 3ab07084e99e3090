/** Publications of two nodes on one database. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/storage/engine.ts';
import type { Nodes } from '../../../src/storage/nodes.ts';
import type { NeighboursOf } from '../../../src/storage/postgres/context.ts';
import { openDatabase } from '../../../src/storage/postgres/open.ts';
import { PostgresStore } from '../../../src/storage/postgres/postgres-store.ts';
import type { Message } from '../../../src/storage/store.ts';
import type { NewPublication, Published } from '../../../src/storage/topics.ts';
import { database, newSchema } from '../../postgres.ts';
import { key, message, NO_QUEUE, request, settings, T0, unstorable } from '../subject.ts';
import {
  backlog,
  MANY_SUBSCRIPTIONS,
  NO_TOPIC,
  publication,
  subscription,
  topicSettings,
  WINDOW,
} from '../topic-subject.ts';

const url = await database();

/** A node that believes its copies of queues, although it never hears of the changes that other nodes make. */
const deaf: NeighboursOf = async ({ queues }) => {
  queues.trust(true);
  return {
    nodes: { name: newSchema() } as Nodes,
    attend: async () => () => {},
    announced() {},
    async changed() {},
    lookAgain() {},
    onCatalogueChanged() {},
    onUndone() {},
    async close() {},
  };
};

const kinds = { 'that ask the database': undefined, 'that believe old copies': deaf };

describe.skipIf(!url).each(Object.entries(kinds))('publications of two nodes %s', (_, neighboursOf) => {
  let a: Engine;
  let b: Engine;
  let topicId: number;

  beforeEach(async () => {
    const schema = newSchema();
    const open = async () => PostgresStore.open(await openDatabase({ url: url!, schema }), neighboursOf);
    [a, b] = [await open(), await open()];
    topicId = (await a.topics.createTopic(key('news'), topicSettings(), T0)).topic.id;
  });
  afterEach(() => Promise.all([a.close(), b.close()]));

  const queueOf = async (name: string, fifo = false) =>
    (await a.createQueue(key(name), settings({ fifo }), T0)).queue.id;

  async function published(node: Engine, publications: readonly NewPublication[]): Promise<Published[]> {
    const outcome = await node.topics.publish(topicId, publications, T0);
    if (!Array.isArray(outcome)) throw new Error(`The publication resolved to ${outcome}.`);
    return outcome;
  }

  async function bodiesIn(queueId: number): Promise<string[]> {
    const bodies: string[] = [];
    for (;;) {
      const delivery = await b.receive(queueId, request(), T0);
      if (!Array.isArray(delivery) || delivery.length === 0) return bodies;
      bodies.push(...delivery.map(({ body }) => body));
    }
  }

  it('a topic of one node is published to on the other, in queues of every kind at once', async () => {
    const [plain, fifo, shared] = [await queueOf('plain'), await queueOf('q.fifo', true), await queueOf('shared')];
    const deliveries = () => [
      { queueId: plain, message: message('one') },
      { queueId: fifo, message: message('one', { groupId: 'g' }) },
      { queueId: shared, message: message('one', { groupId: 'tenant' }) },
      { queueId: plain, message: message('two') },
      { queueId: fifo, message: message('two', { groupId: 'g' }) },
    ];
    await published(b, [publication('', [], { deliveries })]);
    expect((await bodiesIn(plain)).sort()).toEqual(['one', 'two']);
    expect(await bodiesIn(fifo)).toEqual(['one', 'two']);
    expect(await bodiesIn(shared)).toEqual(['one']);
    for (const node of [a, b]) expect(await node.counts(plain, T0)).toMatchObject({ visible: 0, inFlight: 2 });
  });

  it('of many publications with the same key at the same time, on both nodes, one is delivered', async () => {
    const queueId = await queueOf('q');
    const deduplication = { key: 'k', windowMs: WINDOW };
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        published(index % 2 ? a : b, [publication(`${index}`, [queueId], { deduplication })]),
      ),
    );
    expect(results.filter(([one]) => !one!.duplicate)).toHaveLength(1);
    expect(new Set(results.map(([one]) => `${one!.messageId} ${one!.sequence}`)).size).toBe(1);
    expect(await bodiesIn(queueId)).toHaveLength(1);
  });

  it('the numbers of a FIFO topic are in the order of its messages in a FIFO queue, whichever node published them', async () => {
    const queueId = await queueOf('q.fifo', true);
    await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        published(index % 2 ? a : b, [
          publication('', [], {
            deduplication: { key: `${index}`, windowMs: WINDOW },
            deliveries: (sequence) => [{ queueId, message: message(`${sequence}`, { groupId: 'g' }) }],
          }),
        ]),
      ),
    );
    const sequences: number[] = [];
    while (sequences.length < 60) {
      const delivery = (await a.receive(queueId, request(), T0)) as Message[];
      expect(delivery.length).toBeGreaterThan(0);
      sequences.push(...delivery.map(({ body }) => Number(body)));
      await b.delete(
        queueId,
        delivery.map(({ receipt }) => receipt),
        T0,
      );
    }
    expect(sequences).toEqual([...sequences].sort((one, other) => one - other));
  });

  it('publications to the same queues, in any order of them and on both nodes, do not get in each other’s way', async () => {
    const queueIds = await Promise.all(['a.fifo', 'b.fifo', 'c.fifo', 'd'].map((name) => queueOf(name, name !== 'd')));
    const orders = Array.from({ length: 40 }, (_, index) => (index % 2 ? queueIds : queueIds.toReversed()));
    await Promise.all(
      orders.map((order, index) => {
        const deliveries = () =>
          order.map((queueId) => ({
            queueId,
            message: message(`${index}`, queueId === queueIds[3] ? {} : { groupId: `${index}` }),
          }));
        return published(index % 3 ? a : b, [publication('', [], { deliveries })]);
      }),
    );
    for (const queueId of queueIds) expect(await b.counts(queueId, T0)).toMatchObject({ visible: orders.length });
  });

  it('a publication for a subscription that another node has removed is outdated, and nobody gets it', async () => {
    const queueId = await queueOf('q');
    const outcome = await a.topics.subscribe(topicId, subscription({ backlog }), MANY_SUBSCRIPTIONS, T0);
    const { id, backlogId } = (outcome as { subscription: { id: string; backlogId: number } }).subscription;
    // Both nodes have copies of the queues.
    for (const node of [a, b]) for (const one of [queueId, backlogId]) await node.counts(one, T0);
    await published(b, [publication('before', [queueId, backlogId])]);
    await a.topics.unsubscribe(id);
    expect(await b.topics.publish(topicId, [publication('after', [queueId, backlogId])], T0)).toBe('outdated');
    expect(await b.topics.subscriptionsOf(topicId)).toEqual([]);
    expect(await bodiesIn(queueId)).toEqual(['before']);
  });

  it('a publication that relies on attributes that another node has changed is outdated', async () => {
    const queueId = await queueOf('q');
    const attributes = new Map([['Policy', 'new']]);
    const of = (expected: ReadonlyMap<string, string | undefined>) =>
      publication('', [], { deliveries: () => [{ queueId, message: message('x'), expected }] });
    const old = new Map([['Policy', undefined]]);
    await published(b, [of(old)]);
    await a.changeQueue(queueId, { attributes }, T0);
    expect(await b.topics.publish(topicId, [of(old)], T0)).toBe('outdated');
    await published(b, [of(attributes)]);
    expect(await bodiesIn(queueId)).toEqual(['x', 'x']);
  });

  it('a queue that has become a fair queue on another node is sent to as one', async () => {
    const queueId = await queueOf('q');
    await published(b, [publication('one', [queueId])]);
    await a.send(queueId, [message('two', { groupId: 'tenant' })], T0);
    await published(b, [publication('three', [queueId])]);
    expect((await bodiesIn(queueId)).sort()).toEqual(['one', 'three', 'two']);
  });

  it('publications that are asked for together have each its own outcome', async () => {
    const queueId = await queueOf('q');
    const deduplication = { key: 'k', windowMs: WINDOW };
    const failing = () => {
      throw new Error('no deliveries');
    };
    const asked = [
      [publication('first', [queueId], { deduplication })],
      [publication('outdated', [queueId, NO_QUEUE])],
      [publication('second', [queueId], { deduplication })],
      [publication('', [], { deliveries: failing })],
      [publication('', [], { deliveries: () => [{ queueId, message: unstorable() }] })],
      [publication('last', [queueId]), publication('very last', [queueId])],
    ];
    const outcomes = await Promise.allSettled(
      [...asked, []].map((publications, index) =>
        b.topics.publish(index < asked.length ? topicId : NO_TOPIC, publications, T0),
      ),
    );
    const [first, outdated, second, thrown, refused, last, missing] = outcomes.map((outcome) =>
      outcome.status === 'fulfilled' ? outcome.value : outcome.reason,
    );
    expect(first).toMatchObject([{ duplicate: false }]);
    expect(second).toEqual([{ ...first[0], duplicate: true }]);
    expect(outdated).toBe('outdated');
    expect(thrown).toMatchObject({ message: 'no deliveries' });
    expect(refused).toBeInstanceOf(Error);
    expect(last).toHaveLength(2);
    expect(missing).toBeUndefined();
    expect(await bodiesIn(queueId)).toEqual(['first', 'last', 'very last']);
  });

  it('nothing of a publication happens if one of its queues cannot have its message', async () => {
    const [queueId, fifo] = [await queueOf('q'), await queueOf('q.fifo', true)];
    const deduplication = { key: 'k', windowMs: WINDOW };
    const deliveries = () => [
      { queueId, message: message('x') },
      { queueId: fifo, message: unstorable() },
    ];
    await expect(b.topics.publish(topicId, [publication('', [], { deduplication, deliveries })], T0)).rejects.toThrow();
    expect(await a.counts(queueId, T0)).toMatchObject({ visible: 0 });
    const [again] = await published(a, [publication('again', [queueId], { deduplication })]);
    expect(again!.duplicate).toBe(false);
    expect(await a.topics.rememberedPublication(topicId, 'k', T0)).toMatchObject({ messageId: again!.messageId });
  });
});
