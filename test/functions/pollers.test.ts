/** What a change of a mapping waits for, on an engine whose receives the test holds up. */

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { Functions } from '../../src/functions/functions.ts';
import { changeMapping, createMapping, deleteMapping } from '../../src/functions/mappings.ts';
import { ReceiptHandles } from '../../src/queues/receipt-handle.ts';
import { Waiters } from '../../src/queues/waiters.ts';
import { MemoryStore } from '../../src/storage/memory/memory-store.ts';
import { VirtualClock } from '../../src/time/virtual-clock.ts';
import { eventually } from '../eventually.ts';
import { key, message, numbered, settings } from '../storage/subject.ts';
import { arnOf } from './fed.ts';

const owner = { account: '000000000000', region: 'us-east-1' };

/** Resolves to a mapping whose first receive has begun, and ends when `release` is called. */
async function withHeldReceive() {
  const [clock, store] = [new VirtualClock(), new MemoryStore()];
  const begun = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const receive = store.receive.bind(store);
  store.receive = async (...given) => {
    begun.resolve();
    await held.promise;
    return receive(...given);
  };
  const env = {
    ...{ store, clock, newId: () => crypto.randomUUID(), inFlightLimit: 10 },
    receiptHandles: new ReceiptHandles(store.receiptSecret),
    waiters: new Waiters(clock, async () => undefined),
  };
  const functions = new Functions({
    // The mover is not needed.
    env: env as unknown as Functions['env'],
    mappings: store.mappings,
    machine: clock,
    given: { f: 'http://127.0.0.1:1/' },
    log: { info() {}, warn() {}, error() {} },
    report() {},
    mayFeed: () => true,
    track() {},
  });
  await store.createQueue(key('q'), settings({}), clock.now());
  const input = { queueArn: arnOf('q'), functionName: 'f', settings: { others: {} }, tags: new Map<string, string>() };
  const mapping = await createMapping(functions, owner, input);
  await begun.promise;
  return { functions, store, mapping, release: () => held.resolve() };
}

const changes = {
  disabled: (functions: Functions, id: string) =>
    changeMapping(functions, owner, id, { functionName: undefined, settings: { enabled: false, others: {} } }),
  deleted: (functions: Functions, id: string) => deleteMapping(functions, owner, id),
};

it.each(['disabled', 'deleted'] as const)('a mapping is %s once its receive has ended', async (change) => {
  const { functions, mapping, release } = await withHeldReceive();
  const order: string[] = [];
  const changed = changes[change](functions, mapping.id).then(() => order.push('changed'));
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
  order.push('released');
  release();
  await changed;
  expect(order).toEqual(['released', 'changed']);
  functions.stop();
  await functions.end();
});

it('a mapping that is deleted while all mappings are read for another node is not polled for again', async () => {
  const { functions, store, mapping, release } = await withHeldReceive();
  const list = store.mappings.listMappings.bind(store.mappings);
  const read = Promise.withResolvers<void>();
  store.mappings.listMappings = async (listing) => {
    const all = await list(listing);
    await read.promise;
    return all;
  };
  const followed = functions.sync();
  release();
  await deleteMapping(functions, owner, mapping.id);
  read.resolve();
  await followed;
  const { id } = (await store.findQueue(key('q')))!;
  await store.send(id, [message('m')], 0);
  await new Promise(setImmediate);
  expect(await store.counts(id, 0)).toMatchObject({ visible: 1 });
  functions.stop();
  await functions.end();
});

/**
 * Three mappings of queues with 30 messages each, which have one function that answers only once it is told to. A batch of
 * theirs has 16 KB, and counts as 32 KiB, as every short one.
 */
async function withSlowFunction(eventBytesMax: number) {
  const pending: ServerResponse[] = [];
  const server = createServer((_request, response) => pending.push(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const [clock, store] = [new VirtualClock(), new MemoryStore()];
  const functions = new Functions({
    env: {
      ...{ store, clock, newId: () => crypto.randomUUID(), inFlightLimit: 100 },
      receiptHandles: new ReceiptHandles(store.receiptSecret),
      waiters: new Waiters(clock, async () => undefined),
    } as unknown as Functions['env'],
    mappings: store.mappings,
    machine: clock,
    given: { f: `http://127.0.0.1:${port}/` },
    log: { info() {}, warn() {}, error() {} },
    report() {},
    mayFeed: () => true,
    track() {},
    eventBytesMax,
  });
  const queues: number[] = [];
  for (const name of ['q1', 'q2', 'q3']) {
    const { queue } = await store.createQueue(key(name), settings({}), clock.now());
    queues.push(queue.id);
    await store.send(
      queue.id,
      numbered(30).map((body) => message(body.padEnd(1000))),
      clock.now(),
    );
    const input = {
      queueArn: arnOf(name),
      functionName: 'f',
      settings: { others: {} },
      tags: new Map<string, string>(),
    };
    await createMapping(functions, owner, input);
    await turns();
  }
  return {
    ...{ pending, functions },
    /** Resolves to how many messages the queues have that nobody has taken. */
    async waiting() {
      const counts = await Promise.all(queues.map((id) => store.counts(id, clock.now())));
      return counts.map((one) => one!.visible);
    },
    /** Resolves to how many messages the queues have that were not deleted. */
    async left() {
      const counts = await Promise.all(queues.map((id) => store.counts(id, clock.now())));
      return counts.map((one) => one!.visible + one!.inFlight);
    },
    async end() {
      functions.stop();
      // Also the requests that have not arrived yet.
      server.on('request', (_request, response) => response.destroy());
      server.closeAllConnections();
      await functions.end();
      await new Promise((resolve) => server.close(resolve));
      await store.close();
    },
  };
}

async function turns() {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
}

it('mappings have one batch each in progress, once those of a function that does not answer need much memory', async () => {
  const { pending, waiting, end } = await withSlowFunction(120_000);
  await eventually(() => expect(pending.length).toBe(3));
  await turns();
  expect(pending.length).toBe(3);
  expect(await waiting()).toEqual([20, 20, 20]);
  await end();
});

it('mappings take no messages while those of a function that does not answer need all the memory there is for them', async () => {
  const { pending, waiting, end } = await withSlowFunction(50_000);
  await eventually(() => expect(pending.length).toBe(2));
  await turns();
  expect(pending.length).toBe(2);
  expect(await waiting()).toEqual([20, 20, 30]);
  // Whenever there is room, the one that has waited for the longest time goes on.
  for (let batch = 0; batch < 9; batch++) {
    await eventually(() => expect(pending.length).toBeGreaterThan(0));
    pending.shift()!.end();
  }
  await eventually(async () => expect(await waiting()).toEqual([0, 0, 0]));
  await end();
});

it('messages of a restored snapshot are deleted once handled, also if pollers learn of it only after they got them', async () => {
  const { pending, functions, left, end } = await withSlowFunction(120_000);
  await eventually(() => expect(pending.length).toBe(3));
  await functions.queuesReplaced();
  for (const response of pending.splice(0)) response.end('{}');
  await eventually(async () => expect(await left()).toEqual([20, 20, 20]));
  await end();
});
