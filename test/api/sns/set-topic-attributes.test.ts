/** The values of the attributes of topics, set at creation or later. */

import { describe, expect, it } from 'vitest';
import { invalid, MISSING, withSns } from '../../sns-client.ts';

const POLICY = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: '*', Action: 'sqs:SendMessage' }] };

describe('a value that is not valid', () => {
  it.each([
    ['SQSSuccessFeedbackSampleRate', '500', ': 500 value provided is not an integer between 0-100'],
    ['HTTPSuccessFeedbackSampleRate', '-1', ': -1 value provided is not an integer between 0-100'],
    ['SignatureVersion', '3', ''],
    ['TracingConfig', 'active', ''],
    ['MaximumMessageSize', '1023', ''],
    ['MaximumMessageSize', '1048577', ''],
    ['MaximumMessageSize', 'x', ''],
    ['ContentBasedDeduplication', 'true', ''],
  ])('%s=%s is refused at creation and later', async (AttributeName, AttributeValue, reason) => {
    const { sns, topic } = await withSns();
    await expect(topic('t', { [AttributeName]: AttributeValue })).rejects.toMatchObject(
      invalid(`Attributes Reason: ${AttributeName}${reason}`),
    );
    const set = sns('SetTopicAttributes', { TopicArn: await topic(), AttributeName, AttributeValue });
    await expect(set).rejects.toMatchObject(invalid(`${AttributeName}${reason}`));
  });

  it.each([
    ['not JSON', 'x', 'Policy Error: null'],
    ['a list', '[]', 'Policy Error: null'],
    ['for another service', JSON.stringify(POLICY), 'Policy statement action out of service scope!'],
  ])('a policy that is %s is refused at creation and later', async (_what, AttributeValue, reason) => {
    const { sns, topic } = await withSns();
    await expect(topic('t', { Policy: AttributeValue })).rejects.toMatchObject(invalid(`Attributes Reason: ${reason}`));
    const set = sns('SetTopicAttributes', { TopicArn: await topic(), AttributeName: 'Policy', AttributeValue });
    await expect(set).rejects.toMatchObject(invalid(reason));
  });

  it.each(['FifoTopic', 'TopicArn', 'Owner', 'Foo', '__proto__', 'DataProtectionPolicy'])(
    'the attribute %s cannot be set',
    async (AttributeName) => {
      const { sns, topic } = await withSns();
      const set = sns('SetTopicAttributes', { TopicArn: await topic(), AttributeName, AttributeValue: 'true' });
      await expect(set).rejects.toMatchObject(invalid('AttributeName'));
    },
  );
});

it.each([
  ['DisplayName', 'd'],
  ['SignatureVersion', '2'],
  ['TracingConfig', 'Active'],
  ['KmsMasterKeyId', 'alias/aws/sns'],
  ['MaximumMessageSize', '1048576'],
  ['FirehoseFailureFeedbackRoleArn', 'arn:aws:iam::111122223333:role/r'],
])('sets %s', async (AttributeName, AttributeValue) => {
  const { sns, topic } = await withSns();
  const TopicArn = await topic();
  expect(await sns('SetTopicAttributes', { TopicArn, AttributeName, AttributeValue })).toBeUndefined();
  expect((await sns('GetTopicAttributes', { TopicArn })).Attributes[AttributeName]).toBe(AttributeValue);
});

it('returns to the default policy if the policy is set to nothing', async () => {
  const { sns, topic } = await withSns();
  const TopicArn = await topic();
  const attributes = async () => (await sns('GetTopicAttributes', { TopicArn })).Attributes;
  const { Policy: initial } = await attributes();
  const statement = { Effect: 'Allow', Principal: '*', Action: 'sns:Publish', Resource: TopicArn };
  const AttributeValue = JSON.stringify({ Version: '2012-10-17', Statement: [statement] }, null, 2);
  await sns('SetTopicAttributes', { TopicArn, AttributeName: 'Policy', AttributeValue });
  expect((await attributes()).Policy).toBe(JSON.stringify(JSON.parse(AttributeValue)));
  await sns('SetTopicAttributes', { TopicArn, AttributeName: 'Policy', AttributeValue: '' });
  expect((await attributes()).Policy).toBe(initial);
});

it('does not let the scope of the throughput of a FIFO topic return to the topic', async () => {
  const { sns, topic } = await withSns();
  const TopicArn = await topic('t.fifo', { FifoThroughputScope: 'MessageGroup' });
  const set = (AttributeValue: string) =>
    sns('SetTopicAttributes', { TopicArn, AttributeName: 'FifoThroughputScope', AttributeValue });
  await set('MessageGroup');
  await expect(set('Topic')).rejects.toMatchObject(invalid('FifoThroughputScope'));
});

it('refuses a topic that does not exist, and a request without a name', async () => {
  const { sns, topic } = await withSns();
  const missing = { status: 404, code: 'NotFound', message: 'Topic does not exist' };
  const input = { AttributeName: 'DisplayName', AttributeValue: 'd' };
  await expect(sns('SetTopicAttributes', { TopicArn: MISSING, ...input })).rejects.toMatchObject(missing);
  await expect(sns('SetTopicAttributes', { TopicArn: await topic() })).rejects.toMatchObject({
    ...{ code: 'ValidationError', message: expect.stringContaining("Value null at 'attributeName'") },
  });
});
