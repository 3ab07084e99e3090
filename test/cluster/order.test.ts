/**
 * FIFO queues on several nodes, which are killed all the time: every message is sent twice at once, consumers delete
 * some of what they receive and let the rest time out, at whichever node they please.
 *
 * `npm run test:cluster` runs it for longer: SQUAB_CLUSTER_SECONDS.
 */

import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { client, type Output, Refusal } from '../helpers.ts';
import { database, newSchema, sql } from '../postgres.ts';
import { randomNumbers } from '../storage/random.ts';
import { bodyOf, OrderCheck, type Place, placeOf } from './order-check.ts';
import { type Node, startNode } from './processes.ts';

const seconds = Number(process.env.SQUAB_CLUSTER_SECONDS ?? 8);
const seed = Number(process.env.SQUAB_CLUSTER_SEED ?? 1);
const url = await database();

const NAMES = ['a', 'b', 'c'];
const GROUPS = ['1', '2', '3', '4', '5', '6', '7', '8'];
const CONSUMERS = 6;
const KILL_EVERY_MS = 1500;
const HIDDEN_SECONDS_MAX = 3;

let summary = '';
afterAll(() => summary && console.log(summary));

it.skipIf(!url)(
  `keeps the order of groups through ${seconds} s of kills (seed ${seed})`,
  {
    timeout: (3 * seconds + 120) * 1000,
  },
  async () => {
    const place = { database: url!, databaseSchema: newSchema() };
    const random = randomNumbers(seed);
    const below = (limit: number) => Math.floor(random() * limit);
    const check = new OrderCheck();
    const nodes = await Promise.all(NAMES.map((name) => startNode(name, place)));
    let kills = 0;

    /** Calls a node. Resolves to undefined if it may or may not have done it. */
    async function ask(operation: string, input: object): Promise<Output | undefined> {
      const node = nodes[below(nodes.length)]!;
      try {
        const QueueUrl = `${node.url}/000000000000/q.fifo`;
        return await client('JSON', node.url).call(operation, { QueueUrl, ...input });
      } catch (error) {
        if (error instanceof Refusal && error.status !== 503) throw error;
        return undefined;
      }
    }
    await client('JSON', nodes[0]!.url).call('CreateQueue', { QueueName: 'q.fifo', Attributes: { FifoQueue: 'true' } });
    const end = Date.now() + seconds * 1000;
    let drains = false;

    async function produce(group: string): Promise<void> {
      for (let number = 0; Date.now() < end; ) {
        const places = Array.from({ length: 1 + below(4) }, (_, index) => ({ group, number: number + index }));
        for (const one of places) check.sending(one);
        const Entries = places.map((one) => ({
          ...{ Id: `${one.number}`, MessageBody: bodyOf(one), MessageGroupId: group },
          MessageDeduplicationId: bodyOf(one),
        }));
        const answers = await Promise.all([ask('SendMessageBatch', { Entries }), ask('SendMessageBatch', { Entries })]);
        const stored = answers.filter((answer) => answer !== undefined);
        if (stored.length === 0) {
          await pause(20);
          continue;
        }
        const ids = stored.map(({ Successful }) => (Successful as Output[]).map(({ MessageId }) => MessageId).join());
        if (new Set(ids).size > 1) check.problems.push(`${bodyOf(places[0]!)} was stored twice.`);
        for (const one of places) check.stored(one);
        number += places.length;
      }
    }

    async function consume(): Promise<void> {
      const start = Date.now();
      const VisibilityTimeout = 1 + below(HIDDEN_SECONDS_MAX);
      const input = { MaxNumberOfMessages: 1 + below(10), VisibilityTimeout, WaitTimeSeconds: drains ? 0 : below(2) };
      const answer = await ask('ReceiveMessage', input);
      const messages = (answer?.Messages ?? []) as { Body: string; ReceiptHandle: string }[];
      const places = messages.map(({ Body }) => placeOf(Body));
      // A receive that waits hides its messages later, so for longer.
      check.receivedAll(places, { start, end: Date.now(), hiddenMs: VisibilityTimeout * 1000 });
      const choice = drains ? 9 : below(10);
      if (messages.length === 0) await pause(10);
      else if (choice === 0) await giveBack(messages, places);
      else if (choice > 1) await remove(messages, places);
    }

    async function giveBack(messages: readonly { ReceiptHandle: string }[], places: readonly Place[]): Promise<void> {
      for (const one of places) check.returning(one);
      const Entries = messages.map(({ ReceiptHandle }, at) => ({ Id: `${at}`, ReceiptHandle, VisibilityTimeout: 0 }));
      await ask('ChangeMessageVisibilityBatch', { Entries });
    }

    async function remove(messages: readonly { ReceiptHandle: string }[], places: readonly Place[]): Promise<void> {
      for (const one of places) check.removing(one);
      const Entries = messages.map(({ ReceiptHandle }, at) => ({ Id: `${at}`, ReceiptHandle }));
      const answer = await ask('DeleteMessageBatch', { Entries });
      const now = Date.now();
      for (const { Id } of (answer?.Successful ?? []) as { Id: string }[]) check.removed(places[Number(Id)]!, now);
    }

    async function kill(): Promise<void> {
      const lives: Node[] = nodes;
      while (Date.now() < end) {
        await pause(KILL_EVERY_MS);
        const at = below(lives.length);
        lives[at]!.child.kill('SIGKILL');
        await lives[at]!.ended;
        lives[at] = await startNode(NAMES[at]!, place);
        kills++;
      }
    }

    const consuming = Array.from({ length: CONSUMERS }, async () => {
      while (Date.now() < end && check.problems.length === 0) await consume();
    });
    await Promise.all([...GROUPS.map(produce), ...consuming, kill()]);
    expect(check.problems).toEqual([]);

    const rows = async () => {
      const [row] = await sql<{ count: string }>(url!, `SELECT count(*) FROM ${place.databaseSchema}.messages`);
      return Number(row!.count);
    };
    const counted = async (node: Node) => {
      const { Attributes } = await client('JSON', node.url).call('GetQueueAttributes', {
        ...{ QueueUrl: `${node.url}/000000000000/q.fifo`, AttributeNames: ['All'] },
      });
      const { ApproximateNumberOfMessages: visible, ApproximateNumberOfMessagesNotVisible: inFlight } = Attributes;
      return Number(visible) + Number(inFlight);
    };
    for (const node of nodes) expect(await counted(node)).toBe(await rows());
    drains = true;
    const { certainly, atMost } = check.left();
    expect(await rows()).toBeGreaterThanOrEqual(certainly.length);
    expect(await rows()).toBeLessThanOrEqual(atMost);
    // Of a group, one receive at a time gets something. As long as messages become fewer, none is stuck.
    let [left, leftSince] = [await rows(), Date.now()];
    while (left > 0 && Date.now() < leftSince + 30_000 && check.problems.length === 0) {
      await Promise.all(Array.from({ length: CONSUMERS }, consume));
      const now = await rows();
      if (now < left) [left, leftSince] = [now, Date.now()];
    }
    expect(check.problems).toEqual([]);
    expect(check.left().certainly, 'what was lost').toEqual([]);
    expect([await rows(), await counted(nodes[0]!)]).toEqual([0, 0]);
    summary = `${kills} kills, seed ${seed}: ${check.received} messages received, ${check.pairs} pairs of a group compared.`;
  },
);
