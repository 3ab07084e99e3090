/** The dead-letter queue of a subscription, for messages that its queue cannot take. */

import { describe, expect, it } from 'vitest';
import { ACCOUNT, type Sns, withSns } from '../sns-client.ts';

const arnOf = (name: string) => `arn:aws:sqs:us-east-1:${ACCOUNT}:${name}`;
const redriveTo = (name: string) => ({ RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arnOf(name) }) });
const absent = (name: string) => ({ url: '', arn: arnOf(name) });

async function publish({ sns }: Sns, TopicArn: string, rest = {}) {
  return sns('Publish', { TopicArn, Message: 'm', ...rest });
}

describe('a message that a queue cannot take', () => {
  const attribute = { DataType: 'String', StringValue: 'v' };
  it('goes to the dead-letter queue, unless that cannot take it either', async () => {
    const made = await withSns();
    const TopicArn = await made.topic();
    const [small, dlq] = [await made.queue('small', { MaximumMessageSize: '1024' }), await made.queue('dlq')];
    await made.subscribed(TopicArn, small, { ...redriveTo('dlq'), RawMessageDelivery: 'true' });
    await made.sns('Publish', { TopicArn, Message: 'x'.repeat(1025) });
    expect(await made.taken(dlq)).toMatchObject([{ Body: 'x'.repeat(1025) }]);
    const many = [...'abcdefghijk'].map((name) => [name, attribute]);
    await publish(made, TopicArn, { MessageAttributes: Object.fromEntries(many) });
    expect(await made.taken(dlq)).toEqual([]);
  });

  it('is there as it would have been delivered, and looks like a new message', async () => {
    const made = await withSns();
    const TopicArn = await made.topic();
    const dlq = await made.queue('dlq');
    await made.subscribed(TopicArn, absent('a'), redriveTo('dlq'));
    await made.subscribed(TopicArn, absent('b'), { ...redriveTo('dlq'), RawMessageDelivery: 'true' });
    const { MessageId } = await publish(made, TopicArn, { MessageAttributes: { n: attribute } });
    const messages = await made.taken(dlq);
    const envelope = messages.find(({ Body }) => Body !== 'm');
    expect(JSON.parse(envelope.Body)).toMatchObject({ MessageId, Message: 'm', TopicArn });
    expect(envelope).not.toHaveProperty('MessageAttributes');
    expect(messages.find(({ Body }) => Body === 'm')).toMatchObject({ MessageAttributes: { n: attribute } });
    for (const { Attributes } of messages) {
      expect(Attributes).toMatchObject({ ApproximateReceiveCount: '1' });
      expect(Attributes).not.toHaveProperty('DeadLetterQueueSourceArn');
    }
  });

  it('keeps its group and deduplication ID in a FIFO dead-letter queue', async () => {
    const made = await withSns();
    const TopicArn = await made.topic('t.fifo');
    const dlq = await made.queue('dlq.fifo');
    await made.subscribed(TopicArn, absent('q.fifo'), redriveTo('dlq.fifo'));
    await publish(made, TopicArn, { MessageGroupId: 'g', MessageDeduplicationId: 'd' });
    const [{ Attributes }] = await made.taken(dlq);
    expect(Attributes).toMatchObject({ MessageGroupId: 'g', MessageDeduplicationId: 'd' });
  });

  it('is lost if its dead-letter queue was set later, or does not exist', async () => {
    const made = await withSns();
    const TopicArn = await made.topic();
    const SubscriptionArn = await made.subscribed(TopicArn, absent('q'));
    await publish(made, TopicArn);
    const set = { SubscriptionArn, AttributeName: 'RedrivePolicy', AttributeValue: redriveTo('dlq').RedrivePolicy };
    await made.sns('SetSubscriptionAttributes', set);
    await publish(made, TopicArn);
    const dlq = await made.queue('dlq');
    expect(await made.taken(dlq)).toEqual([]);
    await publish(made, TopicArn);
    expect(await made.taken(dlq)).toHaveLength(1);
  });

  it('does not keep the message from other queues', async () => {
    const made = await withSns();
    const [TopicArn, good] = [await made.topic(), await made.queue('good')];
    await made.subscribed(TopicArn, absent('bad'));
    await made.subscribed(TopicArn, good);
    expect(await publish(made, TopicArn)).toHaveProperty('MessageId');
    expect(await made.taken(good)).toHaveLength(1);
  });
});
