/** Snapshots of the SQLite engine: the data on disk after a restore, and the state in memory if their turn fails. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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
