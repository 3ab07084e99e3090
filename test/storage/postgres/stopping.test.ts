/** A node that stops while the database is away, or does not answer: it waits for nothing that is not going to come. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Connection } from '../../../src/storage/postgres/connection.ts';
import { Ear } from '../../../src/storage/postgres/nodes/ear.ts';
import { openChecked } from '../../../src/storage/postgres/open.ts';
import { targetOf } from '../../../src/storage/postgres/opening/target.ts';
import { type Session, Sessions } from '../../../src/storage/postgres/sessions.ts';
import { statement } from '../../../src/storage/postgres/statement.ts';
import { database } from '../../postgres.ts';
import { type DatabaseProxy, proxyOf } from '../../postgres-proxy.ts';
import { heapUsed } from '../memory/heap.ts';

const LOOK = statement<{ x: number }>('SELECT 1 AS x');

/** Far longer than a test may take. */
const FOR_HOURS = { limitMs: 3_600_000 };

const url = await database();

describe.skipIf(!url)('Connections to a database', () => {
  let proxy: DatabaseProxy;
  let sessions: Sessions;
  beforeEach(async () => {
    proxy = await proxyOf(url!);
    sessions = new Sessions(targetOf({ url: proxy.url }), openChecked);
  });
  afterEach(() => proxy.close());

  const look = (session: Session) => session.run(LOOK, []);
  const refused = { name: 'StoreUnavailable' };
  const allRefused = async (works: readonly Promise<unknown>[]) => {
    const reasons = (await Promise.allSettled(works)).map((work) => (work as PromiseRejectedResult).reason);
    for (const reason of reasons) expect(reason).toMatchObject(refused);
  };

  it('that is away refuse what waits for it as soon as the node stops', async () => {
    const lane = sessions.lane(2);
    await lane.run(look);
    proxy.cut();
    const works = Array.from({ length: 5 }, () => lane.run(look, FOR_HOURS));
    await expect.poll(() => sessions.faults.latest).toBeDefined();
    const all = allRefused(works);
    sessions.stop();
    await all;
    await expect(lane.run(look, FOR_HOURS)).rejects.toMatchObject(refused);
    await sessions.close();
  });

  it('refuse what waits if the database goes away while the node stops', async () => {
    const lane = sessions.lane(2);
    await lane.run(look);
    sessions.stop();
    expect(await lane.run(look)).toEqual([{ x: 1 }]);
    proxy.cut();
    await expect(lane.run(look, FOR_HOURS)).rejects.toMatchObject(refused);
    await sessions.close();
  });

  it('that does not answer are ended before long, those that are idle too', async () => {
    const [lane, idle] = [sessions.lane(2), sessions.lane(1)];
    await Promise.all([lane.run(look), lane.run(look), idle.run(look)]);
    proxy.freeze();
    const works = Array.from({ length: 5 }, () => lane.run(look, FOR_HOURS));
    await Promise.all([sessions.close(), allRefused(works)]);
  });

  it('that has let a time limit end are not waited for any longer', async () => {
    const [lane, leaving] = [sessions.lane(1), sessions.lane(1)];
    await Promise.all([lane.run(look), leaving.run(look)]);
    proxy.freeze();
    const work = lane.run(look, FOR_HOURS);
    sessions.stop();
    await allRefused([work, leaving.run(look, { limitMs: 10 })]);
    await sessions.close();
  });
});

it('The ear of a node does not keep lost connections in memory', async () => {
  const opened: WeakRef<Connection>[] = [];
  const ear: Ear = new Ear({
    async open() {
      const connection = {
        lost: undefined,
        ...{ onNotification() {}, onLost() {}, destroy() {} },
        // Behind a pooler, each connection is given up, since it hears nothing.
        command: () => Promise.reject(new Error('lost')),
      } as unknown as Connection;
      opened.push(new WeakRef(connection));
      return connection;
    },
    ...{ channel: 'c', askForEcho: () => {}, onPayload: () => {}, onState: () => {}, random: () => 0 },
    beforeOpen: async () => {},
  });
  void ear.start();
  await expect.poll(() => opened.length).toBeGreaterThan(2);
  await heapUsed();
  expect(opened[0]!.deref()).toBeUndefined();
  await ear.close();
});

it('The ear of a node that stops does not wait for a connection that is being made', async () => {
  const ear = new Ear({
    open: () => new Promise(() => {}),
    ...{ channel: 'c', askForEcho: () => {}, onPayload: () => {}, onState: () => {}, random: () => 0 },
    beforeOpen: async () => {},
  });
  void ear.start();
  await ear.close();
  expect(ear.isOpen).toBe(false);
});
