/** Nodes that start, stop, freeze and die beside others, and what these take over. */

import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/storage/postgres/open.ts';
import { eventually } from '../eventually.ts';
import { client } from '../helpers.ts';
import { database, newSchema, sql } from '../postgres.ts';
import { atEnd, startBalancer, startNodes, take } from './cluster.ts';
import { everyOperation } from './every-operation.ts';
import { startNode } from './processes.ts';

const url = await database();
const placeOf = () => ({ database: url!, databaseSchema: newSchema() });

/** `npm run test:cluster` takes its time. */
const long = process.env.SQUAB_CLUSTER_ROUNDS !== undefined;

/** How long a node is frozen. */
const FROZEN_MS = Number(process.env.SQUAB_CLUSTER_FREEZE_SECONDS ?? 2) * 1000;

describe.skipIf(!url)('Nodes', () => {
  it('start on an empty database, eight at once', { timeout: 120_000 }, async () => {
    const place = placeOf();
    const nodes = await startNodes(8, place);
    const { call } = client('JSON', await startBalancer(() => nodes.map((node) => node.url)));
    await Promise.all(nodes.map((_, index) => call('CreateQueue', { QueueName: `q${index % 2}` })));
    expect((await call('ListQueues')).QueueUrls).toHaveLength(2);
    await eventually(async () => expect((await nodes[3]!.control.about()).node!.others).toHaveLength(7));
    await everyOperation(call, 'eight');
  });

  it('of an older version go on beside a newer one, but do not start there', async () => {
    const place = placeOf();
    const [older] = await startNodes(1, place);
    const { call } = client('JSON', older!.url);
    const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' });
    // As a newer node would: an additive step.
    const { databaseSchema: schema } = place;
    await sql(
      url!,
      `ALTER TABLE ${schema}.messages ADD COLUMN priority integer; ALTER TABLE ${schema}.queues ADD COLUMN colour text;
       CREATE TABLE ${schema}.future (id bigint); UPDATE ${schema}.steps SET done = done + 1`,
    );
    await call('SendMessage', { QueueUrl, MessageBody: 'm' });
    await everyOperation(call, 'older');
    expect(await take(call, QueueUrl)).toEqual(['m']);
    await expect(startNodes(1, place)).rejects.toThrow(
      /is of a newer Squab: it has \d+ steps, and this version knows \d+\. Update/,
    );
  });

  it('need no rights but those on their tables', async () => {
    const { databaseSchema: schema } = placeOf();
    await (await openDatabase({ url: url!, schema })).sessions.close();
    const role = `${schema}_${new URL(url!).pathname.slice(1)}`;
    await sql(
      url!,
      `CREATE ROLE ${role} LOGIN; REVOKE ALL ON DATABASE ${new URL(url!).pathname.slice(1)} FROM PUBLIC;
       GRANT CONNECT ON DATABASE ${new URL(url!).pathname.slice(1)} TO ${role}; GRANT USAGE ON SCHEMA ${schema} TO ${role};
       GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${role};
       GRANT USAGE ON ALL SEQUENCES IN SCHEMA ${schema} TO ${role}`,
    );
    atEnd(() => sql(url!, `DROP OWNED BY ${role}; DROP ROLE ${role}`));
    const own = new URL(url!);
    own.username = role;
    const nodes = await startNodes(2, { database: own.href, databaseSchema: schema }, { databaseMigrate: 'no' });
    await everyOperation(client('Query', await startBalancer(() => nodes.map((node) => node.url))).call, 'poor');
    await eventually(async () => expect((await nodes[0]!.control.about()).node!.others).toHaveLength(1));
  });
});

describe.skipIf(!url)('If a node', () => {
  it('is killed, another one carries on its move task, and becomes the janitor', { timeout: 90_000 }, async () => {
    const place = placeOf();
    const { databaseSchema: schema } = place;
    const a = await startNode('a', place);
    const { call } = client('JSON', a.url);
    const { QueueUrl: work } = await call('CreateQueue', { QueueName: 'work' });
    const { QueueUrl: dead } = await call('CreateQueue', { QueueName: 'dead' });
    const [workArn, deadArn] = ['work', 'dead'].map((name) => `arn:aws:sqs:us-east-1:000000000000:${name}`);
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: deadArn, maxReceiveCount: 1 });
    await call('SetQueueAttributes', { QueueUrl: work, Attributes: { RedrivePolicy } });
    const count = 12;
    for (let number = 0; number < count; number++)
      await call('SendMessage', { QueueUrl: dead, MessageBody: `m${number}` });
    await call('StartMessageMoveTask', {
      SourceArn: deadArn,
      DestinationArn: workArn,
      MaxNumberOfMessagesPerSecond: 2,
    });
    const b = await startNode('b', place);
    const holders = async () => {
      const [task] = await sql<{ runner: string }>(url!, `SELECT runner FROM ${schema}.move_tasks`);
      const [lease] = await sql<{ node: string }>(url!, `SELECT node FROM ${schema}.leases WHERE name = 'janitor'`);
      return [task?.runner, lease?.node].map((name) => name?.slice(0, 1));
    };
    await eventually(async () => expect(await holders()).toEqual(['a', 'a']));
    a.child.kill('SIGKILL');
    await a.ended;
    // The leases end by themselves after some seconds, which this test does not wait for.
    const past = "clock_timestamp() - interval '1 second'";
    await sql(
      url!,
      `UPDATE ${schema}.move_tasks SET runner_until = ${past}; UPDATE ${schema}.leases SET held_until = ${past}`,
    );
    await eventually(async () => expect(await holders()).toEqual(['b', 'b']), 30_000);
    await eventually(async () => {
      const { Results } = await client('JSON', b.url).call('ListMessageMoveTasks', { SourceArn: deadArn });
      expect(Results[0]).toMatchObject({ Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: count });
    }, 30_000);
    const moved: string[] = [];
    while (moved.length < count) {
      const bodies = await take(client('JSON', b.url).call, work.replace(a.url, b.url), { WaitTimeSeconds: 5 });
      expect(bodies).not.toEqual([]);
      moved.push(...bodies);
    }
    expect(new Set(moved).size).toBe(count);
  });

  it('freezes in the middle of bursts, the others go on, and it comes back without harm', {
    timeout: 120_000,
  }, async () => {
    const place = placeOf();
    const [a, b] = [await startNode('a', place), await startNode('b', place)];
    const calls = [a, b].map((node) => client('JSON', node.url).call);
    await calls[0]!('CreateQueue', { QueueName: 'q' });
    await calls[0]!('CreateQueue', { QueueName: 'q.fifo', Attributes: { FifoQueue: 'true' } });
    const sent: string[] = [];
    let stops = false;
    let slowest = 0;
    const send = async (node: number, queue: string, worker: number) => {
      for (let number = 0; !stops; number++) {
        const MessageBody = `${node}/${worker}/${number}`;
        const start = Date.now();
        await calls[node]!('SendMessage', {
          ...{ QueueUrl: `${[a, b][node]!.url}/000000000000/${queue}`, MessageBody },
          ...(queue.endsWith('.fifo') && { MessageGroupId: `${worker}`, MessageDeduplicationId: MessageBody }),
        });
        if (node === 1) slowest = Math.max(slowest, Date.now() - start);
        sent.push(`${queue} ${MessageBody}`);
      }
    };
    const sending = [0, 1].flatMap((node) =>
      ['q', 'q.fifo'].flatMap((queue) => [0, 1, 2].map((worker) => send(node, queue, worker))),
    );
    for (let round = 0; round < (long ? 3 : 1); round++) {
      await pause(300);
      a.child.kill('SIGSTOP');
      const before = sent.length;
      await pause(FROZEN_MS);
      expect(sent.length, 'sent by the other node').toBeGreaterThan(before + 20);
      a.child.kill('SIGCONT');
    }
    stops = true;
    await Promise.all(sending);
    // A frozen node may hold the lock of a FIFO queue, until its transaction is ended: not for longer.
    expect(slowest).toBeLessThan(12_000);
    const found: string[] = [];
    for (const queue of ['q', 'q.fifo']) {
      for (let empty = 0; empty < 3; ) {
        const bodies = await take(calls[found.length % 2]!, `${a.url}/000000000000/${queue}`);
        empty = bodies.length === 0 ? empty + 1 : 0;
        found.push(...bodies.map((body) => `${queue} ${body}`));
      }
    }
    expect(found.toSorted()).toEqual(sent.toSorted());
  });
});
