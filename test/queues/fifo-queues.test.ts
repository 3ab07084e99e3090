import { describe, expect, it } from 'vitest';
import { type Fixture, type Input, overBothWires } from '../helpers.ts';

const FIFO = { FifoQueue: 'true' };
const NAME = 'q.fifo';

overBothWires('A FIFO queue', (fixture) => {
  const attributesOf = async ({ call }: Fixture, QueueUrl: string, ...AttributeNames: string[]) =>
    (await call('GetQueueAttributes', { QueueUrl, AttributeNames })).Attributes;

  describe('has attributes', () => {
    it('for FIFO queues among all attributes', async () => {
      const f = await fixture();
      const all = await attributesOf(f, await f.queue(NAME, FIFO), 'All');
      expect(Object.keys(all)).toHaveLength(16);
      expect(all).toMatchObject({
        ...{ FifoQueue: 'true', ContentBasedDeduplication: 'false' },
        ...{ DeduplicationScope: 'queue', FifoThroughputLimit: 'perQueue' },
        QueueArn: 'arn:aws:sqs:us-east-1:000000000000:q.fifo',
      });
    });

    it('that a standard queue does not report, even on request', async () => {
      const f = await fixture();
      const names = ['FifoQueue', 'ContentBasedDeduplication', 'DeduplicationScope', 'FifoThroughputLimit'];
      expect(await attributesOf(f, await f.queue('q'), ...names)).toBeUndefined();
    });

    it.each([
      ['queue', 'perQueue'],
      ['messageGroup', 'perQueue'],
      ['messageGroup', 'perMessageGroupId'],
    ])('with the scope %s and the limit %s', async (DeduplicationScope, FifoThroughputLimit) => {
      const f = await fixture();
      const Attributes = { DeduplicationScope, FifoThroughputLimit };
      const created = await f.queue(NAME, { ...FIFO, ...Attributes });
      const set = await f.queue('other.fifo', FIFO);
      await f.call('SetQueueAttributes', { QueueUrl: set, Attributes });
      for (const url of [created, set])
        expect(await attributesOf(f, url, ...Object.keys(Attributes))).toEqual(Attributes);
    });

    it('but never a limit per message group together with the scope queue', async () => {
      const f = await fixture();
      const refused = {
        code: 'InvalidAttributeValue',
        message: 'The perMessageGroupId value is allowed only when the value for DeduplicationScope is messageGroup',
      };
      const byGroup = { FifoThroughputLimit: 'perMessageGroupId' };
      await expect(f.queue(NAME, { ...FIFO, ...byGroup })).rejects.toMatchObject(refused);
      const QueueUrl = await f.queue(NAME, FIFO);
      const set = (Attributes: Record<string, string>) => f.call('SetQueueAttributes', { QueueUrl, Attributes });
      await expect(set(byGroup)).rejects.toMatchObject(refused);
      await set({ ...byGroup, DeduplicationScope: 'messageGroup' });
      await expect(set({ DeduplicationScope: 'queue' })).rejects.toMatchObject(refused);
      await set({ DeduplicationScope: 'queue', FifoThroughputLimit: 'perQueue' });
    });

    it.each([
      ['ContentBasedDeduplication', 'yes'],
      ['DeduplicationScope', 'Queue'],
      ['FifoThroughputLimit', 'none'],
    ])('but rejects a %s of %s', async (name, value) => {
      const f = await fixture();
      const refused = { code: 'InvalidAttributeValue', message: `Invalid value for the parameter ${name}.` };
      await expect(f.queue(NAME, { ...FIFO, [name]: value })).rejects.toMatchObject(refused);
      const QueueUrl = await f.queue(NAME, FIFO);
      const Attributes = { [name]: value };
      await expect(f.call('SetQueueAttributes', { QueueUrl, Attributes })).rejects.toMatchObject(refused);
    });

    it('but cannot become a standard queue', async () => {
      const f = await fixture();
      const QueueUrl = await f.queue(NAME, FIFO);
      const set = (FifoQueue: string) =>
        f.call('SetQueueAttributes', { QueueUrl, Attributes: { FifoQueue, VisibilityTimeout: '7' } });
      expect(await set('true')).toEqual({});
      await expect(set('false')).rejects.toMatchObject({
        code: 'InvalidAttributeValue',
        message: 'Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.',
      });
    });
  });

  describe('is created', () => {
    it('once; creating it again succeeds only with the same attributes', async () => {
      const f = await fixture();
      const url = await f.queue(NAME, { ...FIFO, ContentBasedDeduplication: 'TRUE' });
      expect(await f.queue(NAME, { FifoQueue: 'True', ContentBasedDeduplication: 'true' })).toBe(url);
      await expect(f.queue(NAME, { ...FIFO, ContentBasedDeduplication: 'false' })).rejects.toMatchObject({
        code: 'QueueAlreadyExists',
        message:
          'A queue already exists with the same name and a different value for attribute ContentBasedDeduplication',
      });
    });

    it('with a name of up to 80 characters that ends with .fifo', async () => {
      const f = await fixture();
      expect(await f.queue(`${'x'.repeat(75)}.fifo`, FIFO)).toContain('x.fifo');
      for (const name of ['q', '.fifo', 'a.b.fifo', 'q.FIFO', `${'x'.repeat(76)}.fifo`]) {
        await expect(f.queue(name, FIFO)).rejects.toMatchObject({
          code: 'InvalidParameterValue',
          message:
            'The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length',
        });
      }
    });

    it('only with the attribute FifoQueue, without which its other attributes are invalid', async () => {
      const f = await fixture();
      for (const attributes of [undefined, { FifoQueue: 'false' }]) {
        await expect(f.queue(NAME, attributes)).rejects.toMatchObject({
          code: 'InvalidParameterValue',
          message: 'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length',
        });
      }
      for (const [name, value, message] of [
        ['FifoQueue', 'false', 'Unknown Attribute FifoQueue.'],
        ['ContentBasedDeduplication', 'true', 'Unknown Attribute ContentBasedDeduplication.'],
        ['DeduplicationScope', 'queue', 'You can specify the DeduplicationScope only when FifoQueue is set to true.'],
        [
          'FifoThroughputLimit',
          'perQueue',
          'You can specify the FifoThroughputLimit only when FifoQueue is set to true.',
        ],
      ] as const) {
        await expect(f.queue('q', { [name]: value })).rejects.toMatchObject({ code: 'InvalidAttributeName', message });
      }
    });
  });

  describe('accepts messages', () => {
    const send = async (f: Fixture, more: Input) =>
      f.call('SendMessage', { QueueUrl: await f.queue(NAME, FIFO), MessageBody: 'm', ...more });

    it('only with a message group ID, which it checks before the deduplication ID', async () => {
      const f = await fixture();
      await expect(send(f, {})).rejects.toMatchObject({
        code: 'MissingParameter',
        message: 'The request must contain the parameter MessageGroupId.',
      });
    });

    it.each(['', 'a b', 'ä', 'x'.repeat(129)])('but not with the message group ID "%s"', async (MessageGroupId) => {
      const f = await fixture();
      await expect(send(f, { MessageGroupId, MessageDeduplicationId: 'd' })).rejects.toMatchObject({
        code: 'InvalidParameterValue',
        message: `Value ${MessageGroupId} for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.`,
      });
    });
  });

  describe('accepts a batch', () => {
    const good = (Id: string) => ({ Id, MessageBody: Id, MessageGroupId: 'a', MessageDeduplicationId: Id });
    const sendBatch = async (f: Fixture, ...Entries: Input[]) =>
      f.call('SendMessageBatch', { QueueUrl: await f.queue(NAME, FIFO), Entries });

    it('and keeps its order', async () => {
      const f = await fixture();
      const { Successful } = await sendBatch(f, good('1'), good('2'), good('3'));
      expect(Successful.map(({ Id }: { Id: string }) => Id)).toEqual(['1', '2', '3']);
      const { Messages } = await f.call('ReceiveMessage', {
        ...{ QueueUrl: await f.queue(NAME, FIFO), MaxNumberOfMessages: 10 },
      });
      expect(Messages).toMatchObject([{ Body: '1' }, { Body: '2' }, { Body: '3' }]);
    });

    it.each([
      [
        'has no message group ID',
        { MessageGroupId: undefined },
        { code: 'InvalidParameterValue', message: 'The request must contain the parameter MessageGroupId.' },
      ],
      [
        'has no deduplication ID',
        { MessageDeduplicationId: undefined },
        {
          code: 'InvalidParameterValue',
          message:
            'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
        },
      ],
      [
        'has no body',
        { MessageBody: '' },
        {
          code: 'MissingParameter',
          message: 'The request must contain the parameter SendMessageBatchRequestEntry.2.MessageBody.',
        },
      ],
      ['has a delay', { DelaySeconds: 1 }, { code: 'InvalidParameterValue' }],
      ['has an invalid message group ID', { MessageGroupId: 'a b' }, { code: 'InvalidParameterValue' }],
      ['has an invalid deduplication ID', { MessageDeduplicationId: '' }, { code: 'InvalidParameterValue' }],
    ])('but none of its entries if one %s', async (_, bad, refusal) => {
      const f = await fixture();
      await expect(sendBatch(f, good('1'), { ...good('2'), ...bad })).rejects.toMatchObject(refusal);
      expect(await f.call('ReceiveMessage', { QueueUrl: await f.queue(NAME, FIFO) })).toEqual({});
    });

    it('except for entries with invalid characters', async () => {
      const f = await fixture();
      const { Successful, Failed } = await sendBatch(f, { ...good('1'), MessageBody: '\u0001' }, good('2'));
      expect(Successful).toMatchObject([{ Id: '2' }]);
      expect(Failed).toMatchObject([{ Id: '1', Code: 'InvalidMessageContents' }]);
    });
  });
});
