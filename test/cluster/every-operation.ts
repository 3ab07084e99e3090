/** A client that uses every operation of SQS once, and whose next call depends on the one before. */

import { expect } from 'vitest';
import { eventually } from '../eventually.ts';
import type { Client } from '../helpers.ts';

const ARN = 'arn:aws:sqs:us-east-1:000000000000';

export async function everyOperation(call: Client['call'], prefix: string): Promise<void> {
  const [work, dead] = [`${prefix}-work`, `${prefix}-dead`];
  const { QueueUrl: deadUrl } = await call('CreateQueue', { QueueName: dead });
  const { QueueUrl } = await call('CreateQueue', { QueueName: work, Attributes: { VisibilityTimeout: '30' } });
  expect((await call('GetQueueUrl', { QueueName: work })).QueueUrl).toBe(QueueUrl);
  expect((await call('ListQueues', { QueueNamePrefix: `${prefix}-` })).QueueUrls).toEqual([deadUrl, QueueUrl]);

  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: `${ARN}:${dead}`, maxReceiveCount: 2 });
  await call('SetQueueAttributes', { QueueUrl, Attributes: { RedrivePolicy } });
  const { Attributes } = await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] });
  expect(Attributes.RedrivePolicy).toBe(RedrivePolicy);
  expect((await call('ListDeadLetterSourceQueues', { QueueUrl: deadUrl })).queueUrls).toEqual([QueueUrl]);
  await call('AddPermission', { QueueUrl, Label: 'one', AWSAccountIds: ['111111111111'], Actions: ['SendMessage'] });
  await call('RemovePermission', { QueueUrl, Label: 'one' });
  await call('TagQueue', { QueueUrl, Tags: { team: 'a', stage: 'b' } });
  await call('UntagQueue', { QueueUrl, TagKeys: ['stage'] });
  expect((await call('ListQueueTags', { QueueUrl })).Tags).toEqual({ team: 'a' });

  await call('SendMessage', { QueueUrl, MessageBody: 'm0' });
  const Entries = [1, 2, 3].map((number) => ({ Id: `${number}`, MessageBody: `m${number}` }));
  expect((await call('SendMessageBatch', { QueueUrl, Entries })).Successful).toHaveLength(3);
  const receive = async (url: string, count: number) => {
    const found: { Body: string; ReceiptHandle: string }[] = [];
    while (found.length < count) {
      const { Messages = [] } = await call('ReceiveMessage', {
        ...{ QueueUrl: url, MaxNumberOfMessages: 10, WaitTimeSeconds: 10 },
      });
      expect(Messages).not.toEqual([]);
      found.push(...Messages);
    }
    return found;
  };
  const first = await receive(QueueUrl, 4);
  expect(first.map(({ Body }) => Body).toSorted()).toEqual(['m0', 'm1', 'm2', 'm3']);
  const [m0, m1, ...others] = first;
  await call('DeleteMessage', { QueueUrl, ReceiptHandle: m0!.ReceiptHandle });
  await call('ChangeMessageVisibility', { QueueUrl, ReceiptHandle: m1!.ReceiptHandle, VisibilityTimeout: 0 });
  await call('ChangeMessageVisibilityBatch', {
    QueueUrl,
    Entries: others.map(({ ReceiptHandle }, at) => ({ Id: `${at}`, ReceiptHandle, VisibilityTimeout: 0 })),
  });
  const second = await receive(QueueUrl, 3);
  const [kept, ...deleted] = second;
  await call('DeleteMessageBatch', {
    QueueUrl,
    Entries: deleted.map(({ ReceiptHandle }, at) => ({ Id: `${at}`, ReceiptHandle })),
  });
  await call('ChangeMessageVisibility', { QueueUrl, ReceiptHandle: kept!.ReceiptHandle, VisibilityTimeout: 0 });
  // It has been received twice, so the third receive dead-letters it.
  expect((await call('ReceiveMessage', { QueueUrl })).Messages ?? []).toEqual([]);
  const { Attributes: ofDead } = await call('GetQueueAttributes', { QueueUrl: deadUrl, AttributeNames: ['All'] });
  expect(ofDead.ApproximateNumberOfMessages).toBe('1');
  await call('StartMessageMoveTask', { SourceArn: `${ARN}:${dead}` });
  await eventually(async () => {
    const { Results } = await call('ListMessageMoveTasks', { SourceArn: `${ARN}:${dead}` });
    expect(Results[0]).toMatchObject({ Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 1 });
  });
  expect((await receive(QueueUrl, 1))[0]!.Body).toBe(kept!.Body);

  for (const number of [1, 2]) await call('SendMessage', { QueueUrl: deadUrl, MessageBody: `slow ${number}` });
  // These have no source queue, so the task needs a destination.
  const task = await call('StartMessageMoveTask', {
    ...{ SourceArn: `${ARN}:${dead}`, DestinationArn: `${ARN}:${work}`, MaxNumberOfMessagesPerSecond: 1 },
  });
  await call('CancelMessageMoveTask', { TaskHandle: task.TaskHandle });
  await eventually(async () => {
    const { Results } = await call('ListMessageMoveTasks', { SourceArn: `${ARN}:${dead}` });
    expect(Results[0].Status).toMatch(/^(CANCELLED|COMPLETED)$/);
  });
  await call('PurgeQueue', { QueueUrl });
  for (const url of [QueueUrl, deadUrl]) await call('DeleteQueue', { QueueUrl: url });
  expect((await call('ListQueues', { QueueNamePrefix: `${prefix}-` })).QueueUrls ?? []).toEqual([]);
}
