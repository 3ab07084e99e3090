/** Publications to many subscribers whose texts take long to read let others run in between. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { MemoryStore } from '../../src/storage/memory/memory-store.ts';
import type { Queue } from '../../src/storage/store.ts';
import { LARGE_BYTES } from '../../src/storage/topics/publishing.ts';
import type { NewPublication, Subscription, Topic } from '../../src/storage/topics.ts';
import type { TopicsEnv } from '../../src/topics/env.ts';
import type { Publication } from '../../src/topics/publishing/publication.ts';
import { filteredFor, publish } from '../../src/topics/publishing/publish.ts';
import { targetsOf } from '../../src/topics/publishing/queue-deliveries.ts';

const place = { account: '000000000000', region: 'us-east-1' };
const topic = { ...place, id: 1, name: 't', fifo: false, attributes: new Map(), tags: new Map() } as unknown as Topic;
const subscriptions = (attributes: (index: number) => Record<string, string>) =>
  Array.from(
    { length: 60 },
    (_, index) =>
      ({
        ...{ id: `${index}`, topic, protocol: 'sqs', confirmed: true },
        endpoint: `arn:aws:sqs:us-east-1:000000000000:q${index}`,
        attributes: new Map(Object.entries(attributes(index))),
      }) as unknown as Subscription,
  );

/** A policy with a pattern that takes as many steps as one can. */
const Policy = JSON.stringify({
  Statement: {
    Effect: 'Deny',
    Principal: '*',
    Action: 'sqs:*',
    Condition: {
      ArnLike: { 'aws:SourceArn': Array.from({ length: 40 }, () => `arn:aws:sns:*:*:${'*a'.repeat(60)}b`) },
    },
  },
});

const env = {
  enforcesPolicies: true,
  clock: { now: () => 0 },
  store: {
    findQueue: async ({ name }: { name: string }) =>
      ({ ...place, id: 1, name, attributes: new Map([['Policy', Policy]]), tags: new Map() }) as unknown as Queue,
  },
} as unknown as TopicsEnv;

/** Returns in how many turns of the event loop work is done. */
async function turnsOf(work: Promise<unknown>): Promise<number> {
  let isOver = false;
  void work.finally(() => {
    isOver = true;
  });
  let turns = 0;
  for (; !isOver; turns++) await nextTurn();
  await work;
  return turns;
}

it('policies of queues', async () => {
  expect(
    await turnsOf(
      targetsOf(
        env,
        topic,
        subscriptions(() => ({})),
      ),
    ),
  ).toBeGreaterThan(30);
});

it.each(['publications to many subscribers', 'deletions of topics'])('%s, each as a whole', async (what) => {
  const store = new MemoryStore();
  const settings = { fifo: false, attributes: new Map(), tags: new Map() };
  const ids: number[] = [];
  for (const name of ['t', 'u', 'v'])
    ids.push((await store.topics.createTopic({ ...place, name }, settings, 0)).topic.id);
  const order: string[] = [];
  const publish = async (name: string, bytes: number) => {
    await store.topics.publish(ids[0]!, [{ messageId: name, bytes, deliveries: () => [] }], 0);
    order.push(name);
  };
  const remove = async (name: string, id: number) => {
    await store.topics.deleteTopic(id, 0);
    order.push(name);
  };
  const large = (name: string, id: number) =>
    what === 'deletions of topics' ? remove(name, id) : publish(name, LARGE_BYTES);
  await Promise.all([large('large', ids[1]!), large('another', ids[2]!), publish('small', 1)]);
  expect(order.at(-1)).toBe('another');
  await store.close();
});

it('say how much they are', async () => {
  const published: NewPublication[][] = [];
  const all = subscriptions(() => ({ RawMessageDelivery: 'true' }));
  const topics = {
    subscriptionsOf: async () => all,
    publish: async (_: number, publications: NewPublication[]) => void published.push(publications),
  };
  const texts = { byProtocol: new Map(), others: 'x'.repeat(10_000) };
  const publication = { topic, texts, attributes: new Map() } as unknown as Publication;
  const open = { ...env, topics, clock: { now: () => 0 }, enforcesPolicies: false } as unknown as TopicsEnv;
  await expect(publish(open, topic, [publication])).rejects.toThrow();
  expect(published[0]![0]!.bytes).toBeGreaterThanOrEqual(600_000);
});

it('long redrive policies', async () => {
  const deadLetterTargetArn = 'arn:aws:sqs:us-east-1:000000000000:dlq';
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, more: Array.from({ length: 15_000 }, () => 1) });
  const all = subscriptions(() => ({ RedrivePolicy }));
  const open = { ...env, enforcesPolicies: false };
  expect(await turnsOf(targetsOf(open, topic, all))).toBeGreaterThan(20);
  // They are parsed once.
  expect(await turnsOf(targetsOf(open, topic, all))).toBeLessThan(5);
});

it('filter policies that are compiled', async () => {
  const branches = Array.from({ length: 140 }, () => ({ [`${'n'.repeat(200)}`]: [1] }));
  const all = subscriptions((index) => ({
    FilterPolicy: JSON.stringify({ $or: [{ a: [index] }, ...branches] }),
    FilterPolicyScope: 'MessageBody',
  }));
  const texts = { byProtocol: new Map(), others: '{"a":7}' };
  const publication = { topic, texts, attributes: new Map() } as unknown as Publication;
  const filtering = filteredFor([publication], all);
  expect(await turnsOf(filtering)).toBeGreaterThan(20);
  expect((await filtering)[0]?.subscriptions).toEqual([all[7]]);
});
