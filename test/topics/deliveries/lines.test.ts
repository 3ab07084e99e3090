/** Which subscriptions are delivered to: at the start, after a restart, and when they end. */

import type { ServerResponse } from 'node:http';
import { describe, expect, it, vi } from 'vitest';
import { MemoryStore } from '../../../src/storage/memory/memory-store.ts';
import { temporaryFolder } from '../../helpers.ts';
import { heapUsed } from '../../storage/memory/heap.ts';
import { startEndpoint, status } from './endpoint.ts';
import { startDelivering } from './setup.ts';

describe('the subscriptions that are delivered to', () => {
  it('begin with the messages in their backlogs, and are taken once', async () => {
    const endpoint = await startEndpoint();
    const { engine, subscribe, publish, report, deliverer } = await startDelivering();
    const id = await subscribe({ endpoint: endpoint.url });
    deliverer.release({ id });
    await publish(id, { messageId: 'm1' });
    const { subscriptions } = await engine.topics.everything();
    for (const subscription of [...subscriptions, ...subscriptions]) deliverer.take(subscription);
    expect(await report()).toMatchObject({ messageId: 'm1', result: 'delivered' });
    await deliverer.end();
    expect(endpoint.requests.length).toBe(1);
  });

  it('end when they are released, or removed', async () => {
    const endpoint = await startEndpoint();
    const { engine, clock, subscribe, publish, report, deliverer, waiting } = await startDelivering();
    const [released, kept, removed] = [
      await subscribe({ endpoint: `${endpoint.url}&1` }),
      await subscribe({ endpoint: `${endpoint.url}&2` }),
      await subscribe({ endpoint: `${endpoint.url}&3` }),
    ];
    deliverer.release({ id: released });
    await engine.topics.unsubscribe(removed);
    for (const id of [released, kept]) await publish(id);
    await report();
    await clock.advance(3_600_000);
    expect(endpoint.requests.map(({ path }) => path)).toEqual(['/path?a=b&2']);
    expect([await waiting(released), await waiting(kept)]).toEqual([1, 0]);
  });

  it('end when they are not read again, unless they began in the meantime', async () => {
    const endpoint = await startEndpoint();
    const { subscribe, publish, report, deliverer } = await startDelivering();
    const former = await subscribe({ endpoint: `${endpoint.url}&former` });
    const read = Promise.withResolvers<[]>();
    const followed = deliverer.takeOnly(() => read.promise);
    const newer = await subscribe({ endpoint: `${endpoint.url}&newer` });
    read.resolve([]);
    await followed;
    for (const id of [former, newer]) await publish(id);
    await report();
    expect(endpoint.requests.map(({ path }) => path)).toEqual(['/path?a=b&newer']);
  });

  it('go on with the messages of a restored snapshot', async () => {
    const endpoint = await startEndpoint();
    const { engine, clock, subscribe, publish, report, deliverer } = await startDelivering();
    const id = await subscribe({ endpoint: endpoint.url });
    deliverer.release({ id });
    await publish(id, { messageId: 'm1' });
    await engine.states.takeSnapshot('s', clock.now());
    for (const subscription of (await engine.topics.everything()).subscriptions) deliverer.take(subscription);
    await report();
    deliverer.release({ id });
    await engine.topics.unsubscribe(id);
    await engine.states.restoreSnapshot('s', clock.now());
    for (const subscription of (await engine.topics.everything()).subscriptions) deliverer.take(subscription);
    expect(await report()).toMatchObject({ messageId: 'm1', result: 'delivered' });
    expect(endpoint.requests.length).toBe(2);
  });

  it('go on with the messages of a snapshot that another node has restored, each of which has its own outcome', async () => {
    const endpoint = await startEndpoint(status(500));
    const { engine, clock, subscribe, publish, report, deliverer, waiting } = await startDelivering();
    const id = await subscribe({ endpoint: endpoint.url });
    await publish(id);
    await report();
    await clock.advance(1);
    await engine.states.takeSnapshot('s', clock.now());
    const held: ServerResponse[] = [];
    endpoint.answer = (response) => held.push(response);
    await clock.advance(20_000);
    await endpoint.arrived(2);
    await engine.states.restoreSnapshot('s', clock.now(), () => deliverer.queuesReplaced());
    await endpoint.arrived(3);
    // The attempt that began before the restore has no say.
    held[0]!.end();
    expect(await report()).toMatchObject({ attempt: 2, result: 'delivered' });
    expect(await waiting(id)).toBe(1);
    // Nor does it matter that the restore is heard of only now.
    deliverer.queuesReplaced();
    held[1]!.end();
    await report();
    await clock.advance(600_000);
    expect(await waiting(id)).toBe(0);
    expect(endpoint.requests.length).toBe(3);
  });

  it('go on after a restart', async () => {
    const endpoint = await startEndpoint(status(500));
    const folder = temporaryFolder();
    const before = await startDelivering({}, folder);
    const id = await before.subscribe({ endpoint: endpoint.url });
    await before.publish(id, { messageId: 'm1' });
    await before.report();
    await before.deliverer.end();
    await before.engine.close();
    const { engine, clock, deliverer, report } = await startDelivering({ find: before.subscriber }, folder);
    for (const subscription of (await engine.topics.everything()).subscriptions) deliverer.take(subscription);
    endpoint.answer = status(200);
    await clock.advance(20_000);
    expect(await report()).toEqual({ type: 'Notification', messageId: 'm1', attempt: 2, result: 'delivered' });
  });

  it('cost nothing while they wait', async () => {
    const endpoint = await startEndpoint();
    const { engine, clock, subscribe } = await startDelivering();
    for (let index = 0; index < 20; index++) await subscribe({ endpoint: `${endpoint.url}&${index}` });
    await clock.advance(0);
    const receive = vi.spyOn(engine, 'receive');
    await clock.advance(86_400_000);
    expect(receive).not.toHaveBeenCalled();
  });
});

it('Idle lines need no more memory than is counted for their subscriptions', async () => {
  const { engine, subscribe } = await startDelivering();
  if (!(engine instanceof MemoryStore)) throw new TypeError('another engine');
  const [heap, counted] = [await heapUsed(), engine.bytesUsed];
  for (let index = 0; index < 2000; index++) await subscribe({ endpoint: `http://127.0.0.1:1/${index}` });
  expect((await heapUsed()) - heap).toBeLessThan(engine.bytesUsed - counted);
});
