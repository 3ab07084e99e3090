import { describe, expect, it } from 'vitest';
import { type Fixture, overBothWires } from '../../helpers.ts';

async function attributes({ call }: Fixture, QueueUrl: string, ...AttributeNames: string[]) {
  return (await call('GetQueueAttributes', { QueueUrl, AttributeNames })).Attributes;
}

overBothWires('SetQueueAttributes', (fixture) => {
  describe('behaviour', () => {
    it('sets the given attributes, keeps the others, and updates LastModifiedTimestamp', async () => {
      const f = await fixture();
      const QueueUrl = await f.queue('q', { DelaySeconds: '7' });
      await f.clock.advance(5000);
      expect(await f.call('SetQueueAttributes', { QueueUrl, Attributes: { VisibilityTimeout: '007' } })).toEqual({});
      const { VisibilityTimeout, DelaySeconds, CreatedTimestamp, LastModifiedTimestamp } = await attributes(
        f,
        QueueUrl,
        'All',
      );
      expect([VisibilityTimeout, DelaySeconds]).toEqual(['7', '7']);
      expect(Number(LastModifiedTimestamp) - Number(CreatedTimestamp)).toBe(5);
    });

    it('returns JSON attributes in compact form, and removes them if set to an empty string', async () => {
      const f = await fixture();
      await f.queue('dlq');
      const QueueUrl = await f.queue();
      const arn = 'arn:aws:sqs:us-east-1:000000000000:dlq';
      const statement = { Sid: 's', Effect: 'Allow', Principal: '*', Action: 'sqs:*', Resource: '*' };
      const policy = { Version: '2012-10-17', Statement: [statement] };
      const Attributes = {
        Policy: JSON.stringify(policy, null, 2),
        RedrivePolicy: JSON.stringify({ maxReceiveCount: '3', deadLetterTargetArn: arn }),
        RedriveAllowPolicy: '{ "redrivePermission" : "denyAll" }',
      };
      await f.call('SetQueueAttributes', { QueueUrl, Attributes });
      expect(await attributes(f, QueueUrl, 'Policy', 'RedrivePolicy', 'RedriveAllowPolicy')).toEqual({
        Policy: JSON.stringify(policy),
        RedrivePolicy: `{"deadLetterTargetArn":"${arn}","maxReceiveCount":3}`,
        RedriveAllowPolicy: '{"redrivePermission":"denyAll"}',
      });
      const nothing = { Policy: '', RedrivePolicy: '', RedriveAllowPolicy: '' };
      await f.call('SetQueueAttributes', { QueueUrl, Attributes: nothing });
      expect(await attributes(f, QueueUrl, ...Object.keys(nothing))).toBeUndefined();
    });

    it("turns SQS's own encryption off when a KMS key is set, and not on again when it is removed", async () => {
      const f = await fixture();
      const QueueUrl = await f.queue();
      const names = ['KmsMasterKeyId', 'KmsDataKeyReusePeriodSeconds', 'SqsManagedSseEnabled'];
      const set = async (Attributes: Record<string, string>) => {
        await f.call('SetQueueAttributes', { QueueUrl, Attributes });
        return attributes(f, QueueUrl, ...names);
      };
      expect(await attributes(f, QueueUrl, ...names)).toEqual({ SqsManagedSseEnabled: 'true' });
      const withKey = { KmsMasterKeyId: 'k', KmsDataKeyReusePeriodSeconds: '300', SqsManagedSseEnabled: 'false' };
      expect(await set({ KmsMasterKeyId: 'k' })).toEqual(withKey);
      expect(await set({ KmsDataKeyReusePeriodSeconds: '6000' })).toEqual({
        ...withKey,
        KmsDataKeyReusePeriodSeconds: '6000',
      });
      expect(await set({ KmsMasterKeyId: '', KmsDataKeyReusePeriodSeconds: '300' })).toEqual({
        SqsManagedSseEnabled: 'false',
      });
    });

    it('applies a shorter retention period to existing messages', async () => {
      const { call, queue, clock } = await fixture();
      const QueueUrl = await queue();
      await call('SendMessage', { QueueUrl, MessageBody: 'old' });
      await clock.advance(60_000);
      await call('SendMessage', { QueueUrl, MessageBody: 'new' });
      await call('SetQueueAttributes', { QueueUrl, Attributes: { MessageRetentionPeriod: '60' } });
      const { Messages } = await call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 });
      expect(Messages).toMatchObject([{ Body: 'new' }]);
    });

    it('no longer counts the messages that a shorter retention period expires, even if there are thousands', async () => {
      const { call, queue, clock } = await fixture();
      const QueueUrl = await queue();
      const Entries = Array.from({ length: 10 }, (_, index) => ({ Id: `e${index}`, MessageBody: 'm' }));
      await Promise.all(Array.from({ length: 120 }, () => call('SendMessageBatch', { QueueUrl, Entries })));
      await clock.advance(60_000);
      await call('SetQueueAttributes', { QueueUrl, Attributes: { MessageRetentionPeriod: '60' } });
      const { Attributes } = await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] });
      expect(Attributes).toMatchObject({ ApproximateNumberOfMessages: '0' });
    });
  });

  describe('rejects', () => {
    it.each([undefined, {}])('attributes of %j', async (Attributes) => {
      const { call, queue } = await fixture();
      await expect(call('SetQueueAttributes', { QueueUrl: await queue(), Attributes })).rejects.toMatchObject({
        code: 'MissingParameter',
        message: 'The request must contain the parameter Attribute.Name.',
      });
    });

    it('all attributes if one value is invalid', async () => {
      const f = await fixture();
      const QueueUrl = await f.queue();
      const Attributes = { VisibilityTimeout: '1', DelaySeconds: 'x' };
      await expect(f.call('SetQueueAttributes', { QueueUrl, Attributes })).rejects.toMatchObject({
        code: 'InvalidAttributeValue',
        message: 'Invalid value for the parameter DelaySeconds.',
      });
      expect(await attributes(f, QueueUrl, 'VisibilityTimeout')).toEqual({ VisibilityTimeout: '30' });
    });

    it('one of two attributes that exclude each other, even if they are set at the same time', async () => {
      const f = await fixture();
      const QueueUrl = await f.queue('q.fifo', { FifoQueue: 'true', DeduplicationScope: 'messageGroup' });
      const outcomes = await Promise.allSettled([
        f.call('SetQueueAttributes', { QueueUrl, Attributes: { DeduplicationScope: 'queue' } }),
        f.call('SetQueueAttributes', { QueueUrl, Attributes: { FifoThroughputLimit: 'perMessageGroupId' } }),
      ]);
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    });

    it('both kinds of encryption', async () => {
      const { call, queue } = await fixture();
      const QueueUrl = await queue('q', { KmsMasterKeyId: 'k' });
      const Attributes = { SqsManagedSseEnabled: 'true' };
      await expect(call('SetQueueAttributes', { QueueUrl, Attributes })).rejects.toMatchObject({
        code: 'InvalidAttributeName',
        message:
          'You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.',
      });
    });

    it('FifoQueue, whatever its value', async () => {
      const { call, queue } = await fixture();
      const QueueUrl = await queue();
      for (const FifoQueue of ['true', 'false']) {
        await expect(call('SetQueueAttributes', { QueueUrl, Attributes: { FifoQueue } })).rejects.toMatchObject({
          code: 'InvalidAttributeName',
          message: 'Unknown Attribute FifoQueue.',
        });
      }
    });

    const arn = 'arn:aws:sqs:us-east-1:000000000000:dlq';
    it.each([
      [{ deadLetterTargetArn: arn }, 'Redrive policy does not contain mandatory attribute: maxReceiveCount.'],
      [{ maxReceiveCount: 1 }, 'Redrive policy does not contain mandatory attribute: deadLetterTargetArn.'],
      [
        { maxReceiveCount: 1, deadLetterTargetArn: arn, colour: 'red' },
        'Only following attributes are supported: [maxReceiveCount, deadLetterTargetArn].',
      ],
      [
        { maxReceiveCount: 1001, deadLetterTargetArn: arn },
        'Invalid value for maxReceiveCount: 1001, valid values are from 1 to 1000 both inclusive.',
      ],
      [
        { maxReceiveCount: 'x', deadLetterTargetArn: arn },
        'Invalid value for maxReceiveCount: x, valid values are from 1 to 1000 both inclusive.',
      ],
      [{ maxReceiveCount: 1, deadLetterTargetArn: arn }, 'Dead letter target does not exist.'],
      [
        { maxReceiveCount: 1, deadLetterTargetArn: arn.replace('000000000000', '111122223333') },
        'Dead-letter target owner should be same as the source.',
      ],
      [
        { maxReceiveCount: 1, deadLetterTargetArn: arn.replace('sqs', 'sns') },
        'Only SQS queues are valid resources for deadLetterTargetArn.',
      ],
      [{ maxReceiveCount: 1, deadLetterTargetArn: 'dlq' }, 'Dead-letter target ARN should be fully qualified ARN.'],
    ])('the redrive policy %j', async (policy, reason) => {
      const { call, queue } = await fixture();
      const RedrivePolicy = JSON.stringify(policy);
      const asked = { QueueUrl: await queue(), Attributes: { RedrivePolicy } };
      await expect(call('SetQueueAttributes', asked)).rejects.toMatchObject({
        code: 'InvalidParameterValue',
        message: `Value ${RedrivePolicy} for parameter RedrivePolicy is invalid. Reason: ${reason}`,
      });
    });

    it('a dead-letter queue that does not allow this source', async () => {
      const { call, queue } = await fixture();
      const QueueUrl = await queue();
      const allow = (policy: object) => ({ RedriveAllowPolicy: JSON.stringify(policy) });
      const byQueue = (name: string) => ({
        redrivePermission: 'byQueue',
        sourceQueueArns: [`arn:aws:sqs:us-east-1:000000000000:${name}`],
      });
      const dlq = await queue('dlq', allow({ redrivePermission: 'denyAll' }));
      const set = () =>
        call('SetQueueAttributes', {
          QueueUrl,
          Attributes: { RedrivePolicy: JSON.stringify({ maxReceiveCount: 1, deadLetterTargetArn: arn }) },
        });
      await expect(set()).rejects.toMatchObject({ code: 'InvalidParameterValue' });
      await call('SetQueueAttributes', { QueueUrl: dlq, Attributes: allow(byQueue('other')) });
      await expect(set()).rejects.toMatchObject({ code: 'InvalidParameterValue' });
      await call('SetQueueAttributes', { QueueUrl: dlq, Attributes: allow(byQueue('q')) });
      expect(await set()).toEqual({});
    });
  });
});
