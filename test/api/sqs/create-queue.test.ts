import { describe, expect, it } from 'vitest';
import { overBothWires } from '../../helpers.ts';

const policyFor = (name: string) =>
  JSON.stringify({ maxReceiveCount: 3, deadLetterTargetArn: `arn:aws:sqs:us-east-1:000000000000:${name}` });

overBothWires('CreateQueue', (fixture) => {
  describe('behaviour', () => {
    it('returns a URL with the host that the caller used', async () => {
      const { call, squab } = await fixture();
      expect(await call('CreateQueue', { QueueName: 'q' })).toEqual({ QueueUrl: `${squab.url}/000000000000/q` });
      const other = { headers: { host: 'squab.internal:1234' } };
      expect(await call('CreateQueue', { QueueName: 'q' }, other)).toMatchObject({ QueueUrl: expect.any(String) });
    });

    it('returns the existing queue if no given attribute differs', async () => {
      const { call, queue } = await fixture();
      const QueueUrl = await queue('q', { VisibilityTimeout: '5', Policy: '' });
      for (const Attributes of [undefined, {}, { VisibilityTimeout: '05' }, { DelaySeconds: '0' }]) {
        expect(await call('CreateQueue', { QueueName: 'q', ...(Attributes && { Attributes }) })).toEqual({ QueueUrl });
      }
    });

    it('returns the existing queue, even if its dead-letter queue is gone or no longer allows it', async () => {
      const { call, queue } = await fixture();
      const dlq = await queue('dlq');
      const attributes = { RedrivePolicy: policyFor('dlq'), VisibilityTimeout: '5' };
      const QueueUrl = await queue('q', attributes);
      const RedriveAllowPolicy = JSON.stringify({ redrivePermission: 'denyAll' });
      await call('SetQueueAttributes', { QueueUrl: dlq, Attributes: { RedriveAllowPolicy } });
      expect(await queue('q', attributes)).toBe(QueueUrl);
      await call('DeleteQueue', { QueueUrl: dlq });
      expect(await queue('q', attributes)).toBe(QueueUrl);
      // The policy is compared in SQS's own form.
      const { deadLetterTargetArn } = JSON.parse(attributes.RedrivePolicy);
      const other = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: '3' });
      expect(await queue('q', { RedrivePolicy: other })).toBe(QueueUrl);
    });

    it('does not compare tags', async () => {
      const { call, queue } = await fixture();
      const QueueUrl = await queue();
      expect(await call('CreateQueue', { QueueName: 'q', tags: { team: 'a' } })).toEqual({ QueueUrl });
    });

    it('separates queues of the same name by region and account', async () => {
      const { call, queue } = await fixture();
      const here = await queue();
      const there = { region: 'eu-west-1' };
      const theirs = { account: '111122223333' };
      expect(await call('ListQueues', {}, there)).toEqual({});
      const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' }, theirs);
      expect(QueueUrl).toMatch(/\/111122223333\/q$/);
      await call('SendMessage', { QueueUrl, MessageBody: 'theirs' }, theirs);
      await call('CreateQueue', { QueueName: 'q' }, there);
      expect(await call('ReceiveMessage', { QueueUrl: here })).toEqual({});
      expect(await call('ReceiveMessage', { QueueUrl: here }, there)).toEqual({});
      expect((await call('ReceiveMessage', { QueueUrl })).Messages).toHaveLength(1);
    });

    it('accepts names of 80 letters, digits, hyphens and underscores', async () => {
      const { call } = await fixture();
      const QueueName = `${'aZ09-_'.repeat(13)}ab`;
      expect((await call('CreateQueue', { QueueName })).QueueUrl).toMatch(new RegExp(`/${QueueName}$`));
    });

    it('ignores differences in an attribute that is not reported', async () => {
      const { queue } = await fixture();
      // A reuse period without a key.
      const attributes = { KmsDataKeyReusePeriodSeconds: '600' };
      expect(await queue('q', attributes)).toBe(await queue('q', attributes));
      await expect(queue('q', { KmsDataKeyReusePeriodSeconds: '60' })).rejects.toMatchObject({
        code: 'QueueAlreadyExists',
      });
    });
  });

  describe('rejects', () => {
    const badName = {
      status: 400,
      code: 'InvalidParameterValue',
      message: 'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length',
    };

    it.each(['a'.repeat(81), 'a b', 'ä', 'a.b', 'q.fifo', 'a/b'])('the name %s', async (QueueName) => {
      const { call } = await fixture();
      await expect(call('CreateQueue', { QueueName })).rejects.toMatchObject(badName);
    });

    it('a missing or an empty name', async () => {
      const { call } = await fixture();
      await expect(call('CreateQueue')).rejects.toMatchObject({
        code: 'InvalidParameterValue',
        message: 'Value for parameter QueueName is invalid. Reason: Must specify a queue name.',
      });
      await expect(call('CreateQueue', { QueueName: '' })).rejects.toMatchObject({
        code: 'InvalidParameterValue',
        message: 'Queue name cannot be empty',
      });
    });

    it.each([
      ['VisibilityTimeout', '43201'],
      ['VisibilityTimeout', '-1'],
      ['VisibilityTimeout', 'ten'],
      ['VisibilityTimeout', '1.5'],
      ['VisibilityTimeout', ''],
      ['DelaySeconds', '901'],
      ['MaximumMessageSize', '1023'],
      ['MaximumMessageSize', '1048577'],
      ['MessageRetentionPeriod', '59'],
      ['MessageRetentionPeriod', '1209601'],
      ['ReceiveMessageWaitTimeSeconds', '21'],
      ['KmsDataKeyReusePeriodSeconds', '59'],
      ['SqsManagedSseEnabled', 'yes'],
      ['Policy', 'not JSON'],
      ['Policy', '[]'],
    ])('%s of "%s"', async (name, value) => {
      const { queue, call } = await fixture();
      await expect(queue('q', { [name]: value })).rejects.toMatchObject({
        status: 400,
        code: 'InvalidAttributeValue',
        message: `Invalid value for the parameter ${name}.`,
      });
      expect(await call('ListQueues')).toEqual({});
    });

    it.each(['Colour', 'QueueArn', 'CreatedTimestamp', 'ApproximateNumberOfMessages', 'All', '__proto__'])(
      'the attribute %s',
      async (name) => {
        const { queue } = await fixture();
        const attributes = Object.fromEntries([[name, '1']]);
        await expect(queue('q', attributes)).rejects.toMatchObject({
          code: 'InvalidAttributeName',
          message: `Unknown Attribute ${name}.`,
        });
      },
    );

    it.each(['true', 'false'])('FifoQueue=%s for a standard name', async (value) => {
      const { queue } = await fixture();
      await expect(queue('q', { FifoQueue: value })).rejects.toMatchObject(
        value === 'false'
          ? { code: 'InvalidAttributeName', message: 'Unknown Attribute FifoQueue.' }
          : { code: 'InvalidParameterValue', message: expect.stringContaining('must end with .fifo suffix') },
      );
    });

    it('attributes of FIFO queues', async () => {
      const { queue } = await fixture();
      await expect(queue('q', { ContentBasedDeduplication: 'true' })).rejects.toMatchObject({
        message: 'Unknown Attribute ContentBasedDeduplication.',
      });
      await expect(queue('q', { DeduplicationScope: 'queue' })).rejects.toMatchObject({
        code: 'InvalidAttributeName',
        message: 'You can specify the DeduplicationScope only when FifoQueue is set to true.',
      });
    });

    it('a dead-letter queue that is gone, for a queue that does not exist or had another redrive policy', async () => {
      const { call, queue } = await fixture();
      const RedrivePolicy = policyFor('dlq');
      await queue('dlq');
      await queue('q');
      await call('DeleteQueue', { QueueUrl: await queue('dlq') });
      const refusal = { code: 'InvalidParameterValue', message: expect.stringContaining('target does not exist.') };
      await expect(queue('other', { RedrivePolicy })).rejects.toMatchObject(refusal);
      await expect(queue('q', { RedrivePolicy })).rejects.toMatchObject(refusal);
    });

    it('another value for an attribute of an existing queue', async () => {
      const { queue } = await fixture();
      await queue('q', { VisibilityTimeout: '5' });
      const refusal = {
        status: 400,
        code: 'QueueAlreadyExists',
        message: 'A queue already exists with the same name and a different value for attribute VisibilityTimeout',
      };
      await expect(queue('q', { VisibilityTimeout: '30' })).rejects.toMatchObject(refusal);
      await expect(queue('q', { VisibilityTimeout: '5', DelaySeconds: '1' })).rejects.toMatchObject({
        message: expect.stringMatching(/attribute DelaySeconds$/),
      });
    });
  });
});
