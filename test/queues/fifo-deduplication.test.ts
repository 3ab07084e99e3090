import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Fixture, type Input, type Output, overBothWires, setup } from '../helpers.ts';
import { fifoFixture } from './fifo-client.ts';

const WINDOW = 300_000;
const CONTENT_BASED = { ContentBasedDeduplication: 'true' };

overBothWires('Deduplication', (fixture) => {
  const withQueue = async (attributes = {}) => {
    const f = await fifoFixture(fixture);
    return { f, q: await f.fifo('q.fifo', attributes) };
  };
  /** Sends a message without a deduplication ID, unless `more` contains one. */
  const sendBody = ({ call }: Fixture, QueueUrl: string, MessageBody: string, more: Input = {}): Promise<Output> =>
    call('SendMessage', { QueueUrl, MessageBody, MessageGroupId: 'a', ...more });
  const ids = ({ MessageId, SequenceNumber }: Output) => ({ MessageId, SequenceNumber });

  describe('by ID', () => {
    it('stores one message, and answers each duplicate with its message ID and sequence number', async () => {
      const { f, q } = await withQueue();
      const [first] = await f.send(q, 'a1');
      await f.clock.advance(1000);
      expect(await f.send(q, 'a1')).toEqual([first]);
      expect(await f.counts(q)).toEqual([1, 0, 0]);
    });

    it("answers a duplicate with the duplicate's own digests, but stores nothing of it", async () => {
      const { f, q } = await withQueue();
      const MessageDeduplicationId = 'd';
      const first = await sendBody(f, q, 'first', { MessageDeduplicationId });
      const MessageAttributes = { color: { DataType: 'String', StringValue: 'blue' } };
      const again = await sendBody(f, q, 'message', { MessageDeduplicationId, MessageGroupId: 'b', MessageAttributes });
      expect(again).toEqual({
        ...ids(first),
        MD5OfMessageBody: '78e731027d8fd50ed642340b7c9a63b3',
        MD5OfMessageAttributes: 'da1b33cc3cbfe8b1630921e78e6b9880',
      });
      const Attributes = { MessageGroupId: 'a' };
      const received = await f.receive(q, { AttributeNames: ['MessageGroupId'], MessageAttributeNames: ['All'] });
      expect(received).toEqual([expect.objectContaining({ Body: 'first', Attributes })]);
    });

    it('lasts five minutes from the first send; duplicates do not extend it', async () => {
      const { f, q } = await withQueue();
      const [first] = await f.send(q, 'a1');
      await f.clock.advance(WINDOW - 1);
      expect(await f.send(q, 'a1')).toEqual([first]);
      await f.clock.advance(1);
      const [second] = await f.send(q, 'a1');
      expect(second.MessageId).not.toBe(first.MessageId);
      expect(BigInt(second.SequenceNumber)).toBeGreaterThan(BigInt(first.SequenceNumber));
      await f.clock.advance(WINDOW - 1);
      expect(await f.send(q, 'a1')).toEqual([second]);
      expect(await f.names(q)).toBe('a1 a1');
    });

    it('continues after the message was received, deleted or has expired', async () => {
      const { f, q } = await withQueue({ MessageRetentionPeriod: '60' });
      const [a1, b1] = await f.send(q, 'a1 b1');
      await f.receive(q);
      await f.remove(q, 'a1');
      expect(await f.send(q, 'a1')).toEqual([a1]);
      await f.clock.advance(60_000);
      expect(await f.send(q, 'a1 b1')).toEqual([a1, b1]);
      expect(await f.counts(q)).toEqual([0, 0, 0]);
    });

    it('ends when the queue is purged or deleted', async () => {
      const { f, q } = await withQueue();
      const [first] = await f.send(q, 'a1');
      await f.call('PurgeQueue', { QueueUrl: q });
      const [second] = await f.send(q, 'a1');
      await f.call('DeleteQueue', { QueueUrl: q });
      await f.fifo();
      const [third] = await f.send(q, 'a1');
      expect(new Set([first, second, third].map(({ MessageId }) => MessageId)).size).toBe(3);
      expect(await f.counts(q)).toEqual([1, 0, 0]);
    });

    it('is case-sensitive, and separate for each queue', async () => {
      const { f, q } = await withQueue();
      const other = await f.fifo('other.fifo');
      await sendBody(f, q, 'm', { MessageDeduplicationId: 'd' });
      await sendBody(f, q, 'm', { MessageDeduplicationId: 'D' });
      await sendBody(f, other, 'm', { MessageDeduplicationId: 'd' });
      expect([await f.counts(q), await f.counts(other)]).toEqual([
        [2, 0, 0],
        [1, 0, 0],
      ]);
    });

    it('applies within a batch and between batches', async () => {
      const { f, q } = await withQueue();
      const entry = (Id: string, MessageDeduplicationId: string) => ({
        ...{ Id, MessageBody: Id, MessageGroupId: 'a', MessageDeduplicationId },
      });
      const send = async (...Entries: Input[]) =>
        (await f.call('SendMessageBatch', { QueueUrl: q, Entries })).Successful.map(ids);
      const [one, two, three] = await send(entry('1', 'x'), entry('2', 'y'), entry('3', 'x'));
      expect(three).toEqual(one);
      expect(await send(entry('4', 'z'), entry('5', 'y'))).toEqual([expect.anything(), two]);
      expect(await f.names(q)).toBe('1 2 4');
    });

    it('has the scope of the queue or of the message group, and a new scope applies to new messages', async () => {
      const { f, q } = await withQueue();
      const send = (MessageGroupId: string) =>
        sendBody(f, q, 'm', { MessageGroupId, MessageDeduplicationId: 'd' }).then(ids);
      const first = await send('a');
      expect(await send('b')).toEqual(first);
      const Attributes = { DeduplicationScope: 'messageGroup' };
      await f.call('SetQueueAttributes', { QueueUrl: q, Attributes });
      const inA = await send('a');
      const inB = await send('b');
      expect(inB).not.toEqual(inA);
      expect([await send('a'), await send('b')]).toEqual([inA, inB]);
    });

    it.each(['', ' ', 'a b', 'ä', 'x'.repeat(129)])('rejects the ID "%s"', async (MessageDeduplicationId) => {
      const { f, q } = await withQueue(CONTENT_BASED);
      await expect(sendBody(f, q, 'm', { MessageDeduplicationId })).rejects.toMatchObject({
        code: 'InvalidParameterValue',
        message: `Value ${MessageDeduplicationId} for parameter MessageDeduplicationId is invalid. Reason: MessageDeduplicationId can only include alphanumeric and punctuation characters. 1 to 128 in length.`,
      });
    });

    it('accepts every character that is valid in an ID', async () => {
      const { f, q } = await withQueue();
      const id = '!"#$%&\'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~'.padEnd(128, 'x');
      await sendBody(f, q, 'm', { MessageDeduplicationId: id, MessageGroupId: id });
      const [{ Attributes }] = await f.receive(q, { AttributeNames: ['All'] });
      expect(Attributes).toMatchObject({ MessageDeduplicationId: id, MessageGroupId: id });
    });
  });

  describe('by content', () => {
    it('uses the SHA-256 of the body, regardless of the message group and the attributes', async () => {
      const { f, q } = await withQueue(CONTENT_BASED);
      const first = await sendBody(f, q, 'same');
      const MessageAttributes = { color: { DataType: 'String', StringValue: 'blue' } };
      expect(ids(await sendBody(f, q, 'same', { MessageGroupId: 'b', MessageAttributes }))).toEqual(ids(first));
      await sendBody(f, q, 'Same');
      const received = await f.receive(q, { AttributeNames: ['MessageDeduplicationId'] });
      expect(received.map(({ Body }) => Body)).toEqual(['same', 'Same']);
      const MessageDeduplicationId = '0967115f2813a3541eaef77de9d9d5773f1c0c04314b0bbfe4ff3b3b1c55b5d5';
      expect(received[0].Attributes).toEqual({ MessageDeduplicationId });
      expect(ids(await sendBody(f, q, 'other', { MessageDeduplicationId }))).toEqual(ids(first));
    });

    it('is overridden by an explicit ID', async () => {
      const { f, q } = await withQueue(CONTENT_BASED);
      await sendBody(f, q, 'same', { MessageDeduplicationId: 'x' });
      await sendBody(f, q, 'same', { MessageDeduplicationId: 'y' });
      await sendBody(f, q, 'same');
      expect(await f.counts(q)).toEqual([3, 0, 0]);
    });

    it('can be turned on and off', async () => {
      const { f, q } = await withQueue();
      const refused = {
        code: 'InvalidParameterValue',
        message:
          'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
      };
      await expect(sendBody(f, q, 'm')).rejects.toMatchObject(refused);
      await f.call('SetQueueAttributes', { QueueUrl: q, Attributes: CONTENT_BASED });
      await sendBody(f, q, 'm');
      await f.call('SetQueueAttributes', { QueueUrl: q, Attributes: { ContentBasedDeduplication: 'false' } });
      await expect(sendBody(f, q, 'm')).rejects.toMatchObject(refused);
    });

    it('is separate for each message group if that is the scope', async () => {
      const { f, q } = await withQueue({ ...CONTENT_BASED, DeduplicationScope: 'messageGroup' });
      for (const MessageGroupId of ['a', 'b', 'a']) await sendBody(f, q, 'same', { MessageGroupId });
      expect(await f.counts(q)).toEqual([2, 0, 0]);
    });
  });

  describe('and sequence numbers', () => {
    it('have 20 digits, increase with each message, even in a batch, and are the same on receive', async () => {
      const { f, q } = await withQueue();
      const sent = await f.send(q, 'a1 b1');
      const Entries = ['a2', 'b2'].map((Id) => ({
        ...{ Id, MessageBody: Id, MessageGroupId: Id[0], MessageDeduplicationId: Id },
      }));
      sent.push(...(await f.call('SendMessageBatch', { QueueUrl: q, Entries })).Successful);
      const numbers = sent.map(({ SequenceNumber }) => SequenceNumber);
      for (const number of numbers) expect(number).toMatch(/^\d{20}$/);
      expect(numbers).toEqual(numbers.toSorted());
      expect(new Set(numbers).size).toBe(4);
      const received = await f.receive(q, { AttributeNames: ['SequenceNumber'] });
      const bySending = received.map(({ Attributes }) => Attributes.SequenceNumber).toSorted();
      expect(bySending).toEqual(numbers);
    });

    it('and repeated attempts survive a restart', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'squab-deduplication-'));
      try {
        const { f, q } = await withData(folder);
        const [first] = await f.send(q, 'a1');
        const attempt = { ReceiveRequestAttemptId: 'x' };
        const received = await f.receive(q, attempt);
        await f.squab.stop();

        const again = await setup({ data: folder, clock: f.clock });
        const { call } = again.client(f.wire);
        const QueueUrl = (await call('GetQueueUrl', { QueueName: 'q.fifo' })).QueueUrl;
        const send = (name: string) =>
          call('SendMessage', {
            ...{ QueueUrl, MessageBody: name, MessageGroupId: 'a', MessageDeduplicationId: name },
          });
        expect(await send('a1')).toEqual(first);
        const second = await send('a2');
        expect(second.SequenceNumber > first.SequenceNumber).toBe(true);
        expect((await call('ReceiveMessage', { QueueUrl, ...attempt })).Messages).toEqual(received);
        await f.clock.advance(WINDOW);
        expect((await send('a1')).SequenceNumber > second.SequenceNumber).toBe(true);
        await again.squab.stop();
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  });

  const withData = async (folder: string) => {
    const f = await fifoFixture(fixture, { data: folder });
    return { f, q: await f.fifo() };
  };
});
