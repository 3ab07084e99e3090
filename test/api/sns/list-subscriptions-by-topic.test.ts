/** Listing the subscriptions to a topic. */

import { expect, it } from 'vitest';
import { badArns, invalid, MISSING, withSns } from '../../sns-client.ts';

it('lists only the subscriptions to the topic, in pages', async () => {
  const { sns, topic } = await withSns();
  const [TopicArn, other] = [await topic('a'), await topic('b')];
  for (let index = 0; index < 101; index++) {
    await sns('Subscribe', { TopicArn, Protocol: 'email', Endpoint: `${index}@example.com` });
  }
  await sns('Subscribe', { TopicArn: other, Protocol: 'email', Endpoint: 'x@example.com' });
  const first = await sns('ListSubscriptionsByTopic', { TopicArn });
  const second = await sns('ListSubscriptionsByTopic', { TopicArn, NextToken: first.NextToken });
  const endpoints = [first, second].map(({ Subscriptions }) =>
    Subscriptions.map(({ Endpoint }: { Endpoint: string }) => Number.parseInt(Endpoint, 10)),
  );
  expect(endpoints).toEqual([Array.from({ length: 100 }, (_, index) => index), [100]]);
  const { Subscriptions } = await sns('ListSubscriptionsByTopic', { TopicArn: other });
  expect(Subscriptions).toHaveLength(1);
});

it.each(badArns('TopicArn'))('refuses the ARN %j', async (TopicArn, what) => {
  const { sns } = await withSns();
  await expect(sns('ListSubscriptionsByTopic', { TopicArn })).rejects.toMatchObject(invalid(what));
});

it('refuses a topic that does not exist, and one of another region', async () => {
  const { sns, topic } = await withSns();
  const missing = { status: 404, code: 'NotFound', message: 'Topic does not exist' };
  await expect(sns('ListSubscriptionsByTopic', { TopicArn: MISSING })).rejects.toMatchObject(missing);
  const elsewhere = sns('ListSubscriptionsByTopic', { TopicArn: await topic() }, { region: 'eu-west-1' });
  await expect(elsewhere).rejects.toMatchObject(invalid('TopicArn'));
});
