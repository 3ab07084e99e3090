/** Deleting a topic, once or several times. */

import { expect, it } from 'vitest';
import { badArns, invalid, MISSING, withSns } from '../../sns-client.ts';

it('deletes a topic, and succeeds again', async () => {
  const { sns, topic } = await withSns();
  const TopicArn = await topic();
  for (let time = 1; time <= 2; time++) expect(await sns('DeleteTopic', { TopicArn })).toBeUndefined();
  expect(await sns('ListTopics')).toEqual({ Topics: [] });
  expect(await sns('DeleteTopic', { TopicArn: MISSING })).toBeUndefined();
});

it('keeps the subscriptions readable for 48 hours, without delivering to them', async () => {
  const { sns, topic, queue, subscribed, taken, clock } = await withSns();
  const [TopicArn, target] = [await topic(), await queue()];
  const SubscriptionArn = await subscribed(TopicArn, target);
  await sns('DeleteTopic', { TopicArn });
  await topic();
  expect(await sns('ListSubscriptionsByTopic', { TopicArn })).toEqual({ Subscriptions: [] });
  await sns('Publish', { TopicArn, Message: 'm' });
  expect(await taken(target)).toEqual([]);
  await clock.advance(48 * 3_600_000);
  const { Attributes } = await sns('GetSubscriptionAttributes', { SubscriptionArn });
  expect(Attributes).toMatchObject({ SubscriptionArn, TopicArn });
  await clock.advance(1);
  await expect(sns('GetSubscriptionAttributes', { SubscriptionArn })).rejects.toMatchObject({ code: 'NotFound' });
  expect(await sns('ListSubscriptions')).toEqual({ Subscriptions: [] });
});

it('lets an endpoint unsubscribe from a deleted topic', async () => {
  const { sns, topic, queue, subscribed } = await withSns();
  const TopicArn = await topic();
  const SubscriptionArn = await subscribed(TopicArn, await queue());
  await sns('DeleteTopic', { TopicArn });
  await sns('Unsubscribe', { SubscriptionArn });
  await expect(sns('GetSubscriptionAttributes', { SubscriptionArn })).rejects.toMatchObject({ code: 'NotFound' });
});

it.each(badArns('TopicArn'))('refuses the ARN %j', async (TopicArn, what) => {
  const { sns } = await withSns();
  await expect(sns('DeleteTopic', { TopicArn })).rejects.toMatchObject(invalid(what));
});

it('refuses the ARN of another region', async () => {
  const { sns, topic } = await withSns();
  const TopicArn = await topic();
  const refused = expect(sns('DeleteTopic', { TopicArn }, { region: 'eu-west-1' })).rejects;
  await refused.toMatchObject(invalid('TopicArn'));
});
