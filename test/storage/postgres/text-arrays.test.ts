/** Lists of texts reach the database as they are, and at the same cost whatever characters they have. */

import { expect, it } from 'vitest';
import { openEngine } from '../../../src/storage/open-engine.ts';
import { openDatabase } from '../../../src/storage/postgres/open.ts';
import { statement } from '../../../src/storage/postgres/statement.ts';
import { longestTurn } from '../../cpu-time.ts';
import { database, newSchema } from '../../postgres.ts';
import { key, message, request, settings, T0 } from '../subject.ts';

const url = await database();

it.skipIf(!url)('texts reach the database as they are', async () => {
  const { sessions } = await openDatabase({ url: url!, schema: newSchema() });
  const ECHO = statement<{ place: number; text: string | null }>(
    'SELECT text, place FROM unnest($1::text[]) WITH ORDINALITY AS t (text, place) ORDER BY place',
  );
  const echo = (texts: readonly (string | null | undefined)[]) =>
    sessions.lane(1).run(async (session) => (await session.run(ECHO, [texts])).map(({ text }) => text));
  const texts = ['', '"', '\\', '{"a":"\\u0000"}', 'NULL', ',', '{}', 'é', '漢', '😀', '\u0001\n', ' '];
  expect(await echo(texts)).toEqual(texts);
  expect(await echo([null, 'a', undefined])).toEqual([null, 'a', null]);
  expect(await echo(['\ud800'])).toEqual(['\ufffd']);
  expect(await echo([null, null])).toEqual([null, null]);
  expect(await echo([])).toEqual([]);
  await sessions.close();
});

it.skipIf(!url)('messages of many quotation marks keep others waiting no longer than others', async () => {
  const store = await openEngine({ database: url!, databaseSchema: newSchema() });
  const { queue } = await store.createQueue(key('q'), settings(), T0);
  const { queue: fifo } = await store.createQueue(key('q.fifo'), settings({ fifo: true }), T0);
  const body = '"'.repeat(250_000);
  const attributes = new Map([['a', { dataType: 'String', stringValue: body }]]);
  const eight = (groupId?: string) =>
    Array.from({ length: 8 }, () => message(body, { attributes, ...(groupId !== undefined && { groupId }) }));
  // Each took more than half a second when quotation marks were escaped one by one.
  expect(await longestTurn(() => store.send(queue.id, eight(), T0))).toBeLessThan(300);
  expect(await longestTurn(() => store.send(fifo.id, eight('g'), T0))).toBeLessThan(300);
  const received = await store.receive(queue.id, request({ max: 1 }), T0);
  expect(received).toMatchObject([{ body, attributes }]);
  await store.close();
});
