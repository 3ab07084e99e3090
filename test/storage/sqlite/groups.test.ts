/** The rows of message groups, which a receive changes without looking at the groups' messages. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkFolder } from '../../../src/storage/sqlite/offline/check-folder.ts';
import { SqliteStore } from '../../../src/storage/sqlite/sqlite-store.ts';
import { HOUR, key, MINUTE, message, numbered, request, settings, T0 } from '../subject.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'squab-groups-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('are right after a receive of a message behind one that has expired and has not been freed', async () => {
  const store = new SqliteStore(folder);
  const { id } = (await store.createQueue(key('q.fifo'), settings({ fifo: true }), T0)).queue;
  const inGroup = (groupId: string, body = groupId) => message(body, { groupId });
  // A verb frees 200 expired messages, so that of the last one is left.
  await store.send(id, [...numbered(250).map((group) => inGroup(group)), inGroup('g', 'expired')], T0);
  await store.send(id, [inGroup('g', 'first'), inGroup('g', 'second'), inGroup('other')], T0 + 30 * MINUTE);
  const received = await store.receive(id, { ...request(), max: 10 }, T0 + HOUR);
  expect(received).toMatchObject([{ body: 'first' }, { body: 'second' }, { body: 'other' }]);
  await store.close();
  expect(checkFolder(folder).problems).toEqual([]);
});
