/** Moving the data of a folder into a database. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DATA_TABLES } from '../../../src/storage/data-tables.ts';
import type { Engine } from '../../../src/storage/engine.ts';
import { openEngine } from '../../../src/storage/open-engine.ts';
import { checkDatabase } from '../../../src/storage/postgres/checking/check-database.ts';
import { moveIn } from '../../../src/storage/postgres/copies/moving-in.ts';
import { openDatabase } from '../../../src/storage/postgres/open.ts';
import { readTables } from '../../../src/storage/sqlite/offline/read-tables.ts';
import { SqliteStore } from '../../../src/storage/sqlite/sqlite-store.ts';
import type { Message } from '../../../src/storage/store.ts';
import { database, newSchema, sql } from '../../postgres.ts';
import { key, message, numbered, request, SECOND, settings, T0 } from '../subject.ts';

const url = await database();

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'squab-moving-in-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Moves the folder to a new schema, whose name it returns. */
async function moved(schema = newSchema()): Promise<{ schema: string; progress: [number, number][] }> {
  const progress: [number, number][] = [];
  const { sessions } = await openDatabase({ url: url!, schema });
  const note = (done: number, all: number) => progress.push([done, all]);
  try {
    await readTables(folder, (data) => moveIn(sessions.lane(1), 'the database', data, note));
  } finally {
    await sessions.close();
  }
  return { schema, progress };
}

describe.skipIf(!url)('moving a folder into a database', () => {
  it('knows the columns of all tables', async () => {
    const schema = newSchema();
    await (await openDatabase({ url: url!, schema })).sessions.close();
    const columns = await sql<{ table: string; column: string; type: string }>(
      url!,
      `SELECT table_name AS table, column_name AS column, data_type AS type FROM information_schema.columns
       WHERE table_schema = $1`,
      [schema],
    );
    for (const table of DATA_TABLES) {
      const found = columns.filter((column) => column.table === table.name && !/^runner/.test(column.column));
      expect(Object.fromEntries(found.map(({ column, type }) => [column, type]))).toEqual(table.columns);
    }
    const others = new Set(columns.map((column) => column.table));
    for (const { name } of DATA_TABLES) others.delete(name);
    const own = [
      'abandoned',
      'catalogue',
      'counts',
      'hidden',
      'leases',
      'nodes',
      'receipt_secret',
      'steps',
      'texts',
      'topic_changes',
    ];
    expect([...others].sort()).toEqual([...own, 'waiting'].sort());
  });

  it('moves everything, with what only this engine counts', async () => {
    const store = new SqliteStore(folder);
    const create = async (name: string, fifo = false) =>
      (await store.createQueue(key(name), settings({ fifo }), T0)).queue.id;
    const [standard, fifo] = [await create('orders'), await create('orders.fifo', true)];
    await store.send(
      standard,
      [...numbered(3), 'ä'].map((body) => message(body)),
      T0,
    );
    await store.send(standard, [message('late', { delayMs: 9 * SECOND })], T0);
    await store.receive(standard, request({ max: 2 }), T0);
    const deduplication = { key: 'once', windowMs: 300 * SECOND };
    await store.send(fifo, [message('f', { groupId: 'g', deduplication })], T0);
    await store.startMoveTask({ taskId: 'task', sourceId: standard }, { active: 9, kept: 9 }, T0);
    await store.topics.keep('text', 'kept');
    await store.states.takeSnapshot('s', T0);
    await store.states.restoreSnapshot('s', T0);
    await store.purge(await create('purged'));
    const { receiptSecret } = store;
    await store.close();

    const { schema, progress } = await moved();
    expect(progress.at(-1)).toEqual([progress.at(-1)![1], progress.at(-1)![1]]);
    const rows = (table: string, columns: string) =>
      sql<Record<string, unknown>>(url!, `SELECT ${columns} FROM ${schema}.${table} ORDER BY 1`);
    expect(await rows('queues', 'name, fifo, serial')).toEqual([
      { name: 'orders', fifo: false, serial: false },
      { name: 'orders.fifo', fifo: true, serial: true },
      { name: 'purged', fifo: false, serial: false },
    ]);
    const bodies = await rows('contents', 'key, body');
    expect(bodies.map(({ body }) => body)).toEqual([...numbered(3), 'ä', 'late', 'f']);
    expect(await rows('counts', 'messages::int')).toEqual([{ messages: 1 }, { messages: 5 }]);
    const hidden = await rows('hidden', 'second::int AS at, in_flight::int, delayed::int');
    const second = T0 / SECOND;
    expect(hidden).toEqual([
      { at: second + 9, in_flight: 0, delayed: 1 },
      { at: second + 30, in_flight: 2, delayed: 0 },
    ]);
    expect(await rows('deduplications', 'deduplication_key AS key')).toEqual([{ key: 'once' }]);
    expect(await rows('move_tasks', 'task_id, status')).toEqual([{ task_id: 'task', status: 'RUNNING' }]);
    expect(await rows('texts', 'name, text')).toEqual([{ name: 'text', text: 'kept' }]);
    const [secret] = await rows('receipt_secret', 'key');
    expect(secret!.key).toEqual(Buffer.from(receiptSecret.key));
    expect(await rows('void_eras', 'to_era > from_era AS void')).toEqual([{ void: false }, { void: true }]);
    const [{ newest }, { next }] = [
      (await rows('contents', 'max(key)::int AS newest'))[0] as { newest: number },
      (await sql<{ next: number }>(url!, `SELECT nextval('${schema}.numbers')::int AS next`))[0]!,
    ];
    expect(next).toBeGreaterThan(newest);
  });

  it('carries on where the folder ended', async () => {
    const fill = async (store: Engine) => {
      const create = async (name: string, fifo = false) =>
        (await store.createQueue(key(name), settings({ fifo }), T0)).queue.id;
      const ids = [
        await create('standard'),
        await create('fifo.fifo', true),
        await create('fair'),
        await create('dlq'),
      ];
      for (const [index, id] of ids.slice(0, 3).entries()) {
        const groups = index === 0 ? [undefined] : ['a', 'b', 'c'];
        for (const [place, body] of numbered(30).entries()) {
          const groupId = groups[place % groups.length];
          const deduplication = { key: body, windowMs: 300 * SECOND };
          const more = index === 1 ? { groupId, deduplication, deduplicationId: body } : { groupId };
          const content = message(body, { ...more, delayMs: index !== 1 && place % 7 === 0 ? 40 * SECOND : 0 });
          await store.send(id, [content], T0 + place);
        }
      }
      const redrive = { targetId: ids[3]!, maxReceiveCount: 1, sourceArn: 'arn' };
      await store.receive(ids[0]!, request({ max: 3, visibilityMs: 0 }), T0 + SECOND);
      await store.receive(ids[0]!, request({ max: 2, redrive }), T0 + SECOND);
      const kept = [];
      for (const id of ids.slice(0, 3)) {
        const messages = (await store.receive(id, request({ max: 4 }), T0 + SECOND)) as Message[];
        kept.push(...messages.map(({ receipt }) => ({ id, receipt })));
      }
      return { ids, kept };
    };
    const store = new SqliteStore(folder);
    const { ids, kept } = await fill(store);
    const look = async (engine: Engine) => {
      const found: unknown[] = [];
      for (const id of ids) {
        found.push(await engine.findQueue((await engine.inspection.queues()).find((queue) => queue.id === id)!));
        found.push(await engine.counts(id, T0 + SECOND), await engine.nextVisibleAt(id, 1000, T0 + SECOND));
        for (const state of [undefined, 'visible', 'in-flight', 'delayed', 'blocked'] as const) {
          found.push((await engine.inspection.peek(id, { state, limit: 100 }, T0 + SECOND))!.messages);
        }
        found.push(await engine.inspection.remembered(id, 'body 3', T0 + SECOND));
      }
      return found;
    };
    const play = async (engine: Engine) => {
      const done: unknown[] = [];
      for (const { id, receipt } of kept.filter((_, index) => index % 2 === 0)) {
        done.push(await engine.delete(id, [receipt], T0 + 2 * SECOND));
      }
      const once = { key: 'body 5', windowMs: 300 * SECOND };
      const again = { ...message('body 5', { messageId: 'again', groupId: 'a', deduplication: once }) };
      done.push(await engine.send(ids[1]!, [again], T0 + 2 * SECOND));
      for (let now = T0 + 2 * SECOND; now < T0 + 90 * SECOND; now += 20 * SECOND) {
        for (const id of ids) {
          const messages = (await engine.receive(id, request({ max: 7 }), now)) as Message[];
          done.push(messages.map(({ receipt, ...rest }) => ({ ...rest, receive: receipt.receive, key: receipt.key })));
          for (const { receipt } of messages) if (receipt.key % 2) await engine.delete(id, [receipt], now);
        }
      }
      return done;
    };
    const before = await look(store);
    await store.close();
    const { schema } = await moved();
    expect((await checkDatabase({ url: url!, schema })).problems).toEqual([]);
    const target = await openEngine({ database: url!, databaseSchema: schema });
    expect(await look(target)).toEqual(before);
    const source = new SqliteStore(folder);
    expect(await play(target)).toEqual(await play(source));
    expect(target.receiptSecret.key).toEqual(Buffer.from(source.receiptSecret.key));
    await Promise.all([source.close(), target.close()]);
  });

  it('refuses a database that has data, or on which a Squab runs', async () => {
    const store = new SqliteStore(folder);
    await store.createQueue(key('orders'), settings(), T0);
    await store.close();
    const { schema } = await moved();
    await expect(moved(schema)).rejects.toThrow('There is data in the database: 1 queues');
    const other = newSchema();
    await (await openDatabase({ url: url!, schema: other })).sessions.close();
    await sql(url!, `INSERT INTO ${other}.nodes VALUES ('alive', now() + interval '1 minute', '0.1.0', 'machine')`);
    await expect(moved(other)).rejects.toThrow('Squab is running on the database (alive). Stop it');
    expect(await sql(url!, `SELECT FROM ${other}.queues`)).toEqual([]);
  });
});
