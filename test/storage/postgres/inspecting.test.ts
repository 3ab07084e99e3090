/** Inspections of a database that others use at the same time, and who hears of interventions. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/storage/engine.ts';
import { openEngine } from '../../../src/storage/open-engine.ts';
import { checkDatabase } from '../../../src/storage/postgres/checking/check-database.ts';
import { Connection } from '../../../src/storage/postgres/connection.ts';
import { targetOf } from '../../../src/storage/postgres/opening/target.ts';
import type { Message } from '../../../src/storage/store.ts';
import { database, newSchema, sql } from '../../postgres.ts';
import { HOUR, key, MINUTE, message, request, SECOND, settings, T0 } from '../subject.ts';

const url = await database();

describe.skipIf(url === undefined)('in a database', () => {
  let schema: string;
  let store: Engine;
  let id: number;
  beforeEach(async () => {
    schema = newSchema();
    store = await openEngine({ database: url!, databaseSchema: schema, durability: 'process' });
    id = (await store.createQueue(key('q'), settings(), T0)).queue.id;
  });
  afterEach(() => store.close());

  it('inspections and checks wait while a restored snapshot replaces the tables, and then see them', async () => {
    await store.send(id, [message('hello')], T0);
    await store.inspection.peek(id, { limit: 5 }, T0);
    const restore = await Connection.open(targetOf({ url: url!, schema }));
    await restore.script('BEGIN; LOCK TABLE squab.queues, squab.messages, squab.contents IN ACCESS EXCLUSIVE MODE');
    const looks = [store.inspection.peek(id, { limit: 5 }, T0), checkDatabase({ url: url!, schema })] as const;
    const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    await expect.poll(async () => (await sql(url!, waiting)).length).toBe(2);
    const tables = ['queues', 'messages', 'contents'];
    for (const table of tables) await restore.script(`CREATE TEMP TABLE ${table}_copy AS SELECT * FROM squab.${table}`);
    await restore.script('TRUNCATE squab.queues, squab.messages, squab.contents, squab.move_tasks');
    for (const table of tables) await restore.script(`INSERT INTO squab.${table} SELECT * FROM ${table}_copy`);
    await restore.command('COMMIT');
    await restore.close();
    const [page, checked] = await Promise.all(looks);
    expect(page!.messages).toMatchObject([{ body: 'hello' }]);
    expect(checked).toMatchObject({ queues: 1, messages: 1, problems: [] });
  });

  it('lists and removals of all queues leave out policies and tags, of which there may be more than memory', async () => {
    const names = Array.from({ length: 300 }, (_, index) => `other-${index}`);
    const [policy, redrive] = ['{"Statement":[]}', '{"deadLetterTargetArn":"a","maxReceiveCount":3}'];
    const attributes = new Map(Object.entries({ Policy: policy, RedrivePolicy: redrive }));
    const more = settings({ attributes, tags: new Map([['team', 'red']]) });
    for (const name of names) await store.createQueue(key(name), more, T0);
    const [first, ...others] = await store.inspection.queues();
    expect(first).toMatchObject({ name: 'q', id });
    expect(others.map(({ name }) => name)).toEqual(names);
    expect(others[0]).toMatchObject({ fifo: false, retentionMs: HOUR, createdAt: T0 });
    expect(others[299]!.attributes).toEqual(new Map([['RedrivePolicy', redrive]]));
    expect(others[299]!.tags).toEqual(new Map());
    expect(await store.findQueue(key('other-0'))).toMatchObject(more);
    const removed = await store.states.removeQueues({ prefix: 'other-' });
    expect(removed.map(({ name }) => name)).toEqual(names);
    expect(removed[0]).toMatchObject({ attributes: new Map(), tags: new Map() });
  });

  it.each([
    ['standard', {}],
    ['FIFO', { fifo: true }],
  ])(
    'a queue (%s) that was full announces room once a message in flight is dead-lettered or expires',
    async (_, kind) => {
      const name = 'fifo' in kind ? '.fifo' : '';
      const [full, target] = [`full${name}`, `target${name}`];
      const [{ queue }, { queue: dead }] = [
        await store.createQueue(key(full), settings({ ...kind, retentionMs: MINUTE }), T0),
        await store.createQueue(key(target), settings(kind), T0),
      ];
      for (const body of ['a', 'b', 'c'])
        await store.send(queue.id, [message(body, name ? { groupId: body } : {})], T0);
      const inFlightLimit = 2;
      const receive = (now: number) =>
        store.receive(queue.id, request({ max: 2, inFlightLimit, visibilityMs: HOUR }), now);
      const [first] = (await receive(T0)) as Message[];
      expect(await receive(T0)).toBe('over-limit');
      const announced: number[] = [];
      store.onAnnounce((queueId) => announced.push(queueId));
      const redrive = { targetId: dead.id, maxReceiveCount: 1, sourceArn: 'arn:source' };
      expect(await store.inspection.deadLetter(queue.id, first!.receipt.key, redrive, T0)).toBe(true);
      expect(announced).toContain(queue.id);
      expect(await receive(T0)).toHaveLength(1);
      await store.send(queue.id, [message('d', name ? { groupId: 'd' } : {})], T0 + SECOND);
      expect(await receive(T0 + SECOND)).toBe('over-limit');
      announced.length = 0;
      await store.expire(T0 + MINUTE, 100);
      expect(announced).toContain(queue.id);
      expect(await receive(T0 + MINUTE)).toMatchObject([{ body: 'd' }]);
    },
  );
});
