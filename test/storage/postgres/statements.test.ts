/**
 * Statements are planned once, when tables may be empty, and keep that plan. So it has to be the right one for full
 * tables too: no statement may read a table or an index from end to end.
 */

import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Connection } from '../../../src/storage/postgres/connection.ts';
import { openPostgres } from '../../../src/storage/postgres/open-postgres.ts';
import { database, newSchema } from '../../postgres.ts';
import { HOUR, key, request, SECOND, subjectOf, T0 } from '../subject.ts';
import { publication, subscription, topicSettings } from '../topic-subject.ts';
import { Walk } from '../walk.ts';
import { fill } from './filled.ts';
import { type Carried, faultsOf, Planner } from './plans.ts';

const url = await database();

/** Statements that read as much as they say: all of something, or a portion of it. */
const WIDE: readonly [part: RegExp, why: string][] = [
  [/SELECT count\(\*\) AS (messages FROM squab\.contents|topics)/, 'a snapshot counts what it copies'],
  [/FROM pg_catalog\./, 'the tables of the server itself'],
  [/AS portion$/, 'a search looks at a portion of the messages'],
  [/^SELECT m\.\* FROM \(\s+SELECT key FROM squab\.contents/, 'a page of an inspection looks at up to 1,000 messages'],
  [/^SELECT g\.number AS group_number, front\.read/, 'as above, and at the first messages of their groups'],
];

/** How many pages of 8 KiB a statement may read in a queue of 100,000 messages, which has several thousand. */
const PAGES_MAX = 400;

describe.runIf(url)('the statements of the PostgreSQL engine', () => {
  /** What the engine has carried out, by the names of the statements. */
  const carried = new Map<string, Carried>();
  let schema = '';
  let planner: Planner | undefined;

  beforeAll(() => {
    const original = Connection.prototype.run;
    vi.spyOn(Connection.prototype, 'run').mockImplementation(function <Row>(
      this: Connection,
      ...[statement, values]: Parameters<typeof original<Row>>
    ) {
      const answer = original.call(this, statement, values) as Promise<Row[]>;
      // The tables of snapshots are another matter: they are only copied.
      const isPlanned = /^\s*(SELECT|WITH|INSERT|UPDATE|DELETE)\b/.test(statement.text);
      const note = () => void carried.set(statement.name, { statement, values });
      if (isPlanned && !/_snapshots\b/.test(statement.text)) answer.then(note, () => {});
      return answer;
    });
  });
  afterAll(() => {
    vi.restoreAllMocks();
  });
  afterEach(async () => {
    await planner?.close();
    planner = undefined;
  });

  const s = subjectOf({
    isConcurrent: true,
    open() {
      schema = newSchema();
      return openPostgres({ url: url!, schema, durability: 'process' }, '0.0.0');
    },
  });

  /** Verbs that walks do not call, on a queue with messages. */
  const otherVerbs = async (queueId: number, fifo: boolean, now: number) => {
    const { store } = s;
    const { inspection, mappings, observation, topics } = store;
    await observation.queueIds();
    await observation.holdings([queueId], now);
    await observation.nextShown([queueId], now);
    await observation.probe();
    await inspection.queues();
    await store.listQueues({ ...key(''), limit: 10 });
    await store.findQueue(key('orders'));
    for (const state of [undefined, 'visible', 'in-flight', 'delayed', 'blocked'] as const) {
      const page = await inspection.peek(queueId, { state, limit: 5 }, now);
      await inspection.peek(queueId, { state, limit: 5, after: page!.next, bodyContains: 'y' }, now);
    }
    await inspection.search({ messageId: 'none' }, now);
    await inspection.search({ messageId: 'none', queueId }, now);
    await inspection.remembered(queueId, 'x', now);
    for (const received of await s.receive(queueId, now, { max: 3 })) {
      await inspection.look(queueId, received.receipt.key, now);
      await store.changeVisibility(queueId, [{ receipt: received.receipt, visibilityMs: HOUR }], now);
      await store.delete(queueId, [received.receipt], now);
    }
    await inspection.preview(queueId, request(), now);
    await store.nextVisibleAt(queueId, 10, now);
    await store.counts(queueId, now);
    const { queue: target } = await store.createQueue(key(`target${fifo ? '.fifo' : ''}`), queueSettings(fifo), now);
    const redrive = { targetId: target.id, maxReceiveCount: 1, sourceArn: 'arn:source' };
    await s.receive(queueId, now, { max: 3, visibilityMs: 0 });
    await s.receive(queueId, now, { redrive });
    const task = { taskId: `task-${queueId}`, sourceId: queueId, destinationArn: 'arn:target' };
    await store.startMoveTask(task, { active: 10, kept: 10 }, now);
    await store.claimMoveTasks();
    await store.listMoveTasks(queueId, 10);
    const destinations = new Map([['arn:target', target.id]]);
    await store.moveMessages(task.taskId, { messageIds: ['1', '2', '3'], destinations }, now);
    await store.changeMoveTask(task.taskId, { from: 'RUNNING', to: 'CANCELLING' });
    await (await store.attend(queueId))();
    await mappings.createMapping(
      {
        ...{ id: `mapping-${queueId}`, account: '0', region: 'r', queue: key('orders'), functionArn: 'arn' },
        ...MAPPING,
      },
      now,
    );
    await mappings.changeMapping(`mapping-${queueId}`, { tags: new Map([['a', 'b']]) }, now);
    await mappings.listMappings({ limit: 5 });
    const { topic } = await topics.createTopic(key('news'), topicSettings({ fifo }), now);
    await topics.subscribe(topic.id, subscription({ token: `token-${queueId}` }), 10, now);
    await topics.findSubscriptionByToken(`token-${queueId}`);
    const deduplication = { key: 'x', windowMs: HOUR };
    await topics.publish(topic.id, [{ ...publication('a', fifo ? [] : [queueId]), deduplication }], now);
    await topics.rememberedPublication(topic.id, 'x', now);
    await topics.keep('name', 'text');
    await store.expire(now + SECOND, 100);
  };

  const queueSettings = (fifo: boolean) => ({
    ...{ fifo, retentionMs: 24 * HOUR, attributes: new Map<string, string>(), tags: new Map<string, string>() },
  });
  const MAPPING = {
    settings: { enabled: true, batchSize: 1, windowSeconds: 0, reportsFailures: false, filters: [], others: {} },
    tags: new Map<string, string>(),
  };

  it.each([false, true])('are carried out by a random walk, and by what walks do not do (FIFO: %s)', async (fifo) => {
    const walk = { steps: 150, retentionMs: [300, 600, 2000], clock: [0, 120] } as const;
    await new Walk(s, { ...walk, seed: 5, fifo }).go();
    const now = T0 + 100 * HOUR;
    const { queue } = await s.store.createQueue(key('orders'), queueSettings(fifo), now);
    await s.send(queue.id, ['x', 'y', 'z'], now, fifo ? { groupId: 'g' } : {});
    await otherVerbs(queue.id, fifo, now);
  });

  it('use indexes, even if they are planned while there is nothing in the tables', async () => {
    planner = await Planner.open(url!, schema);
    await planner.run('VACUUM ANALYZE');
    expect(await faults(planner)).toEqual([]);
  });

  it('use indexes, even if they are planned while tables hold a few messages, and the remains of many', async () => {
    const id = (await s.store.createQueue(key('orders'), queueSettings(true), T0)).queue.id;
    await fill({ url: url!, schema, queueId: id, groups: 100, messages: 5000, sentAt: T0 });
    planner = await Planner.open(url!, schema);
    for (const table of ['messages', 'contents', 'groups']) await planner.run(`DELETE FROM squab.${table}`);
    await planner.run('DELETE FROM squab.counts');
    await planner.run('ANALYZE');
    expect(await faults(planner)).toEqual([]);
  });

  it.each([false, true])('read few pages of a deep queue (FIFO: %s)', async (fifo) => {
    const id = (await s.store.createQueue(key('orders'), queueSettings(fifo), T0)).queue.id;
    planner = await Planner.open(url!, schema);
    await planner.run('VACUUM ANALYZE');
    // From here on it keeps these plans.
    for (const one of carried.values()) await planner.plan(one);
    await fill({ url: url!, schema, queueId: id, groups: fifo ? 1000 : 0, messages: 100_000, sentAt: T0 });
    carried.clear();
    await s.send(id, ['x', 'y'], T0 + SECOND, fifo ? { groupId: 'group-1' } : {});
    await s.send(id, 'delayed', T0 + SECOND, { delayMs: SECOND, ...(fifo && { groupId: 'group-2' }) });
    await otherVerbs(id, fifo, T0 + 2 * SECOND);
    const wide: string[] = [];
    for (const one of carried.values()) {
      const pages = await planner.pages(one);
      if (pages > PAGES_MAX && !isWide(one)) wide.push(`${pages} pages: ${one.statement.text}`);
    }
    expect(wide).toEqual([]);
    await planner.run('VACUUM ANALYZE');
    expect(await faults(planner)).toEqual([]);
  });

  const isWide = ({ statement }: Carried) => WIDE.some(([part]) => part.test(statement.text.trim()));

  async function faults(of: Planner): Promise<string[]> {
    const found: string[] = [];
    for (const one of carried.values()) {
      if (isWide(one)) continue;
      const wrong = faultsOf(await of.plan(one), of.firstColumns);
      if (wrong.length > 0) found.push(`${wrong.join(', ')}: ${one.statement.text}`);
    }
    return found;
  }
});
