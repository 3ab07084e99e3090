import { describe, expect, it } from 'vitest';
import { overBothWires } from '../helpers.ts';
import { type FifoFixture, fifoFixture } from './fifo-client.ts';

const TIMEOUT = 30_000;
const DLQ_ARN = 'arn:aws:sqs:us-east-1:000000000000:dlq.fifo';

overBothWires('A received message of a FIFO queue', (fixture) => {
  const setup = async (attributes = {}) => {
    const f = await fifoFixture(fixture);
    return { f, q: await f.fifo('q.fifo', attributes) };
  };

  describe('and its receipt handle', () => {
    const expired = (handle: string) => ({
      status: 400,
      code: 'InvalidParameterValue',
      message: `Value ${handle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.`,
    });
    const unavailable = (handle: string) => ({
      status: 400,
      code: 'InvalidParameterValue',
      message: `Value ${handle} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.`,
    });

    /** Expects deletes and visibility changes to fail, in single requests and in batches. */
    const expectInvalid = async ({ call }: FifoFixture, QueueUrl: string, ReceiptHandle: string) => {
      const timeout = { VisibilityTimeout: 5 };
      await expect(call('DeleteMessage', { QueueUrl, ReceiptHandle })).rejects.toMatchObject(expired(ReceiptHandle));
      await expect(call('ChangeMessageVisibility', { QueueUrl, ReceiptHandle, ...timeout })).rejects.toMatchObject(
        unavailable(ReceiptHandle),
      );
      expect(await call('DeleteMessageBatch', { QueueUrl, Entries: [{ Id: 'e', ReceiptHandle }] })).toEqual({
        Failed: [
          { Id: 'e', SenderFault: true, Code: 'ReceiptHandleIsInvalid', Message: 'The receipt handle has expired' },
        ],
      });
      const Entries = [{ Id: 'e', ReceiptHandle, ...timeout }];
      expect(await call('ChangeMessageVisibilityBatch', { QueueUrl, Entries })).toEqual({
        Failed: [
          {
            Id: 'e',
            SenderFault: true,
            Code: 'ReceiptHandleIsInvalid',
            Message: 'Message does not exist or is not available for visibility timeout change',
          },
        ],
      });
    };

    it('can be deleted with the latest handle while in flight, repeatedly', async () => {
      const { f, q } = await setup();
      await f.send(q, 'a1');
      await f.receive(q);
      await f.clock.advance(TIMEOUT - 1);
      await f.remove(q, 'a1 a1');
      const Entries = [{ Id: 'e', ReceiptHandle: f.handle('a1') }];
      expect(await f.call('DeleteMessageBatch', { QueueUrl: q, Entries })).toEqual({ Successful: [{ Id: 'e' }] });
      expect(await f.counts(q)).toEqual([0, 0, 0]);
      await expect(f.change(q, 'a1', 1)).rejects.toMatchObject(unavailable(f.handle('a1')));
    });

    it('cannot be deleted or hidden once the visibility timeout has ended', async () => {
      const { f, q } = await setup();
      await f.send(q, 'a1');
      await f.receive(q);
      await f.clock.advance(TIMEOUT);
      await expectInvalid(f, q, f.handle('a1'));
      expect(await f.counts(q)).toEqual([1, 0, 0]);
    });

    it('cannot be deleted or hidden with the handle of an earlier receive', async () => {
      const { f, q } = await setup();
      await f.send(q, 'a1');
      await f.receive(q);
      const first = f.handle('a1');
      await f.clock.advance(TIMEOUT);
      await f.receive(q);
      expect(f.handle('a1')).not.toBe(first);
      await expectInvalid(f, q, first);
      expect(await f.counts(q)).toEqual([0, 1, 0]);
      await f.remove(q, 'a1');
    });

    it('cannot be deleted or hidden with the handle of a receive with a visibility timeout of 0', async () => {
      const { f, q } = await setup();
      await f.send(q, 'a1');
      await f.receive(q, { VisibilityTimeout: 0 });
      await expectInvalid(f, q, f.handle('a1'));
    });

    it('needs a handle of its own queue', async () => {
      const { f, q } = await setup();
      const other = await f.fifo('other.fifo');
      await f.send(other, 'a1');
      await f.receive(other);
      await expect(f.remove(q, 'a1')).rejects.toMatchObject({ status: 404, code: 'ReceiptHandleIsInvalid' });
      await expect(f.change(q, 'a1', 1)).rejects.toMatchObject({ status: 404, code: 'ReceiptHandleIsInvalid' });
    });

    it('can be hidden until 12 hours after its receive', async () => {
      const { f, q } = await setup();
      await f.send(q, 'a1');
      await f.receive(q);
      await f.clock.advance(5000);
      await expect(f.change(q, 'a1', 43_196)).rejects.toMatchObject({
        message:
          'Value 43196 for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [43200 seconds]',
      });
      await f.change(q, 'a1', 43_195);
      await f.clock.advance(43_194_999);
      await f.remove(q, 'a1');
    });
  });

  it('counts against the in-flight limit, at which receives return nothing, without an error', async () => {
    const f = await fifoFixture(fixture, { inFlightLimit: 2 });
    const q = await f.fifo();
    await f.send(q, 'a1 a2 a3 b1');
    expect(await f.names(q)).toBe('a1 a2');
    expect(await f.names(q)).toBe('');
    await f.change(q, 'a2', 0);
    expect(await f.names(q)).toBe('b1');
    expect(await f.names(q)).toBe('');
  });

  describe('that was received too often', () => {
    const withDeadLetters = async (maxReceiveCount = 1) => {
      const f = await fifoFixture(fixture);
      const dlq = await f.fifo('dlq.fifo', { DelaySeconds: '100', MessageRetentionPeriod: '60' });
      const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: DLQ_ARN, maxReceiveCount });
      return { f, dlq, q: await f.fifo('q.fifo', { RedrivePolicy }) };
    };

    it('becomes a new message of the same group in the dead-letter queue', async () => {
      const { f, q, dlq } = await withDeadLetters();
      const MessageAttributes = { color: { DataType: 'String', StringValue: 'blue' } };
      const [sent] = await f.send(q, 'a1', { MessageAttributes });
      const all = { AttributeNames: ['All'], MessageAttributeNames: ['All'] };
      const [before] = await f.receive(q, all);
      await f.send(q, 'a2');
      await f.clock.advance(TIMEOUT);
      const now = f.clock.now();
      expect(await f.names(q)).toBe('a2');
      await f.clock.advance(10);
      const [after] = await f.receive(dlq, all);
      expect(after).toEqual({ ...before, ReceiptHandle: expect.any(String), Attributes: expect.anything() });
      expect(after.Attributes).toEqual({
        ...before.Attributes,
        SentTimestamp: String(now),
        ApproximateReceiveCount: '2',
        SequenceNumber: expect.stringMatching(/^\d{20}$/),
        MessageDeduplicationId: sent.MessageId,
        MessageGroupId: 'a',
        DeadLetterQueueSourceArn: 'arn:aws:sqs:us-east-1:000000000000:q.fifo',
      });
      expect(BigInt(after.Attributes.SequenceNumber)).toBeGreaterThan(BigInt(sent.SequenceNumber));
      // Its retention counts from the move.
      await f.clock.advance(59_989);
      expect(await f.counts(dlq)).toEqual([1, 0, 0]);
      await f.clock.advance(1);
      expect(await f.counts(dlq)).toEqual([0, 0, 0]);
    });

    it('is moved on the receive after the last allowed one, and its group continues', async () => {
      const { f, q, dlq } = await withDeadLetters(2);
      await f.send(q, 'a1 a2');
      const one = { MaxNumberOfMessages: 1 };
      for (let count = 0; count < 2; count++) {
        expect(await f.names(q, one)).toBe('a1');
        await f.clock.advance(TIMEOUT);
      }
      expect(await f.counts(dlq)).toEqual([0, 0, 0]);
      expect(await f.names(q, one)).toBe('a2');
      expect(await f.counts(q)).toEqual([0, 1, 0]);
      expect(await f.names(dlq)).toBe('a1');
    });

    it('is still deduplicated in its source queue, where its old receipt handle has no effect', async () => {
      const { f, q, dlq } = await withDeadLetters();
      const [first] = await f.send(q, 'a1');
      await f.receive(q);
      const old = f.handle('a1');
      await f.clock.advance(TIMEOUT);
      expect(await f.names(q)).toBe('');
      expect(await f.send(q, 'a1')).toEqual([first]);
      expect(await f.call('DeleteMessage', { QueueUrl: q, ReceiptHandle: old })).toEqual({});
      await expect(f.change(q, 'a1', 1)).rejects.toMatchObject({ code: 'InvalidParameterValue' });
      // In the dead-letter queue, the sender's deduplication ID is not in use.
      await f.send(dlq, 'a1');
      expect(await f.counts(dlq)).toEqual([1, 0, 1]);
    });

    it('can only be moved to a FIFO queue', async () => {
      const { f, q } = await setup();
      await f.queue('standard');
      const arn = 'arn:aws:sqs:us-east-1:000000000000:standard';
      const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arn, maxReceiveCount: 1 });
      await expect(f.call('SetQueueAttributes', { QueueUrl: q, Attributes: { RedrivePolicy } })).rejects.toMatchObject({
        code: 'InvalidParameterValue',
        message: `Value ${RedrivePolicy} for parameter RedrivePolicy is invalid. Reason: Dead-letter queue must be same type of queue as the source..`,
      });
    });
  });

  describe('after the end of its queue', () => {
    it('is gone when the queue is purged, and no longer locks its group', async () => {
      const { f, q } = await setup();
      await f.send(q, 'a1 a2');
      await f.receive(q, { MaxNumberOfMessages: 1 });
      await f.call('PurgeQueue', { QueueUrl: q });
      expect(await f.counts(q)).toEqual([0, 0, 0]);
      await f.send(q, 'a3');
      expect(await f.names(q)).toBe('a3');
      await f.remove(q, 'a1');
      await expect(f.change(q, 'a1', 1)).rejects.toMatchObject({ code: 'InvalidParameterValue' });
    });

    it('is gone when the queue is deleted, even if a new queue has the same name', async () => {
      const { f, q } = await setup();
      await f.send(q, 'a1 a2');
      await f.receive(q, { MaxNumberOfMessages: 1 });
      await f.call('DeleteQueue', { QueueUrl: q });
      await expect(f.send(q, 'a3')).rejects.toMatchObject({ code: 'AWS.SimpleQueueService.NonExistentQueue' });
      expect(await f.fifo()).toBe(q);
      await f.send(q, 'a3');
      expect(await f.names(q)).toBe('a3');
      await expect(f.remove(q, 'a1')).rejects.toMatchObject({ code: 'ReceiptHandleIsInvalid' });
    });
  });
});
