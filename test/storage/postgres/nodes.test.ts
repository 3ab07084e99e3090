/** Nodes among each other: who hears what, who does what, and what happens while a node hears nothing. */

import { afterEach, describe, expect, it } from 'vitest';
import type { CatalogueChange } from '../../../src/storage/nodes.ts';
import { Outbox } from '../../../src/storage/outbox.ts';
import { Connection } from '../../../src/storage/postgres/connection.ts';
import { joining } from '../../../src/storage/postgres/nodes/join.ts';
import { merged, NOTHING, payloadsOf, readPayload, wordsOf } from '../../../src/storage/postgres/nodes/payloads.ts';
import { PostgresNodes } from '../../../src/storage/postgres/nodes/postgres-nodes.ts';
import { openDatabase } from '../../../src/storage/postgres/open.ts';
import { QueueTable } from '../../../src/storage/postgres/queue-table.ts';
import { eventually } from '../../eventually.ts';
import { database, newSchema, serverUrl, sql } from '../../postgres.ts';

const url = await database();

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** Starts a node, and records what it hears. */
async function start(schema: string, node: string, listenUrl?: string) {
  const opened = await openDatabase({ url: url!, schema, node, ...(listenUrl && { listenUrl }) });
  const announced: [number, number][] = [];
  const forgotten: CatalogueChange[] = [];
  const changes: CatalogueChange[] = [];
  const warnings: string[] = [];
  const trusted: boolean[] = [];
  const nodes = await PostgresNodes.start({
    ...{ schema, name: opened.node, version: '1.2.3', lane: opened.sessions.lane(1) },
    openEar: () => Connection.open(opened.listenTarget),
    onChanged: (change) => forgotten.push(change),
    onTrusted: (isTrusted) => trusted.push(isTrusted),
    onAnnounced: (queueId, at) => announced.push([queueId, at]),
    figures: () => ({ lanes: [], retries: 0, unknownOutcomes: 0 }),
    isBusy: () => false,
    onStop: () => {},
  });
  nodes.onCatalogueChanged((change) => changes.push(change));
  nodes.onWarning((warning) => warnings.push(warning));
  ends.push(async () => {
    await nodes.close();
    await opened.sessions.close();
  });
  // What a node reports at its start is of no interest here.
  await eventually(() => expect(nodes.ear === 'closed' || changes.length > 0).toBe(true));
  for (const list of [forgotten, changes, trusted]) list.length = 0;
  return { nodes, announced, forgotten, changes, warnings, trusted };
}

const both = async () => {
  const schema = newSchema();
  return [await start(schema, 'a'), await start(schema, 'b'), schema] as const;
};

/** Ends the connections on which these nodes listen. */
const endEars = (names: readonly string[]) =>
  sql(
    url!,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND query LIKE 'LISTEN%' AND application_name = ANY ($1)`,
    [names.map((name) => `squab/${name}`)],
  );

describe('A payload', () => {
  it('says what changed, and nothing else', () => {
    const words = wordsOf({ queueIds: [7, 8], created: true, topics: true, mappings: true, snapshots: true });
    expect(readPayload(payloadsOf('node-1', words)[0]!)).toEqual({
      sender: 'node-1',
      announcements: [],
      change: { queueIds: [7, 8], created: true, topics: true, mappings: true, snapshots: true, restored: false },
      nodes: false,
      echoes: [],
      questions: [],
      answers: [],
    });
    expect(readPayload('node-1 5:17 6:18 n !3 !4 ?node-1/5 =node-2/6')).toEqual({
      sender: 'node-1',
      announcements: [
        [5, 17],
        [6, 18],
      ],
      change: undefined,
      nodes: true,
      echoes: ['3', '4'],
      questions: ['node-1/5'],
      answers: ['node-2/6'],
    });
    const all = { queueIds: 'all', created: true, topics: true, mappings: true, snapshots: true } as const;
    for (const restored of [false, true]) {
      const [payload] = payloadsOf('node-1', wordsOf({ ...all, restored }));
      expect(readPayload(payload!).change).toEqual({ ...all, restored });
    }
  });

  it('of a newer node may have words that this one does not know', () => {
    expect(readPayload('node-1 future=1 t')).toMatchObject({ change: { queueIds: [], topics: true } });
    expect(readPayload('node-1 future=1').change).toBeUndefined();
  });

  it('is shorter than PostgreSQL allows, whatever there is to say', () => {
    const words = wordsOf({ queueIds: Array.from({ length: 5000 }, (_, index) => 10 ** 12 + index) });
    const payloads = payloadsOf('n'.repeat(60), words);
    expect(payloads.length).toBeGreaterThan(5);
    for (const payload of payloads) expect(payload.length).toBeLessThan(8000);
    const heard = payloads.flatMap((payload) => readPayload(payload).change!.queueIds as number[]);
    expect(heard).toEqual(Array.from({ length: 5000 }, (_, index) => 10 ** 12 + index));
  });
});

it('changes of many queues together are a change of all queues, so that a flood of them costs little', () => {
  const flood = Array.from({ length: 2000 }, (_, payload) =>
    Array.from({ length: 2600 }, (_, index) => 2600 * payload + index),
  );
  const { user: before } = process.cpuUsage();
  let change: CatalogueChange | undefined;
  for (const queueIds of flood) change = merged(change, { ...NOTHING, queueIds });
  expect(change).toEqual({ ...NOTHING, queueIds: 'all' });
  expect(process.cpuUsage().user - before).toBeLessThan(500_000);
  expect(merged({ ...NOTHING, queueIds: [7, 8] }, { ...NOTHING, queueIds: [8, 9] }).queueIds).toEqual([7, 8, 9]);
});

describe.skipIf(!url)('Nodes', () => {
  it('hear of the queues that they attend to, and of no others', async () => {
    const [a, b] = await both();
    const end = await a.nodes.attend(5);
    b.nodes.announced([[6, 1]]);
    b.nodes.announced([
      [5, 30],
      [5, 20],
    ]);
    await eventually(() => expect(a.announced).toEqual([[5, 20]]));
    // The row is kept for a while: consumers come back.
    end();
    b.nodes.announced([[5, 40]]);
    await eventually(() => expect(a.announced).toHaveLength(2));
    expect(b.announced).toEqual([]);
  });

  it('hear of thousands of queues at once', async () => {
    const [a, b] = await both();
    const ids = Array.from({ length: 3000 }, (_, index) => index + 1);
    await Promise.all(ids.map((id) => a.nodes.attend(id)));
    b.nodes.announced(ids.map((id) => [id, 1_700_000_000_000 + id]));
    const sorted = () => a.announced.filter(([, at]) => at > 0).toSorted(([x], [y]) => x - y);
    await eventually(() => expect(sorted()).toHaveLength(3000));
    expect(sorted()).toEqual(ids.map((id) => [id, 1_700_000_000_000 + id]));
  });

  it('have the polls that wait look from time to time: a node may have been killed before it could tell', async () => {
    const [a] = await both();
    const end = await a.nodes.attend(5);
    await a.nodes.attend(6).then((endOther) => endOther());
    await eventually(() => expect(a.announced).toContainEqual([5, 0]));
    expect(a.announced.map(([id]) => id)).not.toContain(6);
    end();
  });

  it('hear what the others change, at once for their copies, and together for the rest', async () => {
    const [a, b] = await both();
    for (let id = 1; id <= 50; id++) b.nodes.changed({ queueIds: [id] });
    b.nodes.changed({ topics: true });
    b.nodes.changed({ mappings: true, created: true });
    const heard = () =>
      a.changes.flatMap((one) => Object.entries(one).flatMap(([name, value]) => (value ? [name] : [])));
    await eventually(() => {
      expect(a.changes.flatMap(({ queueIds }) => [queueIds].flat())).toHaveLength(50);
      expect(new Set(heard())).toEqual(new Set(['queueIds', 'created', 'topics', 'mappings']));
    });
    // How many go together depends on how busy the machine is.
    expect(a.changes.length).toBeLessThan(20);
    expect(a.forgotten.length).toBeGreaterThan(0);
    expect(b.changes).toEqual([]);
  });

  it('have heard of a change of queues once it is answered, even if its node heard nothing at first', async () => {
    const [a, b] = await both();
    await eventually(() => expect(b.nodes.others).toHaveLength(1));
    for (let id = 1; id <= 20; id++) {
      if (id % 4 === 0) await endEars([b.nodes.name]);
      await b.nodes.changed({ queueIds: id === 7 ? 'all' : [id] });
      expect(a.forgotten.flatMap(({ queueIds }) => [queueIds].flat())).toContain(id === 7 ? 'all' : id);
      await eventually(() => expect(b.nodes.ear).toBe('open'));
    }
  });

  it('know each other', async () => {
    const [a, b] = await both();
    await eventually(() => expect(a.nodes.others).toHaveLength(1));
    expect(a.nodes.others).toEqual([{ name: b.nodes.name, version: '1.2.3', clock: 'machine' }]);
    expect(b.nodes.name).toMatch(/^b-[0-9a-f]{6}$/);
    b.nodes.setClock('virtual');
    await eventually(() => expect(a.nodes.others[0]!.clock).toBe('virtual'));
    await b.nodes.close();
    await eventually(() => expect(a.nodes.others).toEqual([]));
  });

  it('have one janitor, and another one when it stops or dies', async () => {
    const [a, b, schema] = await both();
    expect([await a.nodes.isJanitor(), await b.nodes.isJanitor(), await a.nodes.isJanitor()]).toEqual([
      true,
      false,
      true,
    ]);
    await a.nodes.close();
    expect(await b.nodes.isJanitor()).toBe(true);
    const c = await start(schema, 'c');
    expect(await c.nodes.isJanitor()).toBe(false);
    await sql(url!, `UPDATE ${schema}.leases SET held_until = clock_timestamp() - interval '1 second'`);
    expect(await c.nodes.isJanitor()).toBe(true);
    await eventually(async () => expect(await b.nodes.isJanitor()).toBe(false));
  });

  it('rely on no copies while an ear is closed, and look at everything when it is open again', async () => {
    const [a, b, schema] = await both();
    const end = await a.nodes.attend(5);
    await endEars([a.nodes.name]);
    await eventually(() => expect(a.trusted).toEqual([false, true]));
    const everything = { queueIds: 'all', created: true, topics: true, mappings: true, snapshots: true };
    await eventually(() => expect(a.changes).toMatchObject([everything]));
    expect(a.warnings).toMatchObject([expect.stringContaining('does not hear what other nodes do')]);
    // As after a crash of the database, which empties unlogged tables.
    await sql(url!, `TRUNCATE ${schema}.waiting, ${schema}.nodes, ${schema}.leases`);
    await endEars([a.nodes.name]);
    await eventually(() => expect(a.trusted).toEqual([false, true, false, true]));
    b.nodes.announced([[5, 77]]);
    await eventually(() => expect(a.announced).toContainEqual([5, 77]));
    end();
  });

  it('learn that a snapshot was restored while their ear was closed, and of no restore twice', async () => {
    const [a, b, schema] = await both();
    const restored = () => a.changes.map((change) => change.restored);
    const reopened = async () => {
      const before = a.trusted.length;
      await endEars([a.nodes.name]);
      await eventually(() => expect(a.trusted.slice(before)).toEqual([false, true]));
    };
    const restore = () => sql(url!, `UPDATE ${schema}.catalogue SET restores = restores + 1`);
    const EVERYTHING = { queueIds: 'all', created: true, topics: true, mappings: true, snapshots: true } as const;
    await restore();
    await b.nodes.changed({ ...EVERYTHING, restored: true });
    await eventually(() => expect(restored()).toEqual([true]));
    await reopened();
    await eventually(() => expect(restored()).toEqual([true, false]));
    await restore();
    await reopened();
    await eventually(() => expect(restored()).toEqual([true, false, true]));
    await restore();
    await a.nodes.changed({ ...EVERYTHING, restored: true });
    await reopened();
    await eventually(() => expect(restored()).toEqual([true, false, true, false]));
  });

  it('believe only the database that a snapshot was restored: any role of it can send a notification', async () => {
    const [a, , schema] = await both();
    const forge = () => sql(url!, 'SELECT pg_notify($1, $2)', [`squab_${schema}`, 'x * r']);
    await forge();
    await eventually(() => expect(a.changes).toMatchObject([{ queueIds: 'all', restored: false }]));
    // It does not stand for a later restore that the node does not hear of, either.
    await sql(url!, `UPDATE ${schema}.catalogue SET restores = restores + 1`);
    await endEars([a.nodes.name]);
    await eventually(() => expect(a.changes.map(({ restored }) => restored)).toEqual([false, true]));
  });

  it('notice that LISTEN is accepted but nothing arrives, as behind some poolers, and look once a second', async () => {
    // Notifications are heard within one database only.
    const a = await start(newSchema(), 'a', await serverUrl());
    expect(a.nodes.ear).toBe('closed');
    expect(a.warnings).toMatchObject([expect.stringMatching(/no notification arrives.*--database-listen/)]);
    const end = await a.nodes.attend(5);
    await eventually(() => expect(a.announced.length).toBeGreaterThanOrEqual(2));
    end();
    // Whatever others may have changed is looked at every few seconds.
    await eventually(() => expect(a.changes).toMatchObject([{ queueIds: 'all', topics: true, mappings: true }]));
  }, 30_000);
});

it.skipIf(!url)('a node keeps no copy of a queue that another node has changed or deleted', async () => {
  const schema = newSchema();
  const database = await openDatabase({ url: url!, schema, node: 'a' });
  const { sessions } = database;
  const lane = sessions.lane(1);
  const queues = new QueueTable(lane);
  const lanes = { send: lane, receive: lane, settle: lane, serial: lane, other: lane };
  const neighbours = await joining(database, '1.2.3')({ sessions, lanes, queues, outbox: new Outbox() });
  ends.push(async () => {
    await neighbours.close();
    await sessions.close();
  });
  const { nodes } = await start(schema, 'b');
  const key = { account: '000000000000', region: 'eu-west-1', name: 'q' };
  const settings = { fifo: false, retentionMs: 60_000, attributes: new Map(), tags: new Map() };
  const { state } = await lane.run((session) => session.transaction((tx) => queues.create(tx, key, settings, 0)));
  const { id } = queues.keep(state).queue;
  await nodes.changed({ queueIds: [id] });
  await eventually(() => expect(queues.cached(id)).toBeUndefined());
});
