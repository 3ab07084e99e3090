/** Data that tests of whole tables use. */

import type { Engine } from '../../src/storage/engine.ts';
import { key, message, request, SECOND, settings, T0 } from './subject.ts';

/** Fills a store with a little of everything that the tables can hold. */
export async function fill(store: Engine): Promise<void> {
  const [plain, fifo, dead] = await Promise.all([
    store.createQueue(key('plain'), settings(), T0),
    store.createQueue(key('groups.fifo'), settings({ fifo: true }), T0),
    store.createQueue(key('dead'), settings(), T0),
  ]);
  const attributes = new Map([['colour', { dataType: 'String', stringValue: 'red' }]]);
  const bodies = ['a', 'b', 'c', 'x'.repeat(20_000)];
  await store.send(
    plain.queue.id,
    bodies.map((body) => message(body, { attributes })),
    T0,
  );
  await store.send(plain.queue.id, [message('later', { delayMs: 60_000 })], T0);
  await store.send(
    plain.queue.id,
    ['a', 'b'].map((body) => message(body, { groupId: 'tenant' })),
    T0,
  );
  const deduplication = { key: 'once', windowMs: 300_000 };
  await store.send(fifo.queue.id, [message('1', { groupId: 'g', deduplication })], T0);
  await store.send(
    fifo.queue.id,
    ['2', '3'].map((body) => message(body, { groupId: 'g' })),
    T0,
  );
  await store.send(fifo.queue.id, [message('1', { groupId: 'h' })], T0);
  await store.receive(plain.queue.id, request({ max: 2 }), T0 + SECOND);
  const attempt = { id: 'attempt', windowMs: 300_000 };
  await store.receive(fifo.queue.id, request({ max: 1, attempt }), T0 + SECOND);
  const task = { taskId: 'task', sourceId: plain.queue.id };
  await store.startMoveTask(task, { active: 100, kept: 10 }, T0 + SECOND);
  const batches = { batchSize: 10, windowSeconds: 0, reportsFailures: false };
  const mapped = { enabled: true, ...batches, filters: [], others: {} };
  const { account, region } = plain.queue;
  const mapping = { id: 'm', account, region, queue: plain.queue, functionArn: 'f', settings: mapped, tags: new Map() };
  await store.mappings.createMapping(mapping, T0);
  await store.send(dead.queue.id, [message('purged')], T0);
  await store.purge(dead.queue.id);
}
