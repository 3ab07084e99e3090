/** Snapshots of the SQLite engine: the data on disk after a restore, and the state in memory if their turn fails. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { COPIED_AT_ONCE } from '../../src/storage/sqlite/content-copy.ts';
import { checkFolder } from '../../src/storage/sqlite/offline/check-folder.ts';
import { SqliteStore } from '../../src/storage/sqlite/sqlite-store.ts';
import type { Message } from '../../src/storage/store.ts';
import { key, message, numbered, request, settings, T0, unstorable } from './subject.ts';

let folder: string;
let store: SqliteStore;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'squab-snapshots-'));
  store = new SqliteStore(folder);
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const queue = async (name: string, fifo = false) =>
  (await store.createQueue(key(name), settings({ fifo }), T0)).queue.id;
const receive = async (id: number) => (await store.receive(id, request(), T0)) as Message[];
const restart = async () => {
  await store.close();
  const { problems } = checkFolder(folder);
  store = new SqliteStore(folder);
  return problems;
};

/** Runs something, and returns what the counts of a queue were in each turn until it was done. */
async function countsDuring(id: number, work: Promise<unknown>): Promise<unknown[]> {
  let isDone = false;
  void work.then(() => {
    isDone = true;
  });
  const seen: unknown[] = [];
  for (;;) {
    const counts = await store.counts(id, T0);
    if (isDone) return seen;
    seen.push(counts);
  }
}

describe('a snapshot of many messages', () => {
  const PORTIONS = 4;
  const all = { visible: PORTIONS * COPIED_AT_ONCE, inFlight: 0, delayed: 0 };
  const fill = async (id: number) => {
    for (let n = 0; n < PORTIONS; n++)
      await store.send(
        id,
        numbered(COPIED_AT_ONCE).map((body) => message(body)),
        T0,
      );
  };

  const freeAll = async () => {
    let all = 0;
    for (let freed = 1; freed > 0; all += freed) ({ freed } = await store.expire(T0, COPIED_AT_ONCE));
    return all;
  };

  it('is taken in as many turns as its contents need, and has what the last of them found', async () => {
    const id = await queue('q');
    await fill(id);
    const taking = store.states.takeSnapshot('s', T0);
    const [first] = await receive(id);
    await store.delete(id, [first!.receipt], T0);
    await store.send(id, [message('late'), message('later')], T0);
    const seen = await countsDuring(id, taking);
    expect(seen.length).toBeGreaterThanOrEqual(PORTIONS - 4);
    const inFlight = (await store.counts(id, T0))!.inFlight;
    const taken = { visible: all.visible + 2 - 1 - inFlight, inFlight, delayed: 0 };
    await store.purge(id);
    await store.states.restoreSnapshot('s', T0);
    expect(await store.counts(id, T0)).toEqual(taken);
    expect(await restart()).toEqual([]);
  });

  it('is restored in as many turns as its contents need, and nothing of it is visible before the last', async () => {
    const id = await queue('q');
    await fill(id);
    await store.states.takeSnapshot('s', T0);
    await store.purge(id);
    await freeAll();
    await store.send(id, [message('other')], T0);
    const seen = await countsDuring(id, store.states.restoreSnapshot('s', T0));
    expect(seen.length).toBeGreaterThanOrEqual(PORTIONS);
    expect(new Set(seen.map((counts) => JSON.stringify(counts)))).toEqual(
      new Set([JSON.stringify({ visible: 1, inFlight: 0, delayed: 0 })]),
    );
    expect(await store.counts(id, T0)).toEqual(all);
    expect(await restart()).toEqual([]);
    expect(await store.counts(id, T0)).toEqual(all);
  });

  it('has no effect if Squab ends in the middle of a restore, and its contents are freed', async () => {
    const id = await queue('q');
    await fill(id);
    await store.states.takeSnapshot('s', T0);
    await store.purge(id);
    await freeAll();
    await store.send(id, [message('other')], T0);
    const ended = expect(store.states.restoreSnapshot('s', T0)).rejects.toThrow();
    await store.counts(id, T0);
    await store.counts(id, T0);
    expect(await restart()).toEqual([]);
    await ended;
    expect(await store.counts(id, T0)).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
    expect(await freeAll()).toBeGreaterThanOrEqual(COPIED_AT_ONCE);
    expect(await restart()).toEqual([]);
  });
});

describe('a snapshot', () => {
  it('leaves sound data on disk after it is restored', async () => {
    const [plain, fifo] = [await queue('plain'), await queue('groups.fifo', true)];
    const send = (id: number, groupId: string) =>
      store.send(
        id,
        numbered(20).map((body) => message(body, { groupId })),
        T0,
      );
    await send(plain, 'tenant');
    await send(fifo, 'group');
    await receive(plain);
    await store.purge(await queue('purged'));
    await store.states.takeSnapshot('s', T0);
    await receive(fifo);
    await store.deleteQueue(plain);
    await store.states.restoreSnapshot('s', T0);
    await send(plain, 'tenant');
    expect(await restart()).toEqual([]);
    expect(await store.counts(plain, T0)).toEqual({ visible: 30, inFlight: 10, delayed: 0 });
    expect(await store.counts(fifo, T0)).toEqual({ visible: 20, inFlight: 0, delayed: 0 });
    expect(store.states.snapshots()).toEqual([]);
  });

  it('keeps receipts void after a restart', async () => {
    const id = await queue('orders');
    await store.send(id, [message('hello')], T0);
    await store.states.takeSnapshot('s', T0);
    const [thrownAway] = await receive(id);
    await store.states.restoreSnapshot('s', T0);
    const [received] = await receive(id);
    expect(await restart()).toEqual([]);
    expect(await store.delete(id, [thrownAway!.receipt, received!.receipt], T0)).toEqual(['stale', 'deleted']);
  });

  it('is never half restored, even if another verb of its turn fails', async () => {
    const [id, other] = [await queue('orders'), await queue('other')];
    await store.send(id, [message('hello')], T0);
    await store.states.takeSnapshot('s', T0);
    await store.deleteQueue(id);
    const [sent, restored] = await Promise.allSettled([
      store.send(other, [unstorable()], T0),
      store.states.restoreSnapshot('s', T0),
    ]);
    expect([sent.status, restored.status]).toEqual(['rejected', 'fulfilled']);
    expect((await receive(id)).map(({ body }) => body)).toEqual(['hello']);
    expect(await restart()).toEqual([]);
  });

  it('can be taken while the last other snapshot is removed', async () => {
    const id = await queue('orders');
    await store.states.takeSnapshot('first', T0);
    await Promise.all([store.states.removeSnapshot('first'), store.states.takeSnapshot('second', T0)]);
    await store.send(id, [message('hello')], T0);
    await store.states.restoreSnapshot('second', T0);
    expect(await store.counts(id, T0)).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
    expect(await store.states.removeSnapshot('second')).toBe(true);
    await store.states.takeSnapshot('third', T0);
    expect(await store.states.restoreSnapshot('third', T0)).toMatchObject({ name: 'third' });
  });

  it('is taken once, even if its turn fails and is carried out again', async () => {
    const id = await queue('orders');
    const [sent, taken] = await Promise.allSettled([
      store.send(id, [unstorable()], T0),
      store.states.takeSnapshot('s', T0),
    ]);
    expect([sent.status, taken.status]).toEqual(['rejected', 'fulfilled']);
    await store.send(id, [message('hello')], T0);
    await store.states.restoreSnapshot('s', T0);
    expect(await store.counts(id, T0)).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });
});
