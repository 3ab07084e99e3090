/** Common mistakes of SQS emulators: FIFO queues, dead-letter queues and move tasks. Each test says what AWS does. */

import { expect, it } from 'vitest';
import { type Fixture, type Output, overBothWires } from '../helpers.ts';

const FIFO = { FifoQueue: 'true', ContentBasedDeduplication: 'true' };
const ARN = 'arn:aws:sqs:us-east-1:000000000000';

async function send({ call }: Fixture, QueueUrl: string, ...bodies: string[]): Promise<Output[]> {
  const sent: Output[] = [];
  for (const MessageBody of bodies) {
    sent.push(await call('SendMessage', { QueueUrl, MessageBody, MessageGroupId: MessageBody[0] }));
  }
  return sent;
}

async function receive({ call }: Fixture, QueueUrl: string, more: object = {}): Promise<Output[]> {
  return (await call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10, ...more })).Messages ?? [];
}

const bodies = (messages: Output[]): string[] => messages.map(({ Body }) => Body);

overBothWires('FIFO traps', (fixture) => {
  it('one receive returns several messages of a group in order; deleting some does not unblock the group', async () => {
    const f = await fixture();
    const QueueUrl = await f.queue('q.fifo', FIFO);
    await send(f, QueueUrl, 'a1', 'a2', 'a3');
    const received = await receive(f, QueueUrl, { MaxNumberOfMessages: 2 });
    expect(bodies(received)).toEqual(['a1', 'a2']);
    await f.call('DeleteMessage', { QueueUrl, ReceiptHandle: received[0].ReceiptHandle });
    expect(await receive(f, QueueUrl)).toEqual([]);
    await f.call('DeleteMessage', { QueueUrl, ReceiptHandle: received[1].ReceiptHandle });
    expect(bodies(await receive(f, QueueUrl))).toEqual(['a3']);
  });

  it('extending the visibility timeout of a message hides the later messages of its group too', async () => {
    const f = await fixture();
    const QueueUrl = await f.queue('q.fifo', { ...FIFO, VisibilityTimeout: '10' });
    await send(f, QueueUrl, 'a1', 'a2', 'a3');
    const [, second] = await receive(f, QueueUrl);
    await f.call('ChangeMessageVisibility', { QueueUrl, ReceiptHandle: second.ReceiptHandle, VisibilityTimeout: 60 });
    await f.clock.advance(10_000);
    expect(bodies(await receive(f, QueueUrl))).toEqual(['a1']);
  });

  it('a duplicate gets the first ID and sequence number, whatever its group, even after a delete', async () => {
    const f = await fixture();
    const QueueUrl = await f.queue('q.fifo', FIFO);
    const [first] = await send(f, QueueUrl, 'a1');
    const [{ ReceiptHandle }] = await receive(f, QueueUrl);
    await f.call('DeleteMessage', { QueueUrl, ReceiptHandle });
    await f.clock.advance(299_999);
    const MessageAttributes = { color: { DataType: 'String', StringValue: 'blue' } };
    const again = { QueueUrl, MessageBody: 'a1', MessageGroupId: 'other', MessageAttributes };
    expect(await f.call('SendMessage', again)).toMatchObject({
      MessageId: first.MessageId,
      SequenceNumber: first.SequenceNumber,
    });
    await f.clock.advance(1);
    expect((await f.call('SendMessage', again)).MessageId).not.toBe(first.MessageId);
  });

  it('DelaySeconds may be 0 but not more; changing the delay of the queue is retroactive', async () => {
    const f = await fixture();
    const QueueUrl = await f.queue('q.fifo', { ...FIFO, DelaySeconds: '60' });
    const message = { QueueUrl, MessageBody: 'm', MessageGroupId: 'g' };
    await f.call('SendMessage', { ...message, DelaySeconds: 0 });
    await expect(f.call('SendMessage', { ...message, DelaySeconds: 1 })).rejects.toMatchObject({
      code: 'InvalidParameterValue',
      message:
        'Value 1 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type.',
    });
    expect(await receive(f, QueueUrl)).toEqual([]);
    await f.call('SetQueueAttributes', { QueueUrl, Attributes: { DelaySeconds: '0' } });
    expect(bodies(await receive(f, QueueUrl))).toEqual(['m']);
  });

  it('one missing message group fails a whole batch, as an invalid value', async () => {
    const f = await fixture();
    const QueueUrl = await f.queue('q.fifo', FIFO);
    const Entries = [
      { Id: 'a', MessageBody: 'm', MessageGroupId: 'g' },
      { Id: 'b', MessageBody: 'n' },
    ];
    await expect(f.call('SendMessageBatch', { QueueUrl, Entries })).rejects.toMatchObject({
      status: 400,
      code: 'InvalidParameterValue',
      message: 'The request must contain the parameter MessageGroupId.',
    });
    expect(await receive(f, QueueUrl)).toEqual([]);
  });

  it('blocked messages count as visible', async () => {
    const f = await fixture();
    const QueueUrl = await f.queue('q.fifo', FIFO);
    await send(f, QueueUrl, 'a1', 'a2', 'a3');
    await receive(f, QueueUrl, { MaxNumberOfMessages: 1 });
    const { Attributes } = await f.call('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] });
    expect(Attributes).toMatchObject({
      ApproximateNumberOfMessages: '2',
      ApproximateNumberOfMessagesNotVisible: '1',
    });
  });

  it('moved messages are new messages; a task has a handle while it runs, and its numbers are numbers', async () => {
    const f = await fixture();
    const dlq = await f.queue('dlq');
    const policy = { deadLetterTargetArn: `${ARN}:dlq`, maxReceiveCount: 1 };
    const QueueUrl = await f.queue('q', { RedrivePolicy: JSON.stringify(policy), VisibilityTimeout: '0' });
    const { MessageId } = await f.call('SendMessage', { QueueUrl, MessageBody: 'm' });
    await f.call('SendMessage', { QueueUrl, MessageBody: 'n' });
    await receive(f, QueueUrl);
    expect(await receive(f, QueueUrl)).toEqual([]);
    const SourceArn = `${ARN}:dlq`;
    await f.call('StartMessageMoveTask', { SourceArn, MaxNumberOfMessagesPerSecond: 1 });
    const task = async () => (await f.call('ListMessageMoveTasks', { SourceArn })).Results[0];
    const running = await task();
    expect(running).toMatchObject({
      Status: 'RUNNING',
      TaskHandle: expect.any(String),
      MaxNumberOfMessagesPerSecond: 1,
    });
    expect(running).not.toHaveProperty('DestinationArn');
    await f.clock.advance(5000);
    const done = await task();
    expect(done).toMatchObject({ Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 2 });
    expect(done.StartedTimestamp).toEqual(expect.any(Number));
    expect(done).not.toHaveProperty('TaskHandle');
    const [moved] = await receive(f, QueueUrl, { AttributeNames: ['All'] });
    expect(moved.MessageId).not.toBe(MessageId);
    expect(moved.Attributes.ApproximateReceiveCount).toBe('1');
    // Sent directly, so that it has no source queue.
    await f.call('SendMessage', { QueueUrl: dlq, MessageBody: 'stray' });
    await f.call('StartMessageMoveTask', { SourceArn });
    await f.clock.advance(1000);
    expect(await task()).toMatchObject({ Status: 'FAILED', FailureReason: 'CouldNotDetermineMessageSource' });
  });
});
