/** A new delay of a deep FIFO queue: it applies to all messages, in transactions of a limited size. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Engine } from '../../../src/storage/engine.ts';
import { openEngine } from '../../../src/storage/open-engine.ts';
import { checkDatabase } from '../../../src/storage/postgres/checking/check-database.ts';
import { Serial } from '../../../src/storage/postgres/serial.ts';
import type { Message } from '../../../src/storage/store.ts';
import { database, newSchema, sql } from '../../postgres.ts';
import { key, MINUTE, message, numbered, request, SECOND, settings, T0 } from '../subject.ts';

const url = await database();

describe.skipIf(url === undefined)('a new delay of a FIFO queue with thousands of messages', () => {
  let schema: string;
  let store: Engine;
  let id: number;
  const COUNT = 2500;

  beforeEach(async () => {
    schema = newSchema();
    store = await openEngine({ database: url!, databaseSchema: schema, durability: 'process' });
    id = (await store.createQueue(key('q.fifo'), settings({ fifo: true }), T0)).queue.id;
    const messages = numbered(COUNT).map((body, index) => message(body, { groupId: `g${index % 700}` }));
    await store.send(id, messages, T0);
  });
  afterEach(() => store.close());

  const change = { delayMs: MINUTE, attributes: new Map([['DelaySeconds', '60']]) };

  it('applies to all that have never been received, in several transactions', async () => {
    const received = (await store.receive(id, request({ max: 3, visibilityMs: 5 * SECOND }), T0)) as Message[];
    const transactions = vi.spyOn(Serial.prototype, 'run');
    const changed = await store.changeQueue(id, change, T0 + SECOND);
    expect(changed).toMatchObject({ attributes: change.attributes });
    expect(transactions).toHaveBeenCalledTimes(3);
    transactions.mockRestore();
    expect(await store.counts(id, T0 + SECOND)).toEqual({ visible: 0, inFlight: 3, delayed: COUNT - 3 });
    expect((await checkDatabase({ url: url!, schema })).problems).toEqual([]);
    expect(await store.receive(id, request(), T0 + 5 * SECOND)).toHaveLength(received.length);
    expect(await store.receive(id, request({ max: 10 }), T0 + MINUTE)).toHaveLength(10);
  });

  it('that fails midway is completed by repeating it', async () => {
    const transactions = `SELECT count(DISTINCT xmin::text)::int AS count FROM ${schema}.messages`;
    const [before] = await sql<{ count: number }>(url!, transactions);
    await sql(
      url!,
      `CREATE FUNCTION ${schema}.fail() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '53100'; END $$;
       CREATE TRIGGER fail BEFORE UPDATE ON ${schema}.queues FOR EACH ROW EXECUTE FUNCTION ${schema}.fail()`,
    );
    await expect(store.changeQueue(id, change, T0)).rejects.toMatchObject({ name: 'StoreUnavailable' });
    const [after] = await sql<{ count: number }>(url!, transactions);
    expect(after!.count).toBeGreaterThan(before!.count);
    expect((await store.findQueue(key('q.fifo')))!.attributes.size).toBe(0);
    await sql(url!, `DROP TRIGGER fail ON ${schema}.queues`);
    await store.changeQueue(id, change, T0);
    expect(await store.counts(id, T0)).toEqual({ visible: 0, inFlight: 0, delayed: COUNT });
  });

  it('changes nothing if the queue is not as expected', async () => {
    const expected = new Map([['DelaySeconds', '7']]);
    expect(await store.changeQueue(id, { ...change, expected }, T0)).toBe('outdated');
    expect(await store.counts(id, T0)).toEqual({ visible: COUNT, inFlight: 0, delayed: 0 });
  });
});
