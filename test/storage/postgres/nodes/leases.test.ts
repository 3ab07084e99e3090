/** The table of leases stays small. */

import pg from 'pg';
import { expect, it } from 'vitest';
import { Leases } from '../../../../src/storage/postgres/nodes/leases.ts';
import { openDatabase } from '../../../../src/storage/postgres/open.ts';
import { database, newSchema, sql } from '../../../postgres.ts';

const url = await database();

it.skipIf(!url)('Leases that ended long ago are removed, whatever they were for, and no others', async () => {
  const schema = newSchema();
  const { sessions } = await openDatabase({ url: url!, schema });
  const leases = new Leases(sessions.lane(1), 'a');
  await leases.holds('janitor');
  await leases.holds('mapping 1');
  await sql(
    url!,
    `INSERT INTO ${schema}.leases (name, node, held_until)
     SELECT name, '', clock_timestamp() - ago FROM (VALUES ('full 7', interval '2 minutes'),
       ('full 8', interval '10 seconds'), ('moves 1 eu', interval '1 hour'), ('full 9', interval '1 hour')) AS l (name, ago)`,
  );
  const busy = new pg.Client(url!);
  await busy.connect();
  await busy.query('BEGIN');
  await busy.query(`UPDATE ${schema}.leases SET held_until = clock_timestamp() WHERE name = 'full 9'`);
  await leases.tidy();
  await busy.query('COMMIT');
  await busy.end();
  const left = await sql<{ name: string }>(url!, `SELECT name FROM ${schema}.leases ORDER BY name`);
  expect(left.map(({ name }) => name)).toEqual(['full 8', 'full 9', 'janitor', 'mapping 1']);
  await sessions.close();
});
