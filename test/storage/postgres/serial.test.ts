/**
 * Serial queues under several nodes: each test is an anomaly that READ COMMITTED would allow if a verb did not lock its
 * queue first, in a statement of its own.
 */

import pg from 'pg';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Engine } from '../../../src/storage/engine.ts';
import { openEngine } from '../../../src/storage/open-engine.ts';
import { Serial } from '../../../src/storage/postgres/serial.ts';
import type { Delivery, Message, NewMessage, QueueSettings } from '../../../src/storage/store.ts';
import { database, newSchema, sql } from '../../postgres.ts';
import { HOUR, key, message, numbered, request, SECOND, settings, T0 } from '../subject.ts';

const url = await database();

describe.skipIf(url === undefined)('serial queues under two nodes', () => {
  let schema: string;
  let nodes: [Engine, Engine];

  beforeEach(async () => {
    schema = newSchema();
    const open = () => openEngine({ database: url!, databaseSchema: schema, durability: 'process' });
    nodes = [await open(), await open()];
  });

  afterEach(() => Promise.all(nodes.map((node) => node.close())));

  afterAll(async () => {
    const [row] = await sql<{ deadlocks: string }>(
      url!,
      'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
    );
    expect(Number(row!.deadlocks)).toBe(0);
  });

  const queue = async (name = 'orders.fifo', more: Partial<QueueSettings> = { fifo: true }) =>
    (await nodes[0].createQueue(key(name), settings(more), T0)).queue.id;

  let places = 0;
  /** Returns one node, then the other. */
  const either = () => nodes[places++ % nodes.length]!;

  const send = (id: number, bodies: string | string[], more: Partial<NewMessage> = { groupId: 'g' }) =>
    either().send(
      id,
      [bodies].flat().map((body) => message(body, more)),
      T0,
    );

  const bodies = (delivery: Delivery | undefined) => (delivery as Message[]).map(({ body }) => body);

  /** Locks a queue as another node would. Resolves to a function that ends the transaction. */
  async function locked(id: number): Promise<() => Promise<void>> {
    const client = new pg.Client(url!);
    await client.connect();
    await client.query('BEGIN');
    await client.query(`SELECT id FROM ${schema}.queues WHERE id = $1 FOR NO KEY UPDATE`, [id]);
    return () => client.end();
  }

  /** Waits until so many transactions wait for a lock. */
  async function waiting(count: number): Promise<void> {
    const ask = `SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = current_database()
      AND wait_event_type = 'Lock'`;
    await expect.poll(async () => (await sql<{ count: number }>(url!, ask))[0]!.count).toBe(count);
  }

  it('a message that is sent after another one was stored has a larger key, on whichever node', async () => {
    const id = await queue();
    let instant = 0;
    const sends: { asked: number; answered: number; key: number }[] = [];
    const sendMany = async (node: Engine) => {
      for (let n = 0; n < 20; n++) {
        const asked = ++instant;
        const [sent] = (await node.send(id, [message('x', { groupId: `${n % 3}` })], T0))!;
        sends.push({ asked, answered: ++instant, key: sent!.key });
      }
    };
    await Promise.all([...nodes, ...nodes].map(sendMany));
    for (const one of sends) {
      for (const other of sends) if (one.answered < other.asked) expect(one.key).toBeLessThan(other.key);
    }
  });

  it('verbs of one node that wait for a lock are carried out in the order in which they were asked for', async () => {
    const id = await queue();
    const unlock = await locked(id);
    const [node] = nodes;
    const sent = numbered(30).map((body) => node.send(id, [message(body, { groupId: 'g' })], T0));
    const received = node.receive(id, request({ max: 30 }), T0);
    const late = node.send(id, [message('late', { groupId: 'g' })], T0);
    await waiting(1);
    await unlock();
    const keys = (await Promise.all([...sent, late])).map((sending) => sending![0]!.key);
    expect(keys).toEqual(keys.toSorted((a, b) => a - b));
    expect(bodies(await received)).toEqual(numbered(30));
  });

  it('a locked queue holds up no verb for another queue', async () => {
    const [id, other] = [await queue(), await queue('other.fifo')];
    const unlock = await locked(id);
    const held = nodes[0].send(id, [message('held', { groupId: 'g' })], T0);
    await waiting(1);
    for (let n = 0; n < 3; n++) await nodes[0].send(other, [message(`${n}`, { groupId: 'g' })], T0);
    expect(bodies(await nodes[0].receive(other, request(), T0))).toEqual(['0', '1', '2']);
    await unlock();
    expect(await held).toHaveLength(1);
  });

  it('a verb of a node whose copy of the queue is old has its effect on the queue as it is', async () => {
    const id = await queue();
    const [node, other] = nodes;
    await node.send(id, [message('purged', { groupId: 'g' })], T0);
    await other.purge(id);
    const [sent, received] = await Promise.all([
      node.send(id, [message('kept', { groupId: 'g' })], T0),
      node.receive(id, request({ visibilityMs: 0 }), T0),
    ]);
    expect([sent!.length, bodies(received)]).toEqual([1, ['kept']]);
    expect(await other.counts(id, T0)).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
    await other.changeQueue(id, { retentionMs: SECOND }, T0);
    expect(await node.receive(id, request(), T0 + SECOND)).toEqual([]);
    await other.deleteQueue(id);
    expect(await node.send(id, [message('late', { groupId: 'g' })], T0)).toBeUndefined();
    expect(await node.receive(id, request(), T0)).toBeUndefined();
  });

  it('of several receives at once, one gets the messages of a group', async () => {
    const id = await queue();
    await send(id, numbered(40));
    for (let round = 0; round < 10; round++) {
      const now = T0 + round * SECOND;
      const deliveries = await Promise.all(
        numbered(6).map(() => either().receive(id, request({ max: 3, visibilityMs: SECOND }), now)),
      );
      expect(deliveries.map(bodies).filter(({ length }) => length > 0)).toEqual([numbered(3)]);
    }
  });

  it('several receives at once get different groups', async () => {
    const id = await queue();
    const groups = numbered(8);
    for (const groupId of groups) await send(id, [`${groupId} a`, `${groupId} b`], { groupId });
    const deliveries = await Promise.all(groups.map(() => either().receive(id, request({ max: 2 }), T0)));
    expect(deliveries.map((delivery) => bodies(delivery).join()).toSorted()).toEqual(
      groups.map((groupId) => `${groupId} a,${groupId} b`),
    );
  });

  it('a receive that waited for the lock sees what was stored until it got it', async () => {
    const id = await queue();
    const unlock = await locked(id);
    const sent = nodes[0].send(id, [message('sent', { groupId: 'g' })], T0);
    await waiting(1);
    const received = nodes[1].receive(id, request(), T0);
    await waiting(2);
    await unlock();
    await sent;
    expect(bodies(await received)).toEqual(['sent']);
  });

  it('of several sends with one deduplication key at once, one is stored', async () => {
    const id = await queue();
    const deduplication = { key: 'k', windowMs: HOUR };
    const sendings = await Promise.all(
      numbered(12).map((body) => either().send(id, [message(body, { groupId: body, deduplication })], T0)),
    );
    expect(new Set(sendings.map((sending) => sending![0]!.key)).size).toBe(1);
    expect(await nodes[0].counts(id, T0)).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
  });

  it('a message can join its group while another node deletes the last message that the group had', async () => {
    const id = await queue();
    for (let round = 0; round < 20; round++) {
      await send(id, `first ${round}`);
      const [first] = (await either().receive(id, request(), T0)) as Message[];
      const [deleted] = await Promise.all([either().delete(id, [first!.receipt], T0), send(id, `second ${round}`)]);
      expect(deleted).toEqual(['deleted']);
      const [second] = (await either().receive(id, request(), T0)) as Message[];
      expect(second?.body).toBe(`second ${round}`);
      await either().delete(id, [second!.receipt], T0);
    }
    expect(await nodes[0].counts(id, T0)).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  it('queues that are dead-letter queues of each other do not wait for each other, and lose nothing', async () => {
    const ids = [await queue('a.fifo'), await queue('b.fifo')] as const;
    for (const id of ids) for (const groupId of numbered(10)) await send(id, groupId, { groupId });
    const receive = async (source: number, targetId: number) => {
      const redrive = { targetId, maxReceiveCount: 1, sourceArn: `arn:${source}` };
      const delivery = await either().receive(source, request({ visibilityMs: 0, redrive }), T0);
      expect(Array.isArray(delivery)).toBe(true);
    };
    for (let round = 0; round < 5; round++) {
      await Promise.all(numbered(6).flatMap(() => [receive(ids[0], ids[1]), receive(ids[1], ids[0])]));
    }
    const counts = await Promise.all(ids.map((id) => nodes[0].counts(id, T0)));
    expect(counts.reduce((sum, count) => sum + count!.visible, 0)).toBe(20);
  });

  it('two portions of a move task at once move no message twice', async () => {
    const [source, target] = [await queue('source.fifo'), await queue('target.fifo')];
    for (const groupId of numbered(10)) await send(source, groupId, { groupId });
    const task = { taskId: 'task', sourceId: source, destinationArn: 'arn:target' };
    await nodes[0].startMoveTask(task, { active: 10, kept: 10 }, T0);
    const destinations = new Map([['arn:target', target]]);
    const moved = await Promise.all(
      numbered(4).map((name) =>
        either().moveMessages('task', { messageIds: [1, 2, 3].map((n) => `${name} ${n}`), destinations }, T0),
      ),
    );
    expect(moved.filter((portion) => portion!.task.status === 'COMPLETED')).toHaveLength(1);
    expect(await nodes[0].counts(source, T0)).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
    expect(await nodes[1].counts(target, T0)).toEqual({ visible: 10, inFlight: 0, delayed: 0 });
    expect((await nodes[1].listMoveTasks(source, 10))![0]).toMatchObject({ moved: 10, status: 'COMPLETED' });
  });

  it('an active move task is claimed by one node', async () => {
    const source = await queue('source.fifo');
    await nodes[0].startMoveTask({ taskId: 'task', sourceId: source }, { active: 10, kept: 10 }, T0);
    expect(await nodes[1].claimMoveTasks()).toEqual([]);
    expect(await nodes[0].claimMoveTasks()).toHaveLength(1);
    await sql(url!, `UPDATE ${schema}.move_tasks SET runner_until = clock_timestamp()`);
    expect(await nodes[1].claimMoveTasks()).toHaveLength(1);
    expect(await nodes[0].claimMoveTasks()).toEqual([]);
  });

  it('move tasks that are started at once on two nodes are not more than an account may have', async () => {
    const sources = [await queue('source.fifo'), await queue('other.fifo')];
    const blocker = new pg.Client(url!);
    await blocker.connect();
    await blocker.query('BEGIN');
    // Tasks can be counted meanwhile, but none can be stored.
    await blocker.query(`LOCK TABLE ${schema}.move_tasks IN SHARE MODE`);
    const limits = { active: 1, kept: 10 };
    const started = sources.map((sourceId, index) =>
      nodes[index]!.startMoveTask({ taskId: `task ${index}`, sourceId }, limits, T0),
    );
    await waiting(2);
    await blocker.end();
    const outcomes = await Promise.all(started);
    expect(outcomes.map((outcome) => (typeof outcome === 'string' ? outcome : outcome!.status)).toSorted()).toEqual([
      'RUNNING',
      'over-limit',
    ]);
  });

  it('a receive that has to lock the dead-letter queue as well has no more time for both steps than for one', async () => {
    const [id, targetId] = [await queue(), await queue('dead.fifo')];
    await send(id, 'x');
    await nodes[0].receive(id, request({ visibilityMs: 0 }), T0);
    const asked = vi.spyOn(Serial.prototype, 'run');
    const redrive = { targetId, maxReceiveCount: 1, sourceArn: 'arn:source' };
    expect(await nodes[0].receive(id, request({ redrive }), T0)).toEqual([]);
    const deadlines = asked.mock.calls.map(([, , options]) => options?.deadline);
    asked.mockRestore();
    expect(deadlines).toEqual([expect.any(Number), deadlines[0]]);
    expect(await nodes[1].counts(targetId, T0)).toMatchObject({ visible: 1 });
  });

  it('a node that has an old copy of a standard queue sends and receives, after the queue got its first tenant', async () => {
    const id = await queue('fair', {});
    await nodes[1].send(id, [message('before')], T0);
    await nodes[0].send(id, [message('tenant', { groupId: 'a' })], T0);
    await nodes[1].send(id, [message('after')], T0);
    const [first] = (await nodes[1].receive(id, request({ max: 1 }), T0)) as Message[];
    expect(first!.body).toBe('before');
    expect(await nodes[1].delete(id, [first!.receipt], T0)).toEqual(['deleted']);
    expect(bodies(await nodes[0].receive(id, request(), T0))).toEqual(['tenant', 'after']);
    expect(await nodes[1].counts(id, T0)).toEqual({ visible: 0, inFlight: 2, delayed: 0 });
  });

  it('a standard queue loses no message while it gets its first tenants', async () => {
    for (let round = 0; round < 5; round++) {
      const id = await queue(`fair ${round}`, {});
      await send(id, numbered(20), {});
      const deliveries = await Promise.all(
        numbered(12).map(async (body, index): Promise<Message[]> => {
          if (index % 3 === 0) await either().send(id, [message(body, { groupId: body })], T0);
          if (index % 3 === 1) await either().send(id, [message(body)], T0);
          return index % 3 === 2 ? ((await either().receive(id, request({ max: 4 }), T0)) as Message[]) : [];
        }),
      );
      const received = deliveries.flat();
      expect(new Set(received.map(({ receipt }) => receipt.key)).size).toBe(received.length);
      const inFlight = received.length;
      expect(await either().counts(id, T0)).toEqual({ visible: 28 - inFlight, inFlight, delayed: 0 });
    }
  });
});
