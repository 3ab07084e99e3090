/** Standard queues on PostgreSQL, whose verbs lock no queue: two nodes do the same things at the same time. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/storage/engine.ts';
import { openEngine } from '../../../src/storage/open-engine.ts';
import type { Delivery, Message, Receipt } from '../../../src/storage/store.ts';
import { database, newSchema, sql } from '../../postgres.ts';
import { Random } from '../random.ts';
import { HOUR, key, message, NO_LIMIT, numbered, request, SECOND, settings, T0 } from '../subject.ts';

const url = await database();

describe.runIf(url)('two nodes on a standard queue', () => {
  const schema = newSchema();
  let nodes: [Engine, Engine];
  let id: number;
  let queues = 0;

  beforeAll(async () => {
    const open = () => openEngine({ database: url!, databaseSchema: schema, durability: 'process' });
    nodes = [await open(), await open()];
  });
  afterAll(() => Promise.all((nodes ?? []).map((node) => node.close())));
  beforeEach(async () => {
    const { queue } = await nodes[0].createQueue(key(`queue-${++queues}`), settings({ retentionMs: 100 * HOUR }), T0);
    ({ id } = queue);
  });

  const send = (bodies: readonly string[], node = nodes[0]) =>
    node.send(
      id,
      bodies.map((body) => message(body)),
      T0,
    );
  const messagesOf = (delivery: Delivery | undefined) => delivery as Message[];

  /** Compares the counts of all queues with their messages, one by one. */
  const expectTrueCounts = async () => {
    const rows = await sql(
      url!,
      `SELECT generation FROM (
         SELECT generation, NULL::bigint AS second, sum(messages) AS a, 0 AS b FROM ${schema}.counts GROUP BY generation
         UNION ALL SELECT generation, second, sum(in_flight), sum(delayed) FROM ${schema}.hidden GROUP BY generation, second
         UNION ALL SELECT generation, NULL, -count(*), 0 FROM ${schema}.messages GROUP BY generation
         UNION ALL
         SELECT generation, visible_at / 1000, -count(*) FILTER (WHERE receives > 0), -count(*) FILTER (WHERE receives = 0)
         FROM ${schema}.messages WHERE visible_at > sent_at GROUP BY generation, visible_at / 1000
       ) AS shares GROUP BY generation, second HAVING sum(a) <> 0 OR sum(b) <> 0`.replace(
        'SELECT *',
        'SELECT generation',
      ),
    );
    expect(rows).toEqual([]);
    const contents = `SELECT key FROM ${schema}.contents AS c
      WHERE NOT EXISTS (SELECT FROM ${schema}.messages AS m WHERE m.key = c.key AND m.generation = c.generation)`;
    expect(await sql(url!, contents)).toEqual([]);
  };

  it('hands out each message once', async () => {
    const bodies = numbered(400);
    await Promise.all(nodes.map((node, index) => send(bodies.slice(index * 200, index * 200 + 200), node)));
    const receivers = Array.from({ length: 16 }, async (_, place) => {
      const received: string[] = [];
      for (;;) {
        const messages = messagesOf(await nodes[place % 2]!.receive(id, request({ max: 7 }), T0));
        if (messages.length === 0 && (await nodes[0].counts(id, T0))?.visible === 0) return received;
        received.push(...messages.map(({ body }) => body));
      }
    });
    const received = (await Promise.all(receivers)).flat();
    expect(received).toHaveLength(400);
    expect(new Set(received)).toEqual(new Set(bodies));
    expect(await nodes[1].counts(id, T0)).toEqual({ visible: 0, inFlight: 400, delayed: 0 });
    await expectTrueCounts();
  });

  it('deletes a message, or receives it again, but never both', async () => {
    const later = T0 + 60 * SECOND;
    const seen = new Set<string>();
    for (let round = 0; round < 60; round++) {
      await send(['contested']);
      const [first] = messagesOf(await nodes[0].receive(id, request(), T0));
      const [outcomes, second] = await Promise.all([
        nodes[round % 2]!.delete(id, [first!.receipt], later),
        nodes[(round + 1) % 2]!.receive(id, request(), later),
      ]);
      const received = messagesOf(second);
      expect(outcomes).toEqual(received.length === 0 ? ['deleted'] : ['stale']);
      seen.add(outcomes![0]!);
      for (const { receipt } of received) expect(await nodes[0].delete(id, [receipt], later)).toEqual(['deleted']);
    }
    expect(await nodes[0].counts(id, later)).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
    await expectTrueCounts();
  });

  it('lets the later one of a receive and a change of visibility decide when a message is visible', async () => {
    await send(['contested']);
    let [latest] = messagesOf(await nodes[0].receive(id, request({ visibilityMs: 1 }), T0));
    for (let round = 1; round <= 60; round++) {
      const now = T0 + round * 1000 * SECOND;
      const old = latest!.receipt;
      const [outcomes, delivery] = await Promise.all([
        nodes[round % 2]!.changeVisibility(id, [{ receipt: old, visibilityMs: 500 * SECOND }], now),
        nodes[(round + 1) % 2]!.receive(id, request({ visibilityMs: 700 * SECOND }), now),
      ]);
      expect(outcomes).toEqual(['changed']);
      const [again] = messagesOf(delivery);
      expect(await nodes[0].nextVisibleAt(id, NO_LIMIT, now)).toBe(now + 500 * SECOND);
      if (again) expect(again.receiveCount).toBe(latest!.receiveCount + 1);
      latest = again ?? latest;
    }
    await expectTrueCounts();
  });

  it('keeps the messages that were sent after a purge, and no others', async () => {
    for (let round = 0; round < 20; round++) {
      const before = await send(numbered(5));
      const during = Promise.all(nodes.map((node) => send(numbered(20), node)));
      const purged = nodes[round % 2]!.purge(id);
      await Promise.all([purged, during]);
      const after = await send(numbered(3), nodes[(round + 1) % 2]);
      const sent = [before!, (await during).flatMap((messages) => messages!), after!].map((messages) =>
        messages.map((one) => one.key),
      );
      const { visible } = (await nodes[0].counts(id, T0))!;
      const received: number[] = [];
      while (received.length < visible) {
        const messages = messagesOf(await nodes[1].receive(id, request(), T0));
        expect(messages).not.toEqual([]);
        received.push(...messages.map(({ receipt }) => receipt.key));
      }
      expect(received.filter((one) => sent[0]!.includes(one))).toEqual([]);
      expect(received.filter((one) => sent[2]!.includes(one))).toEqual(sent[2]);
      await nodes[0].purge(id);
    }
  });

  it('counts truly after a storm of verbs, dead letters among them', async () => {
    const random = new Random(11);
    const other = (await nodes[0].createQueue(key(`queue-${++queues}`), settings(), T0)).queue.id;
    const receipts: { queueId: number; receipt: Receipt }[] = [];
    const redriveFrom = (queueId: number) => ({
      redrive: { targetId: queueId === id ? other : id, maxReceiveCount: 2, sourceArn: `arn:${queueId}` },
    });
    const worker = async (node: Engine) => {
      for (let step = 0; step < 40; step++) {
        const now = T0 + random.below(20 * SECOND);
        const queueId = random.below(2) === 0 ? id : other;
        switch (random.below(5)) {
          case 0:
          case 1:
            await node.send(queueId, [message('a', { delayMs: random.below(3) * SECOND }), message('b')], now);
            break;
          case 2: {
            const given = request({ visibilityMs: random.below(5) * 700, ...redriveFrom(queueId) });
            const delivery = await node.receive(queueId, given, now);
            if (Array.isArray(delivery)) receipts.push(...delivery.map(({ receipt }) => ({ queueId, receipt })));
            break;
          }
          default: {
            const known = receipts[random.below(receipts.length)];
            const { queueId: from, receipt } = known ?? { queueId, receipt: { key: 1, receive: 1, receivedAt: T0 } };
            if (random.below(2) === 0) await node.delete(from, [receipt, receipt], now);
            else {
              const changes = [700, 0].map((visibilityMs) => ({ receipt, visibilityMs }));
              await node.changeVisibility(from, changes, now);
            }
          }
        }
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, place) => worker(nodes[place % 2]!)));
    expect(receipts.length).toBeGreaterThan(20);
    await expectTrueCounts();
  });

  it('stores nothing for a queue that has been changed, if the send depends on what it was', async () => {
    const [one, other] = nodes;
    await one.changeQueue(id, { attributes: new Map([['DelaySeconds', '5']]) }, T0);
    const expected = new Map([['DelaySeconds', undefined]]);
    expect(await other.send(id, [message('a')], T0, expected)).toBe('outdated');
    expect(await other.send(id, [message('a')], T0, new Map([['DelaySeconds', '5']]))).toHaveLength(1);
    await one.deleteQueue(id);
    expect(await other.send(id, [message('a')], T0)).toBeUndefined();
    expect(await other.receive(id, request(), T0)).toBeUndefined();
    expect(await other.delete(id, [{ key: 1, receive: 1, receivedAt: T0 }], T0)).toBeUndefined();
    expect(
      await other.changeVisibility(id, [{ receipt: { key: 1, receive: 1, receivedAt: T0 }, visibilityMs: 0 }], T0),
    ).toBeUndefined();
    expect(await other.nextVisibleAt(id, NO_LIMIT, T0)).toBeUndefined();
  });

  it('takes part in a queue that has become serial on the other node', async () => {
    const [one, other] = nodes;
    await other.send(id, [message('plain')], T0);
    await one.send(id, [message('of a tenant', { groupId: 'tenant' })], T0);
    await other.send(id, [message('plain again')], T0);
    const received = messagesOf(await other.receive(id, request(), T0));
    expect(received.map(({ body }) => body)).toEqual(['plain', 'of a tenant', 'plain again']);
    const outcomes = await one.delete(
      id,
      received.map(({ receipt }) => receipt),
      T0,
    );
    expect(outcomes).toEqual(['deleted', 'deleted', 'deleted']);
    await expectTrueCounts();
  });

  it('gives each receive what fits, in one statement or in several', async () => {
    const bodies = numbered(14).map((body) => body.padEnd(body === 'body 7' ? 1_200_000 : 300_000, '.'));
    for (const body of bodies) await send([body]);
    const sizeLimit = { of: (text: string) => text.length, max: () => 1_000_000, fitting: () => 1_000_000 };
    const receive = (max: number) => nodes[0].receive(id, request({ max, sizeLimit }), T0);
    const deliveries = await Promise.all([receive(3), receive(3), receive(5), receive(3), receive(3)]);
    const lengths = deliveries.map((delivery) => messagesOf(delivery).map(({ body }) => body.length / 100_000));
    for (const ofOne of lengths) expect(ofOne.length === 1 || ofOne.reduce((a, b) => a + b, 0) <= 10).toBe(true);
    const received = deliveries.flatMap((delivery) => messagesOf(delivery).map(({ body }) => body));
    while (received.length < bodies.length) received.push(...messagesOf(await receive(3)).map(({ body }) => body));
    expect(received.sort()).toEqual([...bodies].sort());
    await expectTrueCounts();
  });

  it('deals the messages of a shared statement out by the times of its requests', async () => {
    const [one] = nodes;
    await one.send(id, [message('at once'), message('a second later', { delayMs: SECOND })], T0);
    const receive = (now: number, max: number) => one.receive(id, request({ max, visibilityMs: 9 * SECOND }), now);
    const deliveries = await Promise.all([receive(T0, 5), receive(T0 + SECOND, 1), receive(T0, 5)]);
    const bodies = deliveries.map((delivery) => messagesOf(delivery).map(({ body }) => body));
    // As if the latest request had come first.
    expect(bodies.flat()).toEqual(['at once']);
    expect(bodies[1]).toEqual(['at once']);
    expect(await one.nextVisibleAt(id, NO_LIMIT, T0)).toBe(T0 + SECOND);
  });
});
