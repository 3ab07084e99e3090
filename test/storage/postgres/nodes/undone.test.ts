/** When a node reads all topics again, because the database may have lost changes that this node has. */

import { afterEach, expect, it, vi } from 'vitest';
import { joining } from '../../../../src/storage/postgres/nodes/join.ts';
import { openDatabase } from '../../../../src/storage/postgres/open.ts';
import { PostgresStore } from '../../../../src/storage/postgres/postgres-store.ts';
import { eventually } from '../../../eventually.ts';
import { database, newSchema, sql } from '../../../postgres.ts';
import { key, T0 } from '../../subject.ts';
import { topicSettings } from '../../topic-subject.ts';

const url = await database();

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const end of ends.splice(0)) await end();
});

async function standStill() {
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => now() + 1000);
}

/** A crash empties unlogged tables. */
async function standStillDuringCrash(schema: string) {
  await sql(url!, `TRUNCATE ${schema}.nodes`);
  await standStill();
}

const loseConnection = () =>
  sql(
    url!,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND query LIKE 'LISTEN%'`,
  );

it.skipIf(!url).each([
  ['its process stood still', 'does not read', standStill],
  ['its process stood still during a crash', 'reads', standStillDuringCrash],
  ['its connection was lost', 'reads', loseConnection],
])('a node that heard nothing because %s %s all topics again', async (_, what, closeEar) => {
  const schema = newSchema();
  const opened = await openDatabase({ url: url!, schema, node: 'a' });
  const node = await PostgresStore.open(opened, joining(opened, '1.2.3'));
  ends.push(() => node.close());
  const warnings: string[] = [];
  node.nodes!.onWarning((warning) => warnings.push(warning));
  const { topic } = await node.topics.createTopic(key('news'), topicSettings(), T0);
  // A node that does not read everything does not miss it.
  await sql(url!, `DELETE FROM ${schema}.topics WHERE id = ${topic.id}`);
  await closeEar(schema);
  await eventually(() => expect(warnings).toContainEqual(expect.stringContaining('does not hear')));
  vi.restoreAllMocks();
  await eventually(() => expect(node.nodes!.ear).toBe('open'));
  expect(await node.topics.findTopic(key('news'))).toEqual(what === 'reads' ? undefined : topic);
});
