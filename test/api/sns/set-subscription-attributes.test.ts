/** The values of the attributes of subscriptions, set when subscribing or later. */

import { describe, expect, it } from 'vitest';
import { ACCOUNT, invalid, type Sns, withSns } from '../../sns-client.ts';

const dlq = (name: string) => JSON.stringify({ deadLetterTargetArn: `arn:aws:sqs:us-east-1:${ACCOUNT}:${name}` });

async function withSubscription(made: Sns) {
  const [TopicArn, target] = [await made.topic(), await made.queue()];
  const SubscriptionArn = await made.subscribed(TopicArn, target);
  const set = (AttributeName: string, AttributeValue?: string) =>
    made.sns('SetSubscriptionAttributes', { SubscriptionArn, AttributeName, AttributeValue });
  const report = async () => (await made.sns('GetSubscriptionAttributes', { SubscriptionArn })).Attributes;
  return { TopicArn, target, set, report };
}

describe('a value that is not valid', () => {
  it.each([
    ['RawMessageDelivery', 'yes', 'RawMessageDelivery: Invalid value [yes]. Must be true or false.'],
    ['RawMessageDelivery', '', 'RawMessageDelivery: Invalid value []. Must be true or false.'],
    [
      'FilterPolicyScope',
      'x',
      'FilterPolicyScope: Invalid value [x]. Please use either MessageBody or MessageAttributes',
    ],
    ['FilterPolicy', '{', 'FilterPolicy: failed to parse JSON.'],
    ['FilterPolicy', '{"a":"b"}', 'FilterPolicy: "a" must be an object or an array'],
    ['RedrivePolicy', 'x', 'RedrivePolicy: failed to parse JSON.'],
    ['RedrivePolicy', '', 'RedrivePolicy: failed to parse JSON.'],
    ['RedrivePolicy', '{"deadLetterTargetArn":"q"}', 'RedrivePolicy: deadLetterTargetArn is an invalid arn'],
    ['RedrivePolicy', dlq('q'.repeat(256)), 'RedrivePolicy: deadLetterTargetArn is an invalid arn'],
  ])('%s=%s is refused when subscribing and later', async (name, value, reason) => {
    const made = await withSns();
    const { set, TopicArn } = await withSubscription(made);
    await expect(set(name, value)).rejects.toMatchObject(invalid(reason));
    await expect(made.subscribed(TopicArn, await made.queue('other'), { [name]: value })).rejects.toMatchObject(
      invalid(`Attributes Reason: ${reason}`),
    );
  });

  it('a nested policy is refused in the scope of attributes, which has a text of its own', async () => {
    const made = await withSns();
    const { set, TopicArn } = await withSubscription(made);
    const nested = invalid('').message.replace(
      'Invalid parameter: ',
      'Invalid parameter: Filter policy scope MessageAttributes does not support nested filter policy',
    );
    const FilterPolicy = '{"a":{"b":["c"]}}';
    await expect(set('FilterPolicy', FilterPolicy)).rejects.toThrow(nested);
    await expect(made.subscribed(TopicArn, await made.queue('other'), { FilterPolicy })).rejects.toThrow(nested);
    await set('FilterPolicyScope', 'MessageBody');
    await set('FilterPolicy', FilterPolicy);
    await expect(set('FilterPolicyScope', 'MessageAttributes')).rejects.toThrow(nested);
  });

  it.each(['Foo', 'Owner', 'PendingConfirmation', 'SubscriptionPrincipal', 'LinkBase', '__proto__'])(
    'the attribute %s cannot be set',
    async (name) => {
      const { set } = await withSubscription(await withSns());
      await expect(set(name, 'true')).rejects.toMatchObject(invalid('AttributeName'));
    },
  );

  it('raw delivery is refused for protocols without it', async () => {
    const { sns, topic } = await withSns();
    const TopicArn = await topic();
    const Attributes = { RawMessageDelivery: 'true' };
    const email = { TopicArn, Protocol: 'email', Endpoint: 'a@example.com' };
    await expect(sns('Subscribe', { ...email, Attributes })).rejects.toMatchObject(
      invalid('Attributes Reason: Delivery protocol [email] does not support raw message delivery.'),
    );
    const sms = { TopicArn, Protocol: 'sms', Endpoint: '+15551234567' };
    const { SubscriptionArn } = await sns('Subscribe', sms);
    const set = { SubscriptionArn, AttributeName: 'RawMessageDelivery', AttributeValue: 'true' };
    await expect(sns('SetSubscriptionAttributes', set)).rejects.toMatchObject(
      invalid('Delivery protocol [sms] does not support raw message delivery.'),
    );
  });
});

it('removes a filter policy by setting nothing, or a policy without keys', async () => {
  const { set, report } = await withSubscription(await withSns());
  for (const nothing of ['', '{}', undefined]) {
    await set('FilterPolicy', '{"a":["b"]}');
    expect(await report()).toHaveProperty('FilterPolicyScope', 'MessageAttributes');
    await set('FilterPolicy', nothing);
    expect(await report()).not.toHaveProperty('FilterPolicy');
    expect(await report()).not.toHaveProperty('FilterPolicyScope');
  }
});

it('removes a redrive policy by a request without value', async () => {
  const { set, report } = await withSubscription(await withSns());
  await set('RedrivePolicy', dlq('d'));
  expect(await report()).toHaveProperty('RedrivePolicy', dlq('d'));
  await set('RedrivePolicy');
  expect(await report()).not.toHaveProperty('RedrivePolicy');
});

it('requires a FIFO dead-letter queue only for a FIFO queue', async () => {
  const made = await withSns();
  const TopicArn = await made.topic('t.fifo');
  const RedrivePolicy = dlq('d');
  await expect(made.subscribed(TopicArn, await made.queue('q.fifo'), { RedrivePolicy })).rejects.toMatchObject(
    invalid('Attributes Reason: RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.'),
  );
  await made.subscribed(TopicArn, await made.queue('q.fifo'), { RedrivePolicy: dlq('d.fifo') });
  await made.subscribed(TopicArn, await made.queue('q'), { RedrivePolicy });
});

it('applies at once', async () => {
  const made = await withSns();
  const { set, TopicArn, target } = await withSubscription(made);
  await set('RawMessageDelivery', 'true');
  await set('FilterPolicy', '{"a":["b"]}');
  const MessageAttributes = { a: { DataType: 'String', StringValue: 'b' } };
  await made.sns('Publish', { TopicArn, Message: 'other' });
  await made.sns('Publish', { TopicArn, Message: 'wanted', MessageAttributes });
  expect(await made.taken(target)).toMatchObject([{ Body: 'wanted' }]);
});

it('refuses a subscription that does not exist', async () => {
  const { sns } = await withSns();
  const SubscriptionArn = `arn:aws:sns:us-east-1:${ACCOUNT}:t:00000000-0000-4000-8000-000000000000`;
  const set = { SubscriptionArn, AttributeName: 'RawMessageDelivery', AttributeValue: 'true' };
  await expect(sns('SetSubscriptionAttributes', set)).rejects.toMatchObject({
    ...{ status: 404, code: 'NotFound', message: 'Subscription does not exist' },
  });
});
