/** How the PostgreSQL engine frees expired messages and abandoned generations, with several nodes. */

import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/storage/engine.ts';
import { openPostgres } from '../../../src/storage/postgres/open-postgres.ts';
import { database, newSchema, sql } from '../../postgres.ts';
import { HOUR, key, MINUTE, message, NO_LIMIT, numbered, request, SECOND, settings, T0 } from '../subject.ts';

const url = await database();

describe.runIf(url)('on PostgreSQL', () => {
  let nodes: Engine[] = [];
  let schema: string;
  const [one, two] = [() => nodes[0]!, () => nodes[1]!];

  beforeAll(async () => {
    schema = newSchema();
    const open = () => openPostgres({ url: url!, schema, durability: 'process' }, '0.0.0');
    nodes = [await open(), await open()];
    return () => Promise.all(nodes.map((node) => node.close())).then(() => {});
  });

  const queue = async (name: string, retentionMs = MINUTE) =>
    (await one().createQueue(key(name), settings({ retentionMs }), T0)).queue.id;
  const send = (node: Engine, id: number, count: number, groupId?: string) =>
    node.send(
      id,
      numbered(count).map((body) => message(body, { groupId })),
      T0,
    );
  const rows = async (table: string, generation: number) => {
    const found = await sql<{ count: string }>(
      url!,
      `SELECT count(*) FROM ${schema}.${table} WHERE generation = ${generation}`,
    );
    return Number(found[0]!.count);
  };
  const generationOf = async (id: number) => {
    const [row] = await sql<{ generation: string }>(url!, `SELECT generation FROM ${schema}.queues WHERE id = ${id}`);
    return Number(row!.generation);
  };

  it('two nodes that free at the same time free each message once', async () => {
    const id = await queue('both');
    await send(one(), id, 1500);
    await one().receive(id, request({ visibilityMs: HOUR }), T0);
    const freed = await Promise.all(nodes.map((node) => node.expire(T0 + MINUTE, 10_000)));
    expect(freed[0]!.freed + freed[1]!.freed).toBe(1500);
    expect(await two().counts(id, T0 + MINUTE)).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
    // Nor do the counts of another time have any share of them.
    expect(await two().counts(id, T0)).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  it('a node frees the messages of a queue that has become a queue with tenants on another node', async () => {
    const id = await queue('tenants');
    await send(one(), id, 3);
    await send(two(), id, 3, 'tenant');
    expect(await one().expire(T0 + MINUTE, 100)).toEqual({ freed: 6, nextAt: undefined });
    const generation = await generationOf(id);
    expect([await rows('messages', generation), await rows('groups', generation)]).toEqual([0, 0]);
  });

  it('counts are exact while another node receives, deletes and frees', async () => {
    const id = await queue('busy', HOUR);
    await send(one(), id, 400);
    await one().changeQueue(id, { retentionMs: MINUTE }, T0);
    const busy = async () => {
      for (let round = 0; round < 10; round++) {
        const received = await two().receive(id, request({ visibilityMs: 10 * SECOND }), T0 + MINUTE - 1);
        if (!Array.isArray(received)) continue;
        const receipts = received.slice(5).map(({ receipt }) => receipt);
        await two().delete(id, receipts, T0 + MINUTE - 1);
        await two().expire(T0 + MINUTE, 20);
      }
    };
    const look = async () => {
      for (let round = 0; round < 10; round++) {
        expect(await one().counts(id, T0 + MINUTE)).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
      }
    };
    await Promise.all([busy(), look()]);
    expect(await one().nextVisibleAt(id, NO_LIMIT, T0 + MINUTE)).toBeUndefined();
  });

  it('an abandoned generation is kept for a minute after it is empty, and then nothing of it is left', async () => {
    const id = await queue('purged');
    await send(one(), id, 20);
    await one().receive(id, request(), T0);
    const generation = await generationOf(id);
    await two().purge(id);
    await one().expire(T0, 100);
    expect([await rows('messages', generation), await rows('contents', generation)]).toEqual([0, 0]);
    // A send that began before the purge commits only now.
    await sql(
      url!,
      `INSERT INTO ${schema}.contents (key, generation, sent_at, message_id, body, body_md5, sender_id)
       VALUES (nextval('${schema}.numbers'), ${generation}, ${T0}, '', '', '', '')`,
    );
    const pass = () =>
      sql(
        url!,
        `UPDATE ${schema}.abandoned SET empty_at = empty_at - interval '61 s' WHERE generation = ${generation}`,
      );
    await pass();
    expect(await two().expire(T0, 100)).toMatchObject({ freed: 1 });
    expect(await rows('abandoned', generation)).toBe(1);
    await pass();
    await two().expire(T0, 100);
    for (const table of ['abandoned', 'contents', 'counts', 'hidden']) expect(await rows(table, generation)).toBe(0);
  });
});
