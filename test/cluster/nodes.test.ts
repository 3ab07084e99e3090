/** Several Squabs on one database are one SQS: what one of them does, the others know. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import * as aws from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import type { NodeReport } from '../../src/control/node-report.ts';
import type { Squab } from '../../src/index.ts';
import { eventually } from '../eventually.ts';
import { type Client, client, type Input } from '../helpers.ts';
import { database } from '../postgres.ts';
import { snsClient } from '../sns-client.ts';
import { atEnd, startBalancer, startNodes, take, twoNodes } from './cluster.ts';
import { everyOperation } from './every-operation.ts';

const url = await database();

describe.skipIf(!url)('The queues and topics of one node', () => {
  it('exist on every other one at once, and so do their changes', async () => {
    const { callA, callB, create } = await twoNodes(url!);
    for (let round = 0; round < 20; round++) {
      const QueueUrl = await create(callA, `q${round}`);
      await callB('SendMessage', { QueueUrl, MessageBody: 'm' });
      expect(await take(callA, QueueUrl)).toEqual(['m']);
      await callA('SetQueueAttributes', { QueueUrl, Attributes: { VisibilityTimeout: String(100 + round) } });
      const { Attributes } = await callB('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] });
      expect(Attributes.VisibilityTimeout).toBe(String(100 + round));
    }
  });

  it('are gone everywhere once they are deleted, and can be created again', async () => {
    const { callA, callB, create } = await twoNodes(url!);
    for (let round = 0; round < 10; round++) {
      const QueueUrl = await create(callA, 'q', { VisibilityTimeout: String(round) });
      await callB('SendMessage', { QueueUrl, MessageBody: `old ${round}` });
      await callA('DeleteQueue', { QueueUrl });
      const missing = { code: 'AWS.SimpleQueueService.NonExistentQueue' };
      await expect(callB('SendMessage', { QueueUrl, MessageBody: 'late' })).rejects.toMatchObject(missing);
      await create(callB, 'q');
      await callA('SendMessage', { QueueUrl, MessageBody: `new ${round}` });
      expect(await take(callB, QueueUrl)).toEqual([`new ${round}`]);
      await callB('DeleteQueue', { QueueUrl });
      await expect(callA('GetQueueUrl', { QueueName: 'q' })).rejects.toMatchObject(missing);
    }
  });

  it('are purged for every other one', async () => {
    const { callA, callB, create } = await twoNodes(url!);
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
    const { a, b } = await twoNodes(url!, { confirmHttp: true });
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
    const { callA, callB, create } = await twoNodes(url!);
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
    const { callA, callB, create } = await twoNodes(url!);
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
    const { a, b } = await twoNodes(url!);
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
    const { a, b, place } = await twoNodes(url!);
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
    const { a, b } = await twoNodes(url!);
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
