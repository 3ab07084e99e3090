/** From a URL to a database: migrations by many nodes at once, and what is said of a database that cannot be used. */

import { expect, it } from 'vitest';
import { openDatabase } from '../../../src/storage/postgres/open.ts';
import { database, newSchema, sql } from '../../postgres.ts';

const url = await database();

it.skipIf(!url)('creates the tables once when eight nodes start at once', async () => {
  const schema = newSchema();
  const opened = await Promise.all(Array.from({ length: 8 }, () => openDatabase({ url: url!, schema })));
  expect(new Set(opened.map(({ receiptSecret }) => receiptSecret.toString('hex'))).size).toBe(1);
  expect(await sql(url!, `SELECT done FROM ${schema}.steps`)).toEqual([{ done: 1 }]);
  for (const { sessions } of opened) await sessions.close();
});
