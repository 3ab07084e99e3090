/** Long polls at one of several Squabs: they get what happens at another one, as if it had happened at theirs. */

import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Squab } from '../../src/index.ts';
import { eventually } from '../eventually.ts';
import { database, sql } from '../postgres.ts';
import { snsClient } from '../sns-client.ts';
import { atEnd, twoNodes } from './cluster.ts';

const url = await database();

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
  it('gets a message that is sent at another one, without waiting for its next look', async () => {
    const { a, callA, callB, create } = await twoNodes(url!);
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
    // Without being told, they would look after seconds. The machine may be busy with something else: so the median.
    expect(delays.toSorted((x, y) => x - y)[5]).toBeLessThan(1000);
  });

  it('gets a message whose delay, or visibility timeout, was set at another one', async () => {
    const { a, callA, callB, create } = await twoNodes(url!);
    const QueueUrl = await create(callA, 'q');
    const poll = () => callA('ReceiveMessage', { QueueUrl, WaitTimeSeconds: 10, VisibilityTimeout: 60 });
    const delayed = poll();
    await untilWaiting(a);
    const sentAt = Date.now();
    await callB('SendMessage', { QueueUrl, MessageBody: 'delayed', DelaySeconds: 1 });
    const { Messages } = await delayed;
    expect(Messages[0].Body).toBe('delayed');
    expect(Date.now() - sentAt).toBeGreaterThan(900);
    expect(Date.now() - sentAt).toBeLessThan(4500);
    const again = poll();
    await untilWaiting(a);
    const [{ ReceiptHandle }] = Messages;
    await callB('ChangeMessageVisibility', { QueueUrl, ReceiptHandle, VisibilityTimeout: 0 });
    const changedAt = Date.now();
    expect(bodiesOf(await again)).toEqual(['delayed']);
    expect(Date.now() - changedAt).toBeLessThan(4000);
  });

  it('gets the next message of a group once another one deletes the message that locked it', async () => {
    const { a, callA, callB, create } = await twoNodes(url!);
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
    expect(Date.now() - deletedAt).toBeLessThan(4000);
  });

  it('gets what is published, redriven or moved at another one', async () => {
    const { a, callA, callB, create, b } = await twoNodes(url!);
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
    const { a, callA, callB, create } = await twoNodes(url!);
    const QueueUrl = await create(callA, 'q');
    const poll = callA('ReceiveMessage', { QueueUrl, WaitTimeSeconds: 20 });
    await untilWaiting(a);
    await callB('DeleteQueue', { QueueUrl });
    await expect(poll).rejects.toMatchObject({ code: 'AWS.SimpleQueueService.NonExistentQueue' });
  });

  it('ends in time, and misses nothing, while its node hears nothing of the others', async () => {
    const { callA, callB, create, a } = await twoNodes(url!);
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
    expect(Date.now() - startedAt).toBeLessThan(8000);
    const next = callA('ReceiveMessage', { QueueUrl, WaitTimeSeconds: 10 });
    await untilWaiting(a);
    await callB('SetQueueAttributes', { QueueUrl, Attributes: { VisibilityTimeout: '77' } });
    const { Attributes } = await callA('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] });
    expect(Attributes.VisibilityTimeout).toBe('77');
    await callB('SendMessage', { QueueUrl, MessageBody: 'm' });
    const sentAt = Date.now();
    expect(bodiesOf(await next)).toEqual(['m']);
    expect(Date.now() - sentAt).toBeLessThan(8000);
    clearInterval(ending);
    await eventually(async () => expect((await a.control.about()).node!.ear).toBe('open'));
  });
});
