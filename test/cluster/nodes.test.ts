/** Several Squabs on one database are one SQS: what one of them does, the others know. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import * as aws from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import type { NodeReport } from '../../src/control/node-report.ts';
import type { Squab, StartOptions } from '../../src/index.ts';
import { type Client, client, type Input } from '../helpers.ts';
import { database, newSchema, sql } from '../postgres.ts';
import { snsClient } from '../sns-client.ts';
import { atEnd, eventually, startBalancer, startNodes, take } from './cluster.ts';
import { everyOperation } from './every-operation.ts';

const url = await database();

/** Two nodes, with a client for each. */
async function twoNodes(options: StartOptions = {}) {
  const place = { database: url!, databaseSchema: newSchema() };
  const [a, b] = await startNodes(2, place, options);
  const [callA, callB] = [client('JSON', a!.url).call, client('Query', b!.url).call];
  const create = async (call: Client['call'], QueueName: string, Attributes: Record<string, string> = {}) =>
    (await call('CreateQueue', { QueueName, Attributes })).QueueUrl as string;
  return { ...{ place, a: a!, b: b!, callA, callB }, create };
}

const bodiesOf = ({ Messages = [] }) => (Messages as { Body: string }[]).map(({ Body }) => Body);

/** Waits until a long poll has looked, and sleeps. */
async function untilWaiting(node: Squab): Promise<void> {
  await eventually(async () => {
    const { queues } = await node.control.queues.list();
    expect(queues.some(({ waitingReceives }) => waitingReceives > 0)).toBe(true);
  });
  await pause(50);
}

describe.skipIf(!url)('A long poll at one node', () => {
  it('gets a message that is sent at another one, within a tenth of a second', async () => {
    const { a, callA, callB, create } = await twoNodes();
    const QueueUrl = await create(callA, 'q');
    const delays: number[] = [];
    for (let round = 0; round < 11; round++) {
      const poll = callA('ReceiveMessage', { QueueUrl, WaitTimeSeconds: 20 }).then((answer) => ({
        answer,
        at: Date.now(),
      }));
      await untilWaiting(a);
      await callB('SendMessage', { QueueUrl, MessageBody: `m${round}` });
      const sentAt = Date.now();
      const { answer, at } = await poll;
      expect(bodiesOf(answer)).toEqual([`m${round}`]);
      await callA('DeleteMessage', { QueueUrl, ReceiptHandle: answer.Messages[0].ReceiptHandle });
      delays.push(at - sentAt);
    }
    // The machine may do something else for a moment: so the median, and nothing like the next look by itself.
    expect(delays.toSorted((x, y) => x - y)[5]).toBeLessThan(100);
    expect(Math.max(...delays)).toBeLessThan(1000);
  });

  it('gets a message whose delay, or visibility timeout, was set at another one', async () => {
    const { a, callA, callB, create } = await twoNodes();
    const QueueUrl = await create(callA, 'q');
    const poll = () => callA('ReceiveMessage', { QueueUrl, WaitTimeSeconds: 10, VisibilityTimeout: 60 });
    const delayed = poll();
    await untilWaiting(a);
    const sentAt = Date.now();
    await callB('SendMessage', { QueueUrl, MessageBody: 'delayed', DelaySeconds: 1 });
    const { Messages } = await delayed;
    expect(Messages[0].Body).toBe('delayed');
    expect(Date.now() - sentAt).toBeGreaterThan(900);
    expect(Date.now() - sentAt).toBeLessThan(2500);
    const again = poll();
    await untilWaiting(a);
    const [{ ReceiptHandle }] = Messages;
    await callB('ChangeMessageVisibility', { QueueUrl, ReceiptHandle, VisibilityTimeout: 0 });
    const changedAt = Date.now();
    expect(bodiesOf(await again)).toEqual(['delayed']);
    expect(Date.now() - changedAt).toBeLessThan(1000);
  });

  it('gets the next message of a group once another one deletes the message that locked it', async () => {
    const { a, callA, callB, create } = await twoNodes();
    const QueueUrl = await create(callA, 'q.fifo', { FifoQueue: 'true', ContentBasedDeduplication: 'true' });
    for (const MessageBody of ['first', 'second'])
      await callA('SendMessage', { QueueUrl, MessageBody, MessageGroupId: 'g' });
    const { Messages } = await callB('ReceiveMessage', { QueueUrl });
    expect(Messages[0].Body).toBe('first');
    const poll = callA('ReceiveMessage', { QueueUrl, WaitTimeSeconds: 10 });
    await untilWaiting(a);
    await callB('DeleteMessage', { QueueUrl, ReceiptHandle: Messages[0].ReceiptHandle });
    const deletedAt = Date.now();
    expect(bodiesOf(await poll)).toEqual(['second']);
    expect(Date.now() - deletedAt).toBeLessThan(1000);
  });

  it('gets what is published, redriven or moved at another one', async () => {
    const { a, callA, callB, create, b } = await twoNodes();
    const dead = await create(callA, 'dead');
    const deadArn = 'arn:aws:sqs:us-east-1:000000000000:dead';
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: deadArn, maxReceiveCount: 1 });
    const orders = await create(callA, 'orders', { RedrivePolicy, VisibilityTimeout: '0' });
    const sns = snsClient(b.url);
    const { TopicArn } = await sns('CreateTopic', { Name: 'news' });
    const Endpoint = 'arn:aws:sqs:us-east-1:000000000000:orders';
    await sns('Subscribe', { TopicArn, Protocol: 'sqs', Endpoint, Attributes: { RawMessageDelivery: 'true' } });
    const published = callA('ReceiveMessage', { QueueUrl: orders, WaitTimeSeconds: 10 });
    await untilWaiting(a);
    await sns('Publish', { TopicArn, Message: 'news' });
    expect(bodiesOf(await published)).toEqual(['news']);
    const redriven = callA('ReceiveMessage', { QueueUrl: dead, WaitTimeSeconds: 10, VisibilityTimeout: 0 });
    await untilWaiting(a);
    expect(bodiesOf(await callB('ReceiveMessage', { QueueUrl: orders }))).toEqual([]);
    expect(bodiesOf(await redriven)).toEqual(['news']);
    const moved = callA('ReceiveMessage', { QueueUrl: orders, WaitTimeSeconds: 10 });
    await untilWaiting(a);
    await callB('StartMessageMoveTask', { SourceArn: deadArn, DestinationArn: Endpoint });
    expect(bodiesOf(await moved)).toEqual(['news']);
  });

  it('ends with an error if another one deletes the queue', async () => {
    const { a, callA, callB, create } = await twoNodes();
    const QueueUrl = await create(callA, 'q');
    const poll = callA('ReceiveMessage', { QueueUrl, WaitTimeSeconds: 20 });
    await untilWaiting(a);
    await callB('DeleteQueue', { QueueUrl });
    await expect(poll).rejects.toMatchObject({ code: 'AWS.SimpleQueueService.NonExistentQueue' });
  });

  it('ends in time, and misses nothing, while its node hears nothing of the others', async () => {
    const { callA, callB, create, a } = await twoNodes();
    const QueueUrl = await create(callA, 'q');
    const poll = callA('ReceiveMessage', { QueueUrl, WaitTimeSeconds: 2 });
    await untilWaiting(a);
    const startedAt = Date.now();
    const { name } = (await a.control.about()).node!;
    // Ends every ear that node A opens, for as long as the test lasts.
    const listening = "query LIKE 'LISTEN%' AND application_name = $1";
    const end = () =>
      sql(url!, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${listening}`, [`squab/${name}`]);
    const ending = setInterval(() => void end().catch(() => {}), 10);
    atEnd(() => clearInterval(ending));
    expect(bodiesOf(await poll)).toEqual([]);
    expect(Date.now() - startedAt).toBeLessThan(3500);
    const next = callA('ReceiveMessage', { QueueUrl, WaitTimeSeconds: 10 });
    await untilWaiting(a);
    await callB('SetQueueAttributes', { QueueUrl, Attributes: { VisibilityTimeout: '77' } });
    const { Attributes } = await callA('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] });
    expect(Attributes.VisibilityTimeout).toBe('77');
    await callB('SendMessage', { QueueUrl, MessageBody: 'm' });
    const sentAt = Date.now();
    expect(bodiesOf(await next)).toEqual(['m']);
    expect(Date.now() - sentAt).toBeLessThan(2500);
    clearInterval(ending);
    await eventually(async () => expect((await a.control.about()).node!.ear).toBe('open'));
  });
});

describe.skipIf(!url)('The queues and topics of one node', () => {
  it('exist on every other one at once; their changes soon', async () => {
    const { callA, callB, create } = await twoNodes();
    for (let round = 0; round < 20; round++) {
      const QueueUrl = await create(callA, `q${round}`);
      await callB('SendMessage', { QueueUrl, MessageBody: 'm' });
      expect(await take(callA, QueueUrl)).toEqual(['m']);
      await callA('SetQueueAttributes', { QueueUrl, Attributes: { VisibilityTimeout: String(100 + round) } });
      await eventually(async () => {
        const { Attributes } = await callB('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] });
        expect(Attributes.VisibilityTimeout).toBe(String(100 + round));
      }, 1000);
    }
  });

  it('are gone everywhere soon after they are deleted, and can be made anew', async () => {
    const { callA, callB, create } = await twoNodes();
    for (let round = 0; round < 10; round++) {
      const QueueUrl = await create(callA, 'q', { VisibilityTimeout: String(round) });
      await callB('SendMessage', { QueueUrl, MessageBody: `old ${round}` });
      await callA('DeleteQueue', { QueueUrl });
      const missing = { code: 'AWS.SimpleQueueService.NonExistentQueue' };
      await eventually(
        () => expect(callB('SendMessage', { QueueUrl, MessageBody: 'late' })).rejects.toMatchObject(missing),
        1000,
      );
      await create(callB, 'q');
      await eventually(async () => {
        await callA('SendMessage', { QueueUrl, MessageBody: `new ${round}` });
      }, 1000);
      expect(await take(callB, QueueUrl)).toEqual([`new ${round}`]);
      await callB('DeleteQueue', { QueueUrl });
      await eventually(() => expect(callA('GetQueueUrl', { QueueName: 'q' })).rejects.toMatchObject(missing), 1000);
    }
  });

  it('are purged for every other one', async () => {
    const { callA, callB, create } = await twoNodes();
    const QueueUrl = await create(callA, 'q');
    for (let round = 0; round < 10; round++) {
      await callB('SendMessage', { QueueUrl, MessageBody: `old ${round}` });
      await callA('PurgeQueue', { QueueUrl });
      expect(await take(callB, QueueUrl)).toEqual([]);
      await callB('SendMessage', { QueueUrl, MessageBody: `new ${round}` });
      expect(await take(callA, QueueUrl)).toEqual([`new ${round}`]);
    }
  });

  it('deliver each message to an endpoint once, also when the node that subscribed it has stopped', async () => {
    const { a, b } = await twoNodes({ confirmHttp: true });
    const delivered: string[] = [];
    const endpoint = createServer((request, response) => {
      text(request).then((body) => {
        delivered.push(body);
        response.end();
      });
    }).listen(0, '127.0.0.1');
    await once(endpoint, 'listening');
    atEnd(() => endpoint.close());
    const { port } = endpoint.address() as AddressInfo;
    const { TopicArn } = await snsClient(a.url)('CreateTopic', { Name: 'news' });
    await snsClient(a.url)('Subscribe', {
      ...{ TopicArn, Protocol: 'http', Endpoint: `http://127.0.0.1:${port}/` },
      Attributes: { RawMessageDelivery: 'true' },
    });
    const publish = (node: { url: string }, Message: string) => snsClient(node.url)('Publish', { TopicArn, Message });
    for (let number = 0; number < 20; number++) await publish([a, b][number % 2]!, `news ${number}`);
    const all = (count: number) => Array.from({ length: count }, (_, number) => `news ${number}`).toSorted();
    await eventually(() => expect(delivered.toSorted()).toEqual(all(20)));
    await a.stop();
    await publish(b, 'news 20');
    await eventually(() => expect(delivered.toSorted()).toEqual(all(21)));
  });
});

describe.skipIf(!url)('Messages of FIFO queues', () => {
  it('are in order and stored once, whichever nodes they are sent to and received from', async () => {
    const { callA, callB, create } = await twoNodes();
    const QueueUrl = await create(callA, 'q.fifo', { FifoQueue: 'true' });
    const calls = [callA, callB];
    const numbers = new Map<string, string>();
    for (let number = 0; number < 40; number++) {
      const input = {
        QueueUrl,
        MessageBody: `${number}`,
        MessageGroupId: `g${number % 3}`,
        MessageDeduplicationId: `${number}`,
      };
      const [one, other] = await Promise.all(calls.map((call) => call('SendMessage', input)));
      expect(one.MessageId).toBe(other.MessageId);
      expect(one.SequenceNumber).toBe(other.SequenceNumber);
      numbers.set(`${number}`, one.SequenceNumber);
    }
    const received: number[] = [];
    for (let round = 0; received.length < 40 && round < 100; round++) {
      received.push(...(await take(calls[round % 2]!, QueueUrl)).map(Number));
    }
    for (const group of [0, 1, 2]) {
      const own = received.filter((number) => number % 3 === group);
      expect(own).toEqual(own.toSorted((x, y) => x - y));
    }
    expect(new Set(received).size).toBe(40);
    const sequence = [...numbers.values()].map(BigInt);
    expect(sequence).toEqual(sequence.toSorted((x, y) => (x < y ? -1 : 1)));
  });

  it('repeat an attempt at another node', async () => {
    const { callA, callB, create } = await twoNodes();
    const QueueUrl = await create(callA, 'q.fifo', { FifoQueue: 'true', ContentBasedDeduplication: 'true' });
    await callA('SendMessage', { QueueUrl, MessageBody: 'm', MessageGroupId: 'g' });
    const input = { QueueUrl, ReceiveRequestAttemptId: 'attempt' };
    const [one, other] = [await callA('ReceiveMessage', input), await callB('ReceiveMessage', input)];
    expect(other.Messages[0].Body).toBe('m');
    expect(other.Messages[0].MessageId).toBe(one.Messages[0].MessageId);
    await callA('DeleteMessage', { QueueUrl, ReceiptHandle: one.Messages[0].ReceiptHandle });
    expect(await take(callB, QueueUrl)).toEqual([]);
  });
});

describe.skipIf(!url)('A node', () => {
  it('says who it is, and which other nodes there are', async () => {
    const { a, b } = await twoNodes();
    const health = async ({ url }: Squab) =>
      ((await (await fetch(`${url}/health`)).json()) as { node: NodeReport }).node;
    const node = await health(a);
    expect(node).toMatchObject({ name: expect.stringMatching(/^a-[0-9a-f]{6}$/), ear: 'open' });
    const lanes = ['send', 'receive', 'settle', 'serial', 'other', 'nodes'];
    expect(node.lanes.map(({ name }) => name)).toEqual(expect.arrayContaining(lanes));
    const about = (await (await fetch(`${b.url}/_squab`)).json()) as {
      storage: string;
      node: { name: string; perNode: string[] };
    };
    expect(about).toMatchObject({ storage: 'database', node: { name: expect.stringMatching(/^b-/) } });
    expect(about.node.perNode).toContain('journal');
    await eventually(async () =>
      expect((await health(a)).others).toMatchObject([{ name: about.node.name, clock: 'machine' }]),
    );
  });

  it('does not move its clock while others live; alone, it does, and then no other one can join', async () => {
    const { a, b, place } = await twoNodes();
    await eventually(() =>
      expect(() => a.control.clock.freeze()).toThrow(/cannot be frozen or moved while other Squabs .*b-/),
    );
    await expect(a.control.clock.advance('1h')).rejects.toThrow(/while other Squabs/);
    await b.stop();
    await eventually(() => a.control.clock.freeze());
    await eventually(() =>
      expect(startNodes(1, place)).rejects.toThrow(
        /The Squab a-.* has frozen or moved its clock, so no other one can join/,
      ),
    );
    a.control.clock.resume();
  });
});

describe.skipIf(!url)('A client of several nodes behind a load balancer', () => {
  it.each(['the AWS SDK, over JSON', 'a client of Query'])('uses every operation as with one: %s', async (which) => {
    const { a, b } = await twoNodes();
    const endpoint = await startBalancer(() => [a.url, b.url]);
    const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
    const sdk = new aws.SQSClient({ endpoint, region: 'us-east-1', credentials });
    atEnd(() => sdk.destroy());
    const commands = aws as unknown as Record<string, new (input: Input) => aws.SendMessageCommand>;
    const call: Client['call'] = which.startsWith('the AWS SDK')
      ? async (operation, input = {}) => sdk.send(new commands[`${operation}Command`]!(input))
      : client('Query', endpoint).call;
    for (let round = 0; round < 3; round++) await everyOperation(call, `round${round}`);
  });
});
