/**
 * Files that another program truncates while a store uses them. The store detects it before it writes again. At the
 * next start, everything up to the last complete transaction in the files exists, and the data is intact.
 */

import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { checkFolder } from '../../../src/storage/sqlite/offline/check-folder.ts';
import { SqliteStore } from '../../../src/storage/sqlite/sqlite-store.ts';
import { StoreUnavailable } from '../../../src/storage/store.ts';
import { key, message, numbered, request, settings, T0 } from '../subject.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** The bytes of a header of the log, and of a page in it with the page's header. */
const [LOG_HEADER, FRAME] = [32, 4120];

const sent = (round: number) => numbered(10).map((body) => message(`${round} ${body}`.padEnd(5000, '.')));

/** A store whose log has a few transactions, and the sizes of the log after each. */
async function filled() {
  const folder = mkdtempSync(join(tmpdir(), 'squab-truncated-'));
  folders.push(folder);
  const [database, log] = [join(folder, 'squab.db'), join(folder, 'squab.db-wal')];
  const store = new SqliteStore(folder);
  const faults: string[] = [];
  store.onFault((fault) => faults.push(fault?.message ?? 'over'));
  const { id } = (await store.createQueue(key('orders'), settings(), T0)).queue;
  await store.send(id, sent(0), T0);
  // From here on, the log has only later changes: the second check without a change in between empties it.
  for (let look = 0; look < 3; look++) await store.reclaim('first');
  const sizes: number[] = [];
  for (let round = 1; round <= 3; round++) {
    await store.send(id, sent(round), T0);
    sizes.push(statSync(log).size);
  }
  return { folder, database, log, store, id, faults, sizes };
}

/** Opens the folder again. Resolves to the number of messages. */
async function messagesIn(folder: string, id: number): Promise<number> {
  expect(readdirSync(folder)).toEqual(expect.not.arrayContaining([expect.stringContaining('kept')]));
  expect(checkFolder(folder).problems).toEqual([]);
  const store = new SqliteStore(folder);
  const { visible } = (await store.counts(id, T0))!;
  await store.send(id, sent(9), T0);
  await store.close();
  expect(checkFolder(folder)).toMatchObject({ messages: visible + 10, problems: [] });
  return visible;
}

describe('a truncated log', () => {
  const was = (bytes: number, size: number) =>
    expect.stringMatching(
      `squab\\.db-wal was truncated while Squab was using it: it has ${bytes} bytes, and had ${size} after Squab's last write\\..* ` +
        'Restart Squab to continue with what is left; if it does not start, restore a copy of the folder\\.',
    );

  it('is detected by every verb, before it writes, and loses only what the missing end contained', async () => {
    const { folder, log, store, id, faults, sizes } = await filled();
    truncateSync(log, sizes[1]! + FRAME);
    const problem = was(sizes[1]! + FRAME, sizes[2]!);
    const verbs = () => [store.send(id, sent(4), T0), store.receive(id, request(), T0), store.purge(id)];
    for (let turn = 0; turn < 3; turn++) {
      for (const verb of verbs()) {
        const failure = await verb.catch((error: unknown) => error);
        expect(failure).toBeInstanceOf(StoreUnavailable);
        expect((failure as Error).message).toEqual(problem);
      }
    }
    expect(faults).toEqual([problem]);
    expect(statSync(log).size).toBe(sizes[1]! + FRAME);
    await store.close();
    expect(await messagesIn(folder, id)).toBe(30);
  });

  it('is detected by a stop, which does not store a part of a transaction', async () => {
    // Parts of each transaction.
    for (const pages of [0, 1, 2, 3, 5, 12, 20, 30, 40, 50, 55]) {
      const { folder, log, store, id, faults, sizes } = await filled();
      const bytes = LOG_HEADER + pages * FRAME + 100;
      truncateSync(log, bytes);
      await store.close();
      expect(faults).toEqual([was(bytes, sizes[2]!)]);
      const whole = sizes.filter((size) => size <= bytes).length;
      expect(await messagesIn(folder, id)).toBe(10 + 10 * whole);
    }
  });

  it('is not written to the database when Squab is idle', async () => {
    const { folder, log, store, id, sizes } = await filled();
    await store.reclaim('first');
    truncateSync(log, LOG_HEADER + 2 * FRAME);
    const failure = await store.reclaim('first').catch((error: Error) => error.message);
    expect(failure).toEqual(was(LOG_HEADER + 2 * FRAME, sizes[2]!));
    await store.close();
    expect(await messagesIn(folder, id)).toBe(10);
  });

  it('costs nothing if the database has everything that was in it', async () => {
    const { folder, database, log, store, id, sizes } = await filled();
    // A commit merges everything once the log has become long.
    let rounds = 1 + sizes.length;
    const { size } = statSync(database);
    for (; statSync(database).size === size; rounds++) await store.send(id, sent(rounds), T0);
    truncateSync(log, LOG_HEADER + 500 * FRAME);
    await store.close();
    expect(await messagesIn(folder, id)).toBe(10 * rounds);
  });
});

describe('a truncated database', () => {
  it('is detected by every verb, before it writes', async () => {
    const { database, store, id } = await filled();
    const { size } = statSync(database);
    truncateSync(database, size - 4096);
    for (let turn = 0; turn < 2; turn++) {
      await expect(store.send(id, sent(4), T0)).rejects.toThrow(
        `${database} was truncated while Squab was using it: it has ${size - 4096} bytes, and had ${size} after`,
      );
    }
    await store.close();
  });
});

it('sizes that Squab itself changes are not faults', async () => {
  const { folder, store, id, faults } = await filled();
  for (let round = 0; round < 150; round++) await store.send(id, sent(round), T0);
  await store.purge(id);
  while ((await store.expire(T0, 200)).freed > 0);
  // Merges, empties and shrinks the log, and returns pages of the database.
  for (let minute = 0; minute < 4; minute++) {
    for (let look: 'first' | 'next' = 'first'; await store.reclaim(look); ) look = 'next';
    await store.send(id, sent(minute), T0);
    for (let idle = 0; idle < 3; idle++) await store.reclaim('first');
  }
  expect(faults).toEqual([]);
  await store.close();
  expect(await messagesIn(folder, id)).toBe(40);
});
