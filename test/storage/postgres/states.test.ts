/** Snapshots in a database: which receipts they make void, who may take them, and how long they stay. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/storage/engine.ts';
import { openEngine } from '../../../src/storage/open-engine.ts';
import { checkDatabase } from '../../../src/storage/postgres/checking/check-database.ts';
import { Connection } from '../../../src/storage/postgres/connection.ts';
import { TABLES } from '../../../src/storage/postgres/copies/snapshot-tables.ts';
import { targetOf } from '../../../src/storage/postgres/opening/target.ts';
import { SnapshotRefused } from '../../../src/storage/states.ts';
import type { Message } from '../../../src/storage/store.ts';
import { eventually } from '../../eventually.ts';
import { database, newSchema, sql } from '../../postgres.ts';
import { HOUR, key, message, numbered, request, settings, T0 } from '../subject.ts';

const url = await database();

describe.skipIf(!url)('snapshots in a database', () => {
  let schema: string;
  let store: Engine;
  const opened: Engine[] = [];
  const open = async (given = url!, databaseMigrate: 'yes' | 'no' = 'yes') => {
    const engine = await openEngine({ database: given, databaseSchema: schema, databaseMigrate });
    opened.push(engine);
    return engine;
  };
  beforeEach(async () => {
    schema = newSchema();
    store = await open();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((engine) => engine.close()));
  });
  const queue = async (name = 'q') => (await store.createQueue(key(name), settings(), T0)).queue.id;
  const tables = async () => {
    const rows = await sql<{ name: string }>(
      url!,
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = $1`,
      [`${schema}_snapshots`],
    );
    return rows.map(({ name }) => name);
  };

  it('have every column of the tables that they copy', async () => {
    for (const table of TABLES) {
      const columns = await sql<{ name: string; type: string }>(
        url!,
        `SELECT column_name AS name, data_type AS type FROM information_schema.columns
         WHERE table_schema = $1 AND table_name = $2 AND column_name NOT LIKE 'runner%'`,
        [schema, table.name],
      );
      expect(Object.fromEntries(columns.map(({ name, type }) => [name, type]))).toEqual(table.columns);
    }
  });

  it.each(['queues', 'messages'])('begin once transactions that have locked %s have ended', async (table) => {
    const id = await queue();
    await store.send(id, [message('m')], T0);
    // As a receive that has read the era, and is going to take what it has locked.
    const receiving = await Connection.open(targetOf({ url: url!, schema }));
    await receiving.command('BEGIN');
    await receiving.script(`SELECT FROM squab.${table} FOR NO KEY UPDATE`);
    const taken = store.states.takeSnapshot('s', T0);
    const waiting = () =>
      sql(url!, `SELECT FROM pg_locks WHERE NOT granted AND relation = '${schema}.${table}'::regclass`);
    await eventually(async () => expect(await waiting()).toHaveLength(1));
    await receiving.script('UPDATE squab.messages SET receives = 1, first_received_at = sent_at');
    await receiving.command('COMMIT');
    await receiving.close();
    await taken;
    await store.states.restoreSnapshot('s', T0);
    expect(await store.receive(id, request(), T0)).toMatchObject([{ receiveCount: 2 }]);
  });

  it('keep nobody from writing while they count and copy messages', async () => {
    const id = await queue();
    await store.send(id, [message('before')], T0);
    // Counting waits for the contents, as it takes its time if there are many.
    const slow = await Connection.open(targetOf({ url: url!, schema }));
    await slow.command('BEGIN');
    await slow.script('LOCK TABLE squab.contents IN ACCESS EXCLUSIVE MODE');
    const taken = store.states.takeSnapshot('s', T0);
    const locks = (condition: string) =>
      sql(
        url!,
        `SELECT FROM pg_locks WHERE relation IN ('${schema}.contents'::regclass, '${schema}.messages'::regclass)
         AND ${condition}`,
      );
    await eventually(async () => expect(await locks('NOT granted')).toHaveLength(1));
    const blocking = await locks(`granted AND mode IN ('ShareLock', 'ExclusiveLock')`);
    await slow.command('COMMIT');
    await slow.close();
    expect(blocking).toEqual([]);
    expect(await taken).toMatchObject({ messages: 1 });
  });

  it('know exactly which receipts are older, while another node receives', async () => {
    const id = await queue();
    const count = 300;
    await store.send(
      id,
      numbered(count).map((body) => message(body)),
      T0,
    );
    const other = await open();
    const received: Message[] = [];
    let isDone = false;
    const receiving = (async () => {
      while (!isDone) received.push(...((await other.receive(id, request({ max: 1 }), T0)) as Message[]));
    })();
    while (received.length < 10) await store.counts(id, T0);
    await store.states.takeSnapshot('s', T0);
    while (received.length < 30) await store.counts(id, T0);
    isDone = true;
    await receiving;
    const restored = await store.states.restoreSnapshot('s', T0);
    expect(restored).toMatchObject({ messages: count });
    const { inFlight, visible } = (await store.counts(id, T0))!;
    expect(inFlight + visible).toBe(count);
    const outcomes = await other.delete(
      id,
      received.map(({ receipt }) => receipt),
      T0,
    );
    expect(outcomes!.filter((outcome) => outcome === 'deleted')).toHaveLength(inFlight);
    expect(new Set(outcomes)).toEqual(new Set(['deleted', 'stale']));
    // Once the messages have been received again, their earlier receipts have the same number.
    const again: Message[] = [];
    while (again.length < visible) again.push(...((await store.receive(id, request(), T0)) as Message[]));
    const stale = received.filter((_, index) => outcomes![index] === 'stale').map(({ receipt }) => receipt);
    expect(new Set(await other.delete(id, stale, T0))).toEqual(new Set(['stale']));
    expect(await store.counts(id, T0)).toEqual({ visible: 0, inFlight: visible, delayed: 0 });
  });

  it('begin again if it is unknown whether their era began when they saw the data', async () => {
    const id = await queue();
    await store.send(id, [message('hello')], T0);
    const other = await open();
    const locker = await Connection.open(targetOf({ url: url!, schema }));
    await locker.command('BEGIN');
    // The copying transaction has its view of the data by the time that it waits for this table.
    await locker.script('LOCK TABLE squab.steps IN ACCESS EXCLUSIVE MODE');
    const taken = store.states.takeSnapshot('s', T0);
    const holding = (table: string, condition: string) =>
      sql<{ pid: number }>(
        url!,
        `SELECT pid FROM pg_locks WHERE relation = '${schema}.${table}'::regclass AND ${condition}`,
      );
    await eventually(async () => expect(await holding('steps', 'NOT granted')).toHaveLength(1));
    const [era] = await holding('messages', `granted AND mode = 'ExclusiveLock'`);
    await sql(url!, 'SELECT pg_terminate_backend($1, 1000)', [era!.pid]);
    // A receive that the snapshot does not know of, in an era that is older than the one that is begun next.
    const [received] = (await other.receive(id, request(), T0)) as Message[];
    await locker.command('COMMIT');
    await locker.close();
    await taken;
    const later = (await other.receive(id, request(), T0 + HOUR / 2)) as Message[];
    expect(later).toHaveLength(1);
    await store.states.restoreSnapshot('s', T0);
    const receipts = [received!.receipt, later[0]!.receipt];
    const restored = await other.receive(id, request(), T0 + HOUR / 2);
    expect(restored).toHaveLength(1);
    // The snapshot has the first receive, so that the receipt of the second one is that of the restored message's.
    expect(await other.delete(id, receipts, T0 + HOUR / 2)).toEqual(['stale', 'stale']);
  });

  it('are taken and restored while two nodes work, and leave sound data', async () => {
    const other = await open();
    const ids = [await queue(), (await store.createQueue(key('q.fifo'), settings({ fifo: true }), T0)).queue.id];
    const { topic } = await store.topics.createTopic(
      key('t'),
      { fifo: false, attributes: new Map(), tags: new Map() },
      T0,
    );
    let isDone = false;
    let sent = 0;
    const work = async (engine: Engine, id: number) => {
      while (!isDone) {
        const content = message(`body ${sent++}`, { groupId: id === ids[1] ? `g${sent % 3}` : undefined });
        const deliveries = () => ids.map((queueId) => ({ queueId, message: { ...content, groupId: 'g' } }));
        await engine.send(id, [content], T0);
        const received = (await engine.receive(id, request({ max: 3 }), T0)) as Message[];
        await engine.delete(
          id,
          received.slice(1).map(({ receipt }) => receipt),
          T0,
        );
        await engine.topics.publish(topic.id, [{ messageId: content.messageId, deliveries }], T0);
      }
    };
    const working = [store, other].flatMap((engine) => ids.map((id) => work(engine, id)));
    for (let round = 0; round < 4; round++) {
      const node = round % 2 ? store : other;
      expect(await node.states.takeSnapshot('s', T0)).toMatchObject({ queues: 2, topics: 1 });
      while (sent % 50 !== 0) await store.counts(ids[0]!, T0);
      expect(await node.states.restoreSnapshot('s', T0)).toBeDefined();
    }
    isDone = true;
    await Promise.all(working);
    expect((await checkDatabase({ url: url!, schema })).problems).toEqual([]);
  });

  it('outlive the node that took them', async () => {
    const id = await queue();
    await store.send(id, [message('hello')], T0);
    const info = await store.states.takeSnapshot('s', T0);
    await store.purge(id);
    await opened.pop()!.close();
    store = await open();
    expect(store.states.snapshots()).toEqual([info]);
    expect(await store.states.restoreSnapshot('s', T0)).toEqual(info);
    expect(await store.counts(id, T0)).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
  });

  it('leave no tables behind once they are removed, or were lost in a crash of the database', async () => {
    await queue();
    await store.states.takeSnapshot('lost', T0);
    await sql(url!, `DELETE FROM ${schema}_snapshots.list`);
    await store.states.takeSnapshot('s', T0);
    expect(store.states.snapshots().map(({ name }) => name)).toEqual(['s']);
    expect((await tables()).filter((name) => name.startsWith('queues_'))).toHaveLength(1);
    expect(await store.states.removeSnapshot('s')).toBe(true);
    expect(await tables()).toEqual(['list']);
  });

  it('are refused to a role that may not create schemas, which can do everything else', async () => {
    const role = `limited_${schema}`;
    await sql(
      url!,
      `CREATE ROLE ${role} LOGIN; GRANT USAGE ON SCHEMA ${schema} TO ${role};
       GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${role};
       GRANT USAGE ON ALL SEQUENCES IN SCHEMA ${schema} TO ${role};`,
    );
    const limited = new URL(url!);
    limited.username = role;
    try {
      const node = await open(limited.href, 'no');
      const taking = node.states.takeSnapshot('s', T0);
      await expect(taking).rejects.toThrow(SnapshotRefused);
      await expect(taking).rejects.toThrow(
        /may not take or restore snapshots: permission denied.*GRANT CREATE ON DATABASE/,
      );
      expect(node.states.snapshots()).toEqual([]);
      expect(await node.states.restoreSnapshot('s', T0)).toBeUndefined();
      const { queue: made } = await node.createQueue(key('q'), settings(), T0);
      await node.send(made.id, [message('hello')], T0);
      await store.states.takeSnapshot('s', T0);
      await expect(node.states.takeSnapshot('t', T0)).rejects.toThrow(SnapshotRefused);
      expect((await open(limited.href, 'no')).states.snapshots()).toEqual([]);
      for (const engine of opened.splice(-2)) await engine.close();
    } finally {
      await sql(url!, `DROP OWNED BY ${role}; DROP ROLE ${role};`);
    }
  });
});
