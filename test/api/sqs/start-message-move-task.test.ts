import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { start } from '../../../src/index.ts';
import { client, type Input, overBothWires } from '../../helpers.ts';
import { arnOf, bodiesIn, countsOf, deadLetters, drain, latestTask } from '../../queues/redrive/dead-letters.ts';

const home = mkdtempSync(join(tmpdir(), 'squab-moves-'));
afterAll(() => rmSync(home, { recursive: true }));

const SourceArn = arnOf('dlq');

overBothWires('StartMessageMoveTask', (fixture) => {
  describe('behaviour', () => {
    it('moves every message to the destination, oldest first, and returns a handle', async () => {
      const f = await fixture();
      const dlq = await deadLetters(f, { orders: ['a', 'b', 'c'] });
      const replay = await f.queue('replay');
      const { TaskHandle } = await f.call('StartMessageMoveTask', { SourceArn, DestinationArn: arnOf('replay') });
      const { taskId, ...rest } = JSON.parse(Buffer.from(TaskHandle, 'base64').toString());
      expect(taskId).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
      expect(rest).toEqual({ sourceArn: SourceArn });
      expect(await latestTask(f)).toMatchObject({ Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 3 });
      expect(await bodiesIn(f, replay)).toEqual(['a', 'b', 'c']);
      expect(await countsOf(f, dlq)).toEqual(['0', '0', '0']);
    });

    it('creates new messages with the same body and attributes', async () => {
      const f = await fixture();
      const dlq = await deadLetters(f, { orders: ['a'] });
      const [before] = (
        await f.call('ReceiveMessage', { QueueUrl: dlq, VisibilityTimeout: 0, AttributeNames: ['All'] })
      ).Messages;
      expect(before.Attributes).toMatchObject({
        ApproximateReceiveCount: '2',
        DeadLetterQueueSourceArn: arnOf('orders'),
      });
      await f.clock.advance(5000);
      await f.call('StartMessageMoveTask', { SourceArn });
      await f.clock.advance(1000);
      const [after] = await drain(f, await f.queue('orders'));
      expect(after).toMatchObject({
        Body: 'a',
        MD5OfBody: before.MD5OfBody,
        MessageAttributes: { kind: { DataType: 'String', StringValue: 'of a' } },
        Attributes: {
          SentTimestamp: String(f.clock.now() - 1000),
          ApproximateReceiveCount: '1',
          ApproximateFirstReceiveTimestamp: String(f.clock.now()),
          SenderId: before.Attributes.SenderId,
        },
      });
      expect(after.Attributes.DeadLetterQueueSourceArn).toBeUndefined();
      expect(after.MessageId).not.toBe(before.MessageId);
    });

    it('moves each message back to its source queue if there is no destination', async () => {
      const f = await fixture();
      await deadLetters(f, { orders: ['a', 'b'], bills: ['c'], others: [] });
      await f.call('StartMessageMoveTask', { SourceArn });
      expect(await latestTask(f)).toMatchObject({ Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 3 });
      expect(await bodiesIn(f, await f.queue('orders'))).toEqual(['a', 'b']);
      expect(await bodiesIn(f, await f.queue('bills'))).toEqual(['c']);
    });

    it('does not delay messages, even if the destination has a delay', async () => {
      const f = await fixture();
      await deadLetters(f, { orders: ['a'] });
      const replay = await f.queue('replay', { DelaySeconds: '900' });
      await f.call('StartMessageMoveTask', { SourceArn, DestinationArn: arnOf('replay') });
      await f.clock.advance(0);
      expect(await bodiesIn(f, replay)).toEqual(['a']);
    });

    it('does not move messages that are in flight or delayed', async () => {
      const f = await fixture();
      const dlq = await deadLetters(f, { orders: ['in-flight', 'visible'] });
      await f.call('ReceiveMessage', { QueueUrl: dlq });
      await f.call('SendMessage', { QueueUrl: dlq, MessageBody: 'delayed', DelaySeconds: 60 });
      await f.call('StartMessageMoveTask', { SourceArn });
      expect(await latestTask(f)).toMatchObject({
        Status: 'COMPLETED',
        ApproximateNumberOfMessagesToMove: 1,
        ApproximateNumberOfMessagesMoved: 1,
      });
      expect(await bodiesIn(f, await f.queue('orders'))).toEqual(['visible']);
      expect(await countsOf(f, dlq)).toEqual(['0', '1', '1']);
    });

    it('moves the given number of messages per second', async () => {
      const f = await fixture();
      const dlq = await deadLetters(f, { orders: ['a', 'b', 'c', 'd', 'e'] });
      await f.call('StartMessageMoveTask', { SourceArn, MaxNumberOfMessagesPerSecond: 2 });
      // Lets it move the first messages.
      await f.clock.advance(0);
      const left = [];
      for (let half = 0; half < 4; half++) {
        left.push((await countsOf(f, dlq))[0]);
        await f.clock.advance(499);
        left.push((await countsOf(f, dlq))[0]);
        await f.clock.advance(1);
      }
      expect(left).toEqual(['4', '4', '3', '3', '2', '2', '1', '1']);
      expect(await latestTask(f)).toMatchObject({ Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 5 });
      expect(await bodiesIn(f, await f.queue('orders'))).toEqual(['a', 'b', 'c', 'd', 'e']);
    });

    it('keeps message groups and their order in FIFO queues, with new sequence numbers', async () => {
      const f = await fixture();
      const attributes = { FifoQueue: 'true', ContentBasedDeduplication: 'true' };
      const dlq = await f.queue('dlq.fifo', attributes);
      const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arnOf('dlq.fifo'), maxReceiveCount: 1 });
      const QueueUrl = await f.queue('orders.fifo', { ...attributes, RedrivePolicy });
      const sent = [];
      for (const MessageBody of ['a', 'b']) {
        sent.push(await f.call('SendMessage', { QueueUrl, MessageBody, MessageGroupId: 'group' }));
      }
      for (let count = 0; count < 2; count++) {
        await f.call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 0 });
      }
      expect(await countsOf(f, dlq)).toEqual(['2', '0', '0']);
      await f.call('StartMessageMoveTask', { SourceArn: arnOf('dlq.fifo') });
      await f.clock.advance(0);
      const moved = await drain(f, QueueUrl);
      expect(moved.map(({ Body }) => Body)).toEqual(['a', 'b']);
      for (const [index, { MessageId, Attributes }] of moved.entries()) {
        expect(Attributes).toMatchObject({ MessageGroupId: 'group', ApproximateReceiveCount: '1' });
        expect(Attributes.SequenceNumber > sent[1].SequenceNumber).toBe(true);
        expect(MessageId).not.toBe(sent[index].MessageId);
      }
    });

    it('wakes a poll that waits for the destination', async () => {
      const f = await fixture();
      await deadLetters(f, { orders: ['a', 'b'] });
      const QueueUrl = await f.queue('replay');
      const poll = f.call('ReceiveMessage', { QueueUrl, WaitTimeSeconds: 20, MaxNumberOfMessages: 10 });
      const task = { SourceArn, DestinationArn: arnOf('replay'), MaxNumberOfMessagesPerSecond: 1 };
      await f.clock.advance(3000);
      await f.call('StartMessageMoveTask', task);
      expect((await poll).Messages).toMatchObject([{ Body: 'a' }]);
      const next = f.call('ReceiveMessage', { QueueUrl, WaitTimeSeconds: 20 });
      await f.clock.advance(1000);
      expect((await next).Messages).toMatchObject([{ Body: 'b' }]);
    });

    it('fails at a message that was sent directly to the dead-letter queue', async () => {
      const f = await fixture();
      const dlq = await deadLetters(f, { orders: ['a'] });
      await f.call('SendMessage', { QueueUrl: dlq, MessageBody: 'sent to it' });
      await f.call('StartMessageMoveTask', { SourceArn });
      expect(await latestTask(f)).toMatchObject({
        Status: 'FAILED',
        FailureReason: 'CouldNotDetermineMessageSource',
        ApproximateNumberOfMessagesMoved: 1,
        ApproximateNumberOfMessagesToMove: 2,
      });
      expect(await bodiesIn(f, dlq)).toEqual(['sent to it']);
    });

    it.each([{ DestinationArn: arnOf('orders') }, {}])(
      'fails if the destination is deleted while the task runs: %o',
      async (to) => {
        const f = await fixture();
        const dlq = await deadLetters(f, { orders: ['a', 'b', 'c'], bills: [] });
        await f.call('StartMessageMoveTask', { SourceArn, ...to, MaxNumberOfMessagesPerSecond: 1 });
        // Lets it move the first messages.
        await f.clock.advance(0);
        await f.call('DeleteQueue', { QueueUrl: await f.queue('orders') });
        await f.clock.advance(1000);
        expect(await latestTask(f)).toMatchObject({
          Status: 'FAILED',
          FailureReason: 'AWS.SimpleQueueService.NonExistentQueue',
          ApproximateNumberOfMessagesMoved: 1,
        });
        expect(await bodiesIn(f, dlq)).toEqual(['b', 'c']);
      },
    );

    it('ends with its source queue', async () => {
      const f = await fixture();
      const dlq = await deadLetters(f, { orders: ['a', 'b'] });
      await f.call('StartMessageMoveTask', { SourceArn, MaxNumberOfMessagesPerSecond: 1 });
      // Lets it move the first messages.
      await f.clock.advance(0);
      await f.call('DeleteQueue', { QueueUrl: dlq });
      await f.clock.advance(5000);
      expect(await bodiesIn(f, await f.queue('orders'))).toEqual(['a']);
      await f.queue('dlq');
      expect(await f.call('ListMessageMoveTasks', { SourceArn })).toEqual({});
    });

    it('can start another task when the previous one has ended', async () => {
      const f = await fixture();
      await deadLetters(f, { orders: ['a'] });
      await f.call('StartMessageMoveTask', { SourceArn });
      await f.clock.advance(0);
      expect(await f.call('StartMessageMoveTask', { SourceArn })).toMatchObject({ TaskHandle: expect.any(String) });
    });

    it('continues after a restart, at the same rate and with the same count', async () => {
      const data = mkdtempSync(join(home, 'restart-'));
      const f = await fixture({ data });
      await deadLetters(f, { orders: ['a', 'b', 'c', 'd'] });
      await f.call('StartMessageMoveTask', { SourceArn, MaxNumberOfMessagesPerSecond: 1 });
      await f.clock.advance(1000);
      const { TaskHandle } = await latestTask(f);
      await f.squab.stop();
      await f.clock.advance(3_600_000);
      const squab = await start({ port: 0, clock: f.clock, data });
      const again = { ...f, squab, ...client(f.wire, squab.url) };
      try {
        expect(await latestTask(again)).toMatchObject({
          TaskHandle,
          Status: 'RUNNING',
          ApproximateNumberOfMessagesMoved: 3,
        });
        await f.clock.advance(1000);
        expect(await latestTask(again)).toMatchObject({
          Status: 'COMPLETED',
          ApproximateNumberOfMessagesMoved: 4,
          ApproximateNumberOfMessagesToMove: 4,
        });
        const { QueueUrl } = await again.call('GetQueueUrl', { QueueName: 'orders' });
        expect(await bodiesIn(again, QueueUrl)).toEqual(['a', 'b', 'c', 'd']);
      } finally {
        await squab.stop();
      }
    });
  });

  describe('rejects', () => {
    const format = (name: string) =>
      `You must use this format to specify the ${name}: arn:<partition>:<service>:<region>:<account-id>:<resource-id>`;
    const missing = (name: string) => `The resource that you specified for the ${name} parameter doesn't exist.`;

    it.each<[Input, string, string]>([
      [{}, 'MissingParameter', 'The request must contain the parameter SourceArn.'],
      [{ SourceArn: '' }, 'MissingParameter', 'The request must contain the parameter SourceArn.'],
      [{ SourceArn: 'dlq', DestinationArn: 'x' }, 'InvalidParameterValue', format('SourceArn')],
      [{ SourceArn: arnOf('none'), DestinationArn: 'x' }, 'InvalidParameterValue', format('DestinationArn')],
      [{ SourceArn: arnOf('none'), DestinationArn: arnOf('none') }, 'ResourceNotFoundException', missing('SourceArn')],
      [{ SourceArn: 'arn:aws:sns:us-east-1:000000000000:dlq' }, 'ResourceNotFoundException', missing('SourceArn')],
      [{ SourceArn: 'arn:aws:sqs:eu-west-1:000000000000:dlq' }, 'ResourceNotFoundException', missing('SourceArn')],
      [
        { SourceArn: arnOf('plain'), DestinationArn: arnOf('none') },
        'ResourceNotFoundException',
        missing('DestinationArn'),
      ],
      [
        { SourceArn, DestinationArn: 'arn:aws:sqs:us-east-1:111111111111:other' },
        'ResourceNotFoundException',
        missing('DestinationArn'),
      ],
      [
        { SourceArn: arnOf('plain'), DestinationArn: arnOf('plain') },
        'InvalidParameterValue',
        'Source queue must be configured as a Dead Letter Queue.',
      ],
      [
        { SourceArn, DestinationArn: SourceArn, MaxNumberOfMessagesPerSecond: 0 },
        'InvalidParameterValue',
        'Source queue arn and destination queue arn cannot be the same.',
      ],
      ...[-1, 0, 501].map((rate): [Input, string, string] => [
        { SourceArn, MaxNumberOfMessagesPerSecond: rate },
        'InvalidParameterValue',
        'Value for parameter MaxNumberOfMessagesPerSecond is invalid. ' +
          "Reason: You must enter a number that's between 1 and 500.",
      ]),
    ])('%o', async (input, code, message) => {
      const f = await fixture();
      await deadLetters(f, { orders: [] });
      await f.queue('plain');
      await f.call('CreateQueue', { QueueName: 'other' }, { account: '111111111111' });
      const status = code === 'ResourceNotFoundException' ? 404 : 400;
      await expect(f.call('StartMessageMoveTask', input)).rejects.toMatchObject({ status, code, message });
    });

    it('a second active task of the same source, but not one of another source', async () => {
      const f = await fixture();
      await deadLetters(f, { orders: ['a', 'b'] });
      await f.queue('bills', {
        RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arnOf('orders'), maxReceiveCount: 1 }),
      });
      await f.call('StartMessageMoveTask', { SourceArn, MaxNumberOfMessagesPerSecond: 1 });
      await expect(f.call('StartMessageMoveTask', { SourceArn })).rejects.toMatchObject({
        status: 400,
        code: 'InvalidParameterValue',
        message:
          'There is already a task running. Only one active task is allowed for a source queue arn at a given time.',
      });
      expect(await f.call('StartMessageMoveTask', { SourceArn: arnOf('orders') })).toHaveProperty('TaskHandle');
    });
  });
});
