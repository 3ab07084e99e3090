/** What GetSubscriptionAttributes reports. */

import { expect, it } from 'vitest';
import { ACCOUNT, invalid, withSns } from '../../sns-client.ts';

it('reports the attributes of a new subscription', async () => {
  const { sns, topic, queue, subscribed } = await withSns();
  const [TopicArn, { arn: Endpoint, url }] = [await topic(), await queue()];
  const SubscriptionArn = await subscribed(TopicArn, { arn: Endpoint, url });
  expect(await sns('GetSubscriptionAttributes', { SubscriptionArn })).toEqual({
    Attributes: {
      ...{ SubscriptionArn, TopicArn, Endpoint, Owner: ACCOUNT, Protocol: 'sqs', RawMessageDelivery: 'false' },
      ...{ PendingConfirmation: 'false', ConfirmationWasAuthenticated: 'true' },
      SubscriptionPrincipal: `arn:aws:iam::${ACCOUNT}:root`,
    },
  });
});

it('reports others once they are set, the filter policy as it was written', async () => {
  const { sns, topic, queue, subscribed } = await withSns();
  const set = {
    ...{ RawMessageDelivery: 'TRUE', FilterPolicy: '{ "a" :\n["b"] }', FilterPolicyScope: 'MessageBody' },
    RedrivePolicy: `{ "deadLetterTargetArn":"arn:aws:sqs:us-east-1:${ACCOUNT}:dlq" }`,
  };
  const SubscriptionArn = await subscribed(await topic(), await queue(), set);
  const { Attributes } = await sns('GetSubscriptionAttributes', { SubscriptionArn });
  expect(Attributes).toMatchObject({ ...set, RawMessageDelivery: 'true' });
  expect(Attributes).not.toHaveProperty('EffectiveDeliveryPolicy');
});

it('reports the scope of filter policies only together with a policy', async () => {
  const { sns, topic, queue, subscribed } = await withSns();
  const SubscriptionArn = await subscribed(await topic(), await queue(), { FilterPolicyScope: 'MessageBody' });
  const report = async () => (await sns('GetSubscriptionAttributes', { SubscriptionArn })).Attributes;
  expect(await report()).not.toHaveProperty('FilterPolicyScope');
  const policy = { AttributeName: 'FilterPolicy', AttributeValue: '{"a":{"b":["c"]}}' };
  await sns('SetSubscriptionAttributes', { SubscriptionArn, ...policy });
  expect(await report()).toMatchObject({ FilterPolicy: policy.AttributeValue, FilterPolicyScope: 'MessageBody' });
});

it('reports the delivery policy in effect of HTTP endpoints', async () => {
  const { sns, topic } = await withSns();
  const input = { Protocol: 'http', Endpoint: 'http://127.0.0.1:9/', ReturnSubscriptionArn: true };
  const { SubscriptionArn } = await sns('Subscribe', { TopicArn: await topic(), ...input });
  const { Attributes } = await sns('GetSubscriptionAttributes', { SubscriptionArn });
  expect(JSON.parse(Attributes.EffectiveDeliveryPolicy)).toMatchObject({ healthyRetryPolicy: { numRetries: 3 } });
});

it.each([
  ['x', invalid('SubscriptionArn Reason: An ARN must have at least 6 elements, not 1')],
  [
    `arn:aws:sns:us-east-1:${ACCOUNT}:t:00000000-0000-4000-8000-000000000000`,
    { status: 404, code: 'NotFound', message: 'Subscription does not exist' },
  ],
])('refuses %s', async (SubscriptionArn, error) => {
  const { sns } = await withSns();
  await expect(sns('GetSubscriptionAttributes', { SubscriptionArn })).rejects.toMatchObject(error);
});
