/** The rows of message groups, which a receive changes without looking at the groups' messages. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openDatabase } from '../../../src/storage/sqlite/database.ts';
import { checkFolder } from '../../../src/storage/sqlite/offline/check-folder.ts';
import { SqliteStore } from '../../../src/storage/sqlite/sqlite-store.ts';
import { HOUR, key, MINUTE, message, numbered, request, settings, T0 } from '../subject.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'squab-groups-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('are right after a receive of messages behind some that have expired, more than a verb frees', async () => {
  const store = new SqliteStore(folder);
  const { id } = (await store.createQueue(key('q.fifo'), settings({ fifo: true }), T0)).queue;
  const inGroup = (groupId: string, body = groupId) => message(body, { groupId });
  await store.send(id, [...numbered(250).map((group) => inGroup(group)), inGroup('g', 'expired')], T0);
  await store.send(id, [inGroup('g', 'first'), inGroup('g', 'second'), inGroup('other')], T0 + 30 * MINUTE);
  const receive = () => store.receive(id, { ...request(), max: 10 }, T0 + HOUR);
  expect(await receive()).toBe('unfinished');
  const received = await receive();
  expect(received).toMatchObject([{ body: 'first' }, { body: 'second' }, { body: 'other' }]);
  await store.close();
  expect(checkFolder(folder).problems).toEqual([]);
});

it('are read in portions to find what blocks a message, if many messages are hidden and many come first', async () => {
  const store = new SqliteStore(folder);
  const { id } = (await store.createQueue(key('q.fifo'), settings({ fifo: true }), T0)).queue;
  const hidden = numbered(2100).map((groupId) => message('hidden', { groupId, delayMs: MINUTE }));
  await store.send(id, hidden, T0);
  for (let sent = 0; sent < 25_000; sent += 5000) {
    await store.send(
      id,
      numbered(5000).map((body) => message(body, { groupId: 'g' })),
      T0,
    );
  }
  await store.send(id, [message('late', { groupId: 'g', delayMs: MINUTE })], T0);
  const [last] = (await store.send(id, [message('last', { groupId: 'g' })], T0))!;
  let turns = 0;
  store.observation.onTurn(() => {
    turns++;
    return () => {};
  });
  expect(await store.inspection.look(id, last!.key, T0)).toMatchObject({ state: 'blocked', groupId: 'g' });
  expect(turns).toBe(2);
  await store.close();
});

it.each([undefined, 'g'])(
  'a receive of a thousand long messages of the group %s reads ten of them',
  async (groupId) => {
    for (const fifo of groupId === undefined ? [false] : [false, true]) {
      const store = new SqliteStore();
      const { id } = (await store.createQueue(key(fifo ? 'q.fifo' : 'q'), settings({ fifo }), T0)).queue;
      const long = 'x'.repeat(1024 * 1024);
      for (let sent = 0; sent < 30; sent++)
        await store.send(id, [message(long, groupId === undefined ? {} : { groupId })], T0);
      expect(await store.receive(id, { ...request(), max: 1000 }, T0)).toHaveLength(10);
      await store.close();
    }
  },
);

it('receives of any number of messages have few statements, which stay in memory', async () => {
  const connection = openDatabase(undefined);
  const prepare = connection.prepare.bind(connection);
  let prepared = 0;
  connection.prepare = ((sql: string) => {
    prepared++;
    return prepare(sql);
  }) as typeof connection.prepare;
  const store = new SqliteStore(undefined, undefined, connection);
  const queue = async (name: string, fifo: boolean) =>
    (await store.createQueue(key(name), settings({ fifo }), T0)).queue.id;
  const [id, other] = [await queue('q.fifo', true), await queue('q', false)];
  // The other messages leave gaps between the keys.
  for (const groupId of numbered(150)) {
    await store.send(id, [message('m', { groupId })], T0);
    await store.send(other, [message('m')], T0);
  }
  const before = prepared;
  for (let max = 11; max <= 150; max++) {
    const received = await store.receive(id, { ...request(), max, visibilityMs: 0 }, T0);
    expect(received).toHaveLength(max);
  }
  expect(prepared - before).toBeLessThan(50);
  await store.close();
});
