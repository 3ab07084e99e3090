/**
 * The space of deleted messages: it is reused, and what stays free is returned to the file system in small portions.
 */

import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startJanitor } from '../../../src/queues/janitor.ts';
import { checkFolder } from '../../../src/storage/sqlite/offline/check-folder.ts';
import { SqliteStore } from '../../../src/storage/sqlite/sqlite-store.ts';
import type { Message } from '../../../src/storage/store.ts';
import { VirtualClock } from '../../../src/time/virtual-clock.ts';
import { HOUR, key, MINUTE, message, request, settings, T0 } from '../subject.ts';

const MEGABYTE = 1024 * 1024;
const LONG = 'x'.repeat(MEGABYTE);

let folder: string;
let store: SqliteStore;
let queueId: number;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'squab-space-'));
  store = new SqliteStore(folder);
  queueId = (await store.createQueue(key('q'), settings(), T0)).queue.id;
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const megabytes = (file: string) => statSync(join(folder, file)).size / MEGABYTE;

async function sendAndDelete(count: number, now = T0): Promise<void> {
  for (let sent = 0; sent < count; sent++) await store.send(queueId, [message(LONG)], now);
  for (let left = count; left > 0; ) {
    const messages = (await store.receive(queueId, request(), now)) as Message[];
    await store.delete(
      queueId,
      messages.map(({ receipt }) => receipt),
      now,
    );
    left -= messages.length;
  }
}

/** Does what the janitor does in one check. Resolves to the number of portions. */
async function look(): Promise<number> {
  let portions = 1;
  for (let more = await store.reclaim('first'); more; portions++) more = await store.reclaim('next');
  return portions;
}

describe('free space', () => {
  it('is reused, so that the file does not grow with each round', async () => {
    for (let round = 0; round < 6; round++) await sendAndDelete(20);
    // Six rounds take no more than one, whose messages are 20 MiB.
    expect(megabytes('squab.db')).toBeLessThan(25);
  });

  it('is returned to the file system, except for a reserve, if it was free from one check to the next', async () => {
    await sendAndDelete(30);
    expect(await look()).toBe(1);
    // Up to 16 MiB may still be in the log, depending on when the last checkpoint ran.
    expect(megabytes('squab.db')).toBeGreaterThan(10);
    // A portion is 100 pages, and 30 MiB less the reserve of 4 MiB are 6600 pages.
    expect(await look()).toBeGreaterThan(50);
    await look();
    expect(megabytes('squab.db')).toBeLessThan(6);
    expect(megabytes('squab.db')).toBeGreaterThan(4);
    expect(await look()).toBe(1);
  });

  it('is returned even from between messages, of which none is lost', async () => {
    const bodies = Array.from({ length: 40 }, (_, at) => `${at} ${LONG.slice(0, 500_000)}`);
    for (const body of bodies) await store.send(queueId, [message(body)], T0);
    const kept: string[] = [];
    for (let left = bodies.length; left > 0; left -= 10) {
      const messages = (await store.receive(queueId, request(), T0)) as Message[];
      const [odd, even] = [1, 0].map((rest) => messages.filter((_, at) => at % 2 === rest));
      const receipts = odd!.map(({ receipt }) => receipt);
      await store.delete(queueId, receipts, T0);
      kept.push(...even!.map(({ body }) => body));
    }
    for (let looks = 0; looks < 4; looks++) await look();
    expect(megabytes('squab.db')).toBeLessThan(15.5);
    const found: string[] = [];
    for (const at of [1, 2]) {
      const messages = (await store.receive(queueId, request(), T0 + HOUR / 2 + at)) as Message[];
      found.push(...messages.map(({ body }) => body));
    }
    expect(found).toEqual(kept);
    await store.close();
    expect(checkFolder(folder)).toMatchObject({ messages: 20, problems: [] });
    store = new SqliteStore(folder);
  });

  it('is kept for a load that needs it from time to time', async () => {
    await sendAndDelete(20);
    for (let round = 0; round < 3; round++) {
      await look();
      for (let sent = 0; sent < 20; sent++) await store.send(queueId, [message(LONG)], T0);
      expect(await look()).toBe(1);
      const size = megabytes('squab.db');
      for (let left = 20; left > 0; left -= 10) {
        const messages = (await store.receive(queueId, request(), T0)) as Message[];
        const receipts = messages.map(({ receipt }) => receipt);
        await store.delete(queueId, receipts, T0);
      }
      expect(megabytes('squab.db')).toBeGreaterThanOrEqual(size);
    }
  });

  it('in the log is returned if nothing was written from one check to the next', async () => {
    await sendAndDelete(5);
    expect(megabytes('squab.db-wal')).toBeGreaterThan(1);
    await look();
    await look();
    await look();
    expect(megabytes('squab.db-wal')).toBe(0);
    await store.send(queueId, [message('hello')], T0);
    expect(await store.receive(queueId, request(), T0)).toMatchObject([{ body: 'hello' }]);
  });

  it('in the log is bounded, even after many large messages in one transaction', async () => {
    for (let sent = 0; sent < 30; sent++) await store.send(queueId, [message(LONG)], T0);
    await Promise.all(Array.from({ length: 30 }, () => store.send(queueId, [message(LONG)], T0)));
    await store.send(queueId, [message('a little')], T0);
    expect(megabytes('squab.db-wal')).toBeLessThanOrEqual(16);
  });

  it('is returned by the janitor, which looks once a minute of the machine, after purged messages are freed', async () => {
    for (let sent = 0; sent < 20; sent++) await store.send(queueId, [message(LONG)], T0);
    await store.purge(queueId);
    // SQS's clock is frozen, which makes no difference to the disk.
    const [clock, machine] = [new VirtualClock(T0), new VirtualClock(T0)];
    const looks = vi.spyOn(store, 'reclaim');
    const janitor = startJanitor(store, { clock, machine }, (error) => expect.fail(`${error}`));
    await machine.advance(MINUTE - 1);
    expect(looks).not.toHaveBeenCalled();
    await machine.advance(1);
    expect(looks.mock.calls).toEqual([['first']]);
    await machine.advance(MINUTE);
    // Each portion takes a turn of the event loop, and the clock does not wait for all of them.
    for (let minutes = 0; megabytes('squab.db') > 6 && minutes < 100; minutes++) await machine.advance(MINUTE);
    expect(megabytes('squab.db')).toBeLessThan(6);
    await janitor.end();
    await store.close();
    expect(checkFolder(folder)).toMatchObject({ messages: 0, problems: [] });
    store = new SqliteStore(folder);
  });
});

describe('a portion of the janitor', () => {
  it.each([
    ['bodies', () => message(LONG)],
    ['attributes', () => message('m', { attributes: new Map([['a', { dataType: 'String', stringValue: LONG }]]) })],
  ])('frees up to 4 MiB of %s, whether they were purged or have expired', async (_what, long) => {
    for (let sent = 0; sent < 10; sent++) await store.send(queueId, [long()], T0);
    await store.purge(queueId);
    const freed = async (now: number) => (await store.expire(now, 200)).freed;
    expect([await freed(T0), await freed(T0), await freed(T0), await freed(T0)]).toEqual([4, 4, 2, 0]);
    for (let sent = 0; sent < 10; sent++) await store.send(queueId, [long()], T0);
    expect(await store.expire(T0 + HOUR, 200)).toEqual({ freed: 4, nextAt: T0 + HOUR });
    expect([await freed(T0 + HOUR), await freed(T0 + HOUR), await freed(T0 + HOUR)]).toEqual([4, 2, 0]);
    expect(await store.counts(queueId, T0 + HOUR)).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });
});
