/** The bound on the memory of the engine in memory: what is refused at it, what still works, and that nothing leaks. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryStore } from '../../../src/storage/memory/memory-store.ts';
import { type Message, type NewMessage, StoreUnavailable } from '../../../src/storage/store.ts';
import { HOUR, key, message, numbered, request, SECOND, settings, T0, unstorable } from '../subject.ts';
import { heapUsed } from './heap.ts';

const MAX = 200_000;

let store: MemoryStore;
beforeEach(() => {
  store = new MemoryStore(MAX);
});
afterEach(() => store.close());

const queue = async (name: string, fifo = false) =>
  (await store.createQueue(key(name), settings({ fifo }), T0)).queue.id;

/** Sends messages until one is refused. Resolves to the number of those that were stored, and to the refusal. */
async function fill(id: number, more: (index: number) => Partial<NewMessage> = () => ({})) {
  for (let stored = 0; ; stored++) {
    try {
      await store.send(id, [message('x'.repeat(1000), { messageId: `m${stored}`, ...more(stored) })], T0);
    } catch (error) {
      return { stored, error };
    }
  }
}

const receive = async (id: number, now = T0) => (await store.receive(id, request(), now)) as Message[];

describe('at the bound', () => {
  it('a send is refused with StoreUnavailable, and with advice', async () => {
    const { stored, error } = await fill(await queue('q'));
    expect(error).toBeInstanceOf(StoreUnavailable);
    expect((error as Error).message).toMatch(/^The queues are full: .*--data DIR.*--max-old-space-size/);
    expect(stored).toBeGreaterThan(100);
  });

  it('a batch is stored as a whole or not at all, and refused sends do not affect others of their turn', async () => {
    const id = await queue('q');
    const { stored } = await fill(id);
    const big = numbered(5).map((body) => message(body.repeat(1000)));
    const [batch, small] = await Promise.allSettled([store.send(id, big, T0), store.send(id, [message('x')], T0)]);
    expect([batch.status, small.status]).toEqual(['rejected', 'fulfilled']);
    expect(await store.counts(id, T0)).toMatchObject({ visible: stored + 1 });
  });

  it('messages can be received, looked at, moved and deleted, after which there is room again', async () => {
    const [id, dlq] = [await queue('q'), await queue('dlq')];
    await fill(id);
    const [first, second] = await receive(id);
    expect(await store.inspection.look(id, first!.receipt.key, T0)).toMatchObject({ state: 'in-flight' });
    const redrive = { targetId: dlq, maxReceiveCount: 1, sourceArn: 'arn' };
    expect(await store.inspection.deadLetter(id, second!.receipt.key, redrive, T0)).toBe(true);
    expect(await store.inspection.preview(id, request(), T0)).toMatchObject({ delivery: { length: 10 } });
    expect(await store.delete(id, [first!.receipt], T0)).toEqual(['deleted']);
    expect(await store.send(id, [message('x'.repeat(1000))], T0)).toHaveLength(1);
    await expect(store.send(id, [message('x'.repeat(1000))], T0)).rejects.toThrow(StoreUnavailable);
    await store.purge(id);
    expect(await store.send(id, [message('x'.repeat(100_000))], T0)).toHaveLength(1);
  });

  it('no queue is created, and no snapshot taken that does not fit', async () => {
    const id = await queue('q');
    await fill(id);
    await expect(queue('other')).rejects.toThrow(StoreUnavailable);
    await expect(store.states.takeSnapshot('s', T0)).rejects.toThrow(StoreUnavailable);
    expect(store.states.snapshots()).toEqual([]);
    await store.purge(id);
    await queue('other');
    await store.states.takeSnapshot('s', T0);
  });

  it('snapshots of queues without messages are refused, too, and restores that do not fit', async () => {
    for (let made = 0; made < 5; made++) await queue(`q${made}`);
    let taken = 0;
    const takeAll = async () => {
      for (; ; taken++) await store.states.takeSnapshot(`s${taken}`, T0);
    };
    await expect(takeAll()).rejects.toThrow(StoreUnavailable);
    expect(taken).toBeGreaterThan(5);
    await store.states.removeQueues({});
    await queue('small');
    await expect(takeAll()).rejects.toThrow(StoreUnavailable);
    await expect(store.states.restoreSnapshot('s0', T0)).rejects.toThrow(StoreUnavailable);
    for (let count = 0; count < 5; count++) await store.states.removeSnapshot(`s${--taken}`);
    await expect(store.states.restoreSnapshot('s0', T0)).resolves.toMatchObject({ queues: 5 });
    await store.states.removeQueues({});
    while (await store.states.removeSnapshot(`s${--taken}`));
    expect(store.bytesUsed).toBe(0);
  });

  it('snapshots count the texts that queues and event source mappings had', async () => {
    const id = await queue('q');
    const { mappings, states } = store;
    const common = { enabled: false, batchSize: 10, windowSeconds: 0, reportsFailures: false, others: {} };
    const place = { account: '000000000000', region: 'us-east-1' };
    await mappings.createMapping(
      { ...place, id: 'm', queue: key('q'), functionArn: 'f', settings: { ...common, filters: [] }, tags: new Map() },
      T0,
    );
    let taken = 0;
    const takeAll = async () => {
      for (; ; taken++) {
        const text = `${taken}`.padEnd(10_000, 'x');
        await store.changeQueue(id, { tags: new Map([['k', text]]) }, T0);
        await mappings.changeMapping('m', { settings: { ...common, filters: [text] } }, T0);
        await states.takeSnapshot(`s${taken}`, T0);
      }
    };
    await expect(takeAll()).rejects.toThrow(StoreUnavailable);
    expect(taken).toBeLessThan(10);
    await mappings.removeMappings({});
    await states.removeQueues({});
    while (await states.removeSnapshot(`s${--taken}`));
    expect(store.bytesUsed).toBe(0);
  });

  it('a receive with an attempt ID works, and needs no memory', async () => {
    const id = await queue('q.fifo', true);
    await store.send(id, [message('x')], T0);
    await fill(await queue('full'));
    const before = store.bytesUsed;
    for (let count = 0; count < 100; count++) {
      const attempt = { id: `${count}`.padEnd(128, '-'), windowMs: HOUR };
      const [received] = (await store.receive(id, request({ attempt }), T0)) as Message[];
      await store.changeVisibility(id, [{ receipt: received!.receipt, visibilityMs: 0 }], T0);
    }
    // At most as much as the messages that did not fit any more.
    expect(store.bytesUsed - before).toBeLessThan(2000);
    expect(store.bytesUsed).toBeLessThanOrEqual(MAX);
  });

  it('a fault begins with the first refusal, and ends once there is some room again', async () => {
    const faults: unknown[] = [];
    store.onFault((fault) => faults.push(fault));
    const id = await queue('q');
    const { error } = await fill(id);
    await fill(id);
    expect(faults).toEqual([error]);
    await expect(store.observation.probe()).rejects.toThrow(StoreUnavailable);
    await store.delete(
      id,
      (await receive(id)).map(({ receipt }) => receipt),
      T0,
    );
    await store.observation.probe();
    expect(faults).toEqual([error, undefined]);
  });

  it('text that is not Latin-1 needs twice the memory', async () => {
    const id = await queue('q');
    const { stored } = await fill(id);
    await store.purge(id);
    expect((await fill(id, () => ({ body: '🐿'.repeat(500) }))).stored).toBeLessThan(0.65 * stored);
  });
});

it('every way of losing messages makes room again', async () => {
  const fifo = await queue('q.fifo', true);
  const [id, dlq] = [await queue('q'), await queue('dlq')];
  const { stored } = await fill(id);
  await store.purge(id);
  for (let round = 0; round < 3; round++) {
    // Deleted, expired, dead-lettered, moved, and failed.
    await store.send(
      id,
      numbered(20).map((body) => message(body, { groupId: 'g' })),
      T0,
    );
    await expect(store.send(id, [message('a'), unstorable()], T0)).rejects.toThrow();
    const received = await receive(id);
    await store.delete(id, [received[0]!.receipt], T0);
    const redrive = { targetId: dlq, maxReceiveCount: 1, sourceArn: 'arn' };
    await store.receive(id, request({ redrive }), T0 + 40 * SECOND);
    await store.inspection.preview(id, request({ redrive }), T0 + 80 * SECOND);
    const taskId = `task ${round}`;
    await store.startMoveTask({ taskId, sourceId: dlq, destinationArn: 'arn' }, { active: 9, kept: 1 }, T0);
    const destinations = new Map([['arn', fifo]]);
    await store.moveMessages(taskId, { messageIds: ['a', 'b'], destinations }, T0 + 40 * SECOND);
    const deduplication = { key: `key ${round}`, windowMs: SECOND };
    await store.send(fifo, [message('x', { groupId: 'g', deduplication })], T0);
    await store.receive(fifo, request({ attempt: { id: 'attempt', windowMs: SECOND } }), T0);
    await store.states.takeSnapshot('s', T0);
    await store.deleteQueue(await queue('deleted'));
    await store.states.restoreSnapshot('s', T0);
    await store.states.removeSnapshot('s');
    await store.expire(T0 + 2 * HOUR, 10_000);
    expect(await store.counts(id, T0 + 2 * HOUR)).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  }
  expect((await fill(id)).stored).toBe(stored);
});

describe('the estimate', () => {
  const copy = (text: string) => Buffer.from(text).toString();

  it.each([
    ['short messages', false, () => ({})],
    ['messages of 1 KiB', false, () => ({ body: copy('x'.repeat(1024)) })],
    ['messages that are alone in their groups', true, (at: number) => ({ groupId: `g${at}` })],
    [
      'messages with deduplication IDs',
      true,
      (at: number) => ({ groupId: 'g', deduplication: { key: `key ${at}`, windowMs: HOUR } }),
    ],
  ])('is not less than what V8 needs for %s, and not much more', async (_, fifo, more) => {
    const count = 20_000;
    const full = new MemoryStore(Number.MAX_SAFE_INTEGER);
    const { queue } = await full.createQueue(key('q'), settings({ fifo }), T0);
    const before = await heapUsed();
    for (let at = 0; at < count; at += 10) {
      const texts = Array.from({ length: 10 }, (_one, index) => ({
        ...{ messageId: copy(`${at + index}`.padStart(36, '0')), body: copy('hello'), bodyMd5: copy('d'.repeat(32)) },
        ...{ senderId: 'me', delayMs: 0 },
        ...more(at + index),
      }));
      await full.send(queue.id, texts, T0);
    }
    const needed = (await heapUsed()) - before;
    expect(full.bytesUsed).toBeGreaterThan(needed);
    expect(full.bytesUsed).toBeLessThan(2.5 * needed);
    await full.close();
  });
});
