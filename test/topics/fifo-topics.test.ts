/** FIFO topics: deduplication in the topic, sequence numbers, and order. */

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { withSns } from '../sns-client.ts';

const raw = { RawMessageDelivery: 'true' };

async function withFifo(topicAttributes = {}, subscription: Record<string, string> = raw) {
  const made = await withSns();
  const TopicArn = await made.topic('t.fifo', topicAttributes);
  const [fifo, standard] = [await made.queue('q.fifo'), await made.queue('q')];
  await made.subscribed(TopicArn, fifo, subscription);
  await made.subscribed(TopicArn, standard, subscription);
  const publish = (Message: string, MessageGroupId: string, MessageDeduplicationId?: string) =>
    made.sns('Publish', { TopicArn, Message, MessageGroupId, MessageDeduplicationId });
  return { ...made, TopicArn, fifo, standard, publish };
}

it('returns sequence numbers of 20 digits that grow', async () => {
  const { publish } = await withFifo();
  const numbers = [];
  for (const id of ['1', '2', '3']) numbers.push((await publish('m', 'g', id)).SequenceNumber);
  for (const number of numbers) expect(number).toMatch(/^\d{20}$/);
  expect(numbers).toEqual([...numbers].sort());
  expect(new Set(numbers).size).toBe(3);
});

it('has envelopes with the sequence number, and without a signature', async () => {
  const { publish, fifo, envelopes, sqs, TopicArn } = await withFifo({}, {});
  const { MessageId, SequenceNumber } = await publish('m', 'g', 'd');
  const { Messages } = await sqs('ReceiveMessage', {
    QueueUrl: fifo.url,
    AttributeNames: ['All'],
    VisibilityTimeout: 0,
  });
  expect(Messages[0].Attributes.SequenceNumber).not.toBe(SequenceNumber);
  const [envelope] = await envelopes(fifo);
  expect(Object.entries(envelope)).toEqual([
    ['Type', 'Notification'],
    ['MessageId', MessageId],
    ['SequenceNumber', SequenceNumber],
    ['TopicArn', TopicArn],
    ['Message', 'm'],
    ['Timestamp', expect.any(String)],
    ['UnsubscribeURL', expect.any(String)],
  ]);
});

it('passes the group and the deduplication ID to FIFO queues only', async () => {
  const { publish, fifo, standard, taken } = await withFifo({ ContentBasedDeduplication: 'true' });
  await publish('Test', 'g');
  const [{ Attributes }] = await taken(fifo);
  const hash = '532eaabd9574880dbf76b9b8cc00832c20a6ec113d682299550d7a6e0f345e25';
  expect(createHash('sha256').update('Test').digest('hex')).toBe(hash);
  expect(Attributes).toMatchObject({ MessageGroupId: 'g', MessageDeduplicationId: hash });
  const [{ Attributes: others }] = await taken(standard);
  expect(others).not.toHaveProperty('MessageGroupId');
  expect(others).not.toHaveProperty('MessageDeduplicationId');
});

describe('a duplicate', () => {
  it('gets the answer of the original, and is not delivered to any queue', async () => {
    const { publish, fifo, standard, taken, clock } = await withFifo();
    const first = await publish('one', 'g', 'd');
    expect(await publish('two', 'other-group', 'd')).toEqual(first);
    expect(await taken(fifo)).toMatchObject([{ Body: 'one' }]);
    expect(await taken(standard)).toMatchObject([{ Body: 'one' }]);
    await clock.advance(5 * 60_000);
    expect(await publish('three', 'g', 'd')).not.toEqual(first);
    expect(await taken(standard)).toMatchObject([{ Body: 'three' }]);
  });

  it('is recognized by its content', async () => {
    const { publish, standard, taken } = await withFifo({ ContentBasedDeduplication: 'true' });
    const first = await publish('same', 'g');
    expect(await publish('same', 'h')).toEqual(first);
    expect(await publish('same', 'g', 'own-id')).not.toEqual(first);
    expect(await taken(standard)).toHaveLength(2);
  });

  it('is one within its group only, if the topic says so', async () => {
    const { publish } = await withFifo({ FifoThroughputScope: 'MessageGroup' });
    const first = await publish('m', 'g', 'd');
    expect(await publish('m', 'h', 'd')).not.toEqual(first);
    expect(await publish('m', 'g', 'd')).toEqual(first);
  });

  it('is one within a batch, too', async () => {
    const { sns, TopicArn, standard, taken } = await withFifo();
    const entry = { Message: 'm', MessageGroupId: 'g', MessageDeduplicationId: 'd' };
    const PublishBatchRequestEntries = ['1', '2'].map((Id) => ({ Id, ...entry }));
    const { Successful } = await sns('PublishBatch', { TopicArn, PublishBatchRequestEntries });
    expect(Successful[1]).toEqual({ ...Successful[0], Id: '2' });
    expect(await taken(standard)).toHaveLength(1);
  });

  it('is one even if the first message was filtered out', async () => {
    const { sns, publish, TopicArn, queue, subscribed, taken } = await withFifo();
    const picky = await queue('picky.fifo');
    await subscribed(TopicArn, picky, { ...raw, FilterPolicy: '{"a":["b"]}' });
    const first = await publish('m', 'g', 'd');
    const MessageAttributes = { a: { DataType: 'String', StringValue: 'b' } };
    const again = { TopicArn, Message: 'm', MessageGroupId: 'g', MessageDeduplicationId: 'd', MessageAttributes };
    expect(await sns('Publish', again)).toEqual(first);
    expect(await taken(picky)).toEqual([]);
  });
});

it('keeps the order of each group in all queues', async () => {
  const { sns, TopicArn, publish, queue, subscribed, taken, fifo } = await withFifo();
  const other = await queue('other.fifo');
  await subscribed(TopicArn, other, raw);
  const expected = [];
  for (let index = 0; index < 5; index++) {
    expected.push(String(index));
    await publish(String(index), 'g', `d${index}`);
  }
  const PublishBatchRequestEntries = ['5', '6', '7'].map((Message) => ({
    ...{ Id: Message, Message, MessageGroupId: 'g', MessageDeduplicationId: `d${Message}` },
  }));
  const { Successful } = await sns('PublishBatch', { TopicArn, PublishBatchRequestEntries });
  const numbers = Successful.map(({ SequenceNumber }: { SequenceNumber: string }) => SequenceNumber);
  expect(numbers).toEqual([...numbers].sort());
  expected.push('5', '6', '7');
  for (const target of [fifo, other]) {
    const bodies = (await taken(target)).map(({ Body }) => Body);
    expect(bodies).toEqual(expected);
  }
});
