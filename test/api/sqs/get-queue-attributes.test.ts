import { describe, expect, it } from 'vitest';
import { overBothWires } from '../../helpers.ts';

overBothWires('GetQueueAttributes', (fixture) => {
  describe('behaviour', () => {
    it('returns exactly twelve attributes of a new standard queue', async () => {
      const { call, queue, clock } = await fixture();
      const QueueUrl = await queue();
      const seconds = String(Math.floor(clock.now() / 1000));
      expect(await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] })).toEqual({
        Attributes: {
          ApproximateNumberOfMessages: '0',
          ApproximateNumberOfMessagesDelayed: '0',
          ApproximateNumberOfMessagesNotVisible: '0',
          CreatedTimestamp: seconds,
          DelaySeconds: '0',
          LastModifiedTimestamp: seconds,
          MaximumMessageSize: '1048576',
          MessageRetentionPeriod: '345600',
          QueueArn: 'arn:aws:sqs:us-east-1:000000000000:q',
          ReceiveMessageWaitTimeSeconds: '0',
          SqsManagedSseEnabled: 'true',
          VisibilityTimeout: '30',
        },
      });
    });

    it('returns nothing if no attribute is requested', async () => {
      const { call, queue } = await fixture();
      expect(await call('GetQueueAttributes', { QueueUrl: await queue() })).toEqual({});
    });

    it('omits attributes without a value', async () => {
      const { call, queue } = await fixture();
      const QueueUrl = await queue();
      const AttributeNames = ['Policy', 'FifoQueue', 'KmsDataKeyReusePeriodSeconds', 'VisibilityTimeout'];
      expect(await call('GetQueueAttributes', { QueueUrl, AttributeNames })).toEqual({
        Attributes: { VisibilityTimeout: '30' },
      });
      expect(await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['Policy'] })).toEqual({});
    });

    it('returns an ARN with the partition of the region', async () => {
      const { call } = await fixture();
      const region = { region: 'cn-north-1' };
      const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' }, region);
      const { Attributes } = await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['QueueArn'] }, region);
      expect(Attributes).toEqual({ QueueArn: 'arn:aws-cn:sqs:cn-north-1:000000000000:q' });
    });

    it('counts visible, delayed and in-flight messages as time passes', async () => {
      const { call, queue, clock } = await fixture();
      const QueueUrl = await queue('q', { VisibilityTimeout: '10', MessageRetentionPeriod: '60' });
      const counts = async () => {
        const { Attributes } = await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] });
        const { ApproximateNumberOfMessages: visible, ApproximateNumberOfMessagesNotVisible: inFlight } = Attributes;
        return [visible, inFlight, Attributes.ApproximateNumberOfMessagesDelayed].map(Number);
      };
      for (const DelaySeconds of [0, 0, 5]) await call('SendMessage', { QueueUrl, MessageBody: 'm', DelaySeconds });
      expect(await counts()).toEqual([2, 0, 1]);
      await call('ReceiveMessage', { QueueUrl });
      expect(await counts()).toEqual([1, 1, 1]);
      await clock.advance(5000);
      expect(await counts()).toEqual([2, 1, 0]);
      await clock.advance(5000);
      expect(await counts()).toEqual([3, 0, 0]);
      await clock.advance(49_999);
      expect(await counts()).toEqual([3, 0, 0]);
      await clock.advance(1);
      expect(await counts()).toEqual([0, 0, 0]);
    });
  });

  describe('rejects', () => {
    it('an unknown attribute', async () => {
      const { call, queue } = await fixture();
      const asked = { QueueUrl: await queue(), AttributeNames: ['VisibilityTimeout', 'Colour'] };
      await expect(call('GetQueueAttributes', asked)).rejects.toMatchObject({
        status: 400,
        code: 'InvalidAttributeName',
        message: 'Unknown Attribute Colour.',
      });
    });
  });
});
