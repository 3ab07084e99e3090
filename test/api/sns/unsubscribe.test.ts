/** Unsubscribing. */

import { expect, it } from 'vitest';
import { invalid, withSns } from '../../sns-client.ts';

it('removes a subscription, and succeeds again', async () => {
  const { sns, topic, queue, subscribed, taken } = await withSns();
  const [TopicArn, target] = [await topic(), await queue()];
  const SubscriptionArn = await subscribed(TopicArn, target);
  for (let time = 1; time <= 2; time++) expect(await sns('Unsubscribe', { SubscriptionArn })).toBeUndefined();
  expect(await sns('ListSubscriptions')).toEqual({ Subscriptions: [] });
  expect(await sns('ListSubscriptionsByTopic', { TopicArn })).toEqual({ Subscriptions: [] });
  await expect(sns('GetSubscriptionAttributes', { SubscriptionArn })).rejects.toMatchObject({ code: 'NotFound' });
  await sns('Publish', { TopicArn, Message: 'm' });
  expect(await taken(target)).toEqual([]);
});

it('works as the link in an envelope, unsigned', async () => {
  const { sns, topic, queue, subscribed, envelopes } = await withSns();
  const [TopicArn, target] = [await topic(), await queue()];
  await subscribed(TopicArn, target);
  await sns('Publish', { TopicArn, Message: 'm' });
  const [{ UnsubscribeURL }] = await envelopes(target);
  const response = await fetch(UnsubscribeURL);
  expect(await response.text()).toMatch(
    /^<\?xml version="1.0"\?><UnsubscribeResponse xmlns="[^"]+"><ResponseMetadata><RequestId>[^<]+<\/RequestId><\/ResponseMetadata><\/UnsubscribeResponse>$/,
  );
  expect(await sns('ListSubscriptions')).toEqual({ Subscriptions: [] });
});

it.each([
  ['pending confirmation', 'SubscriptionArn Reason: An ARN must have at least 6 elements, not 1'],
  ['', 'SubscriptionArn Reason: An ARN must have at least 6 elements, not 1'],
  ['arn:aws:sns:us-east-1:000000000000:t', 'SubscriptionId'],
  [undefined, 'SubscriptionArn Reason: no value for required parameter'],
])('refuses %j', async (SubscriptionArn, what) => {
  const { sns } = await withSns();
  await expect(sns('Unsubscribe', { SubscriptionArn })).rejects.toMatchObject(invalid(what));
});

it('refuses a subscription that is pending', async () => {
  const { sns, topic } = await withSns();
  const input = { Protocol: 'email', Endpoint: 'a@example.com', ReturnSubscriptionArn: true };
  const { SubscriptionArn } = await sns('Subscribe', { TopicArn: await topic(), ...input });
  await expect(sns('Unsubscribe', { SubscriptionArn })).rejects.toMatchObject({
    ...{ status: 400, code: 'InvalidParameter' },
    message: expect.stringContaining('Cannot unsubscribe a subscription that is pending confirmation'),
  });
});
