/** Listing the subscriptions of an account and region in pages of 100. */

import { expect, it } from 'vitest';
import { ACCOUNT, invalid, withSns } from '../../sns-client.ts';

it('lists the subscriptions to the topics of the account and region, a page at a time', async () => {
  const { sns, topic } = await withSns();
  expect(await sns('ListSubscriptions')).toEqual({ Subscriptions: [] });
  const topics = [await topic('a'), await topic('b')];
  const expected: string[] = [];
  for (let index = 0; index < 150; index++) {
    const Endpoint = `arn:aws:sqs:us-east-1:${ACCOUNT}:q${index}`;
    const input = { TopicArn: topics[index % 2], Protocol: 'sqs', Endpoint };
    expected.push((await sns('Subscribe', input)).SubscriptionArn);
  }
  const elsewhere = { region: 'eu-west-1' };
  const { TopicArn } = await sns('CreateTopic', { Name: 'a' }, elsewhere);
  await sns('Subscribe', { TopicArn, Protocol: 'sms', Endpoint: '+15551234567' }, elsewhere);
  const first = await sns('ListSubscriptions');
  const second = await sns('ListSubscriptions', { NextToken: first.NextToken });
  expect([first.Subscriptions.length, second.Subscriptions.length]).toEqual([100, 50]);
  expect(second).not.toHaveProperty('NextToken');
  const listed = [...first.Subscriptions, ...second.Subscriptions];
  expect(listed.map(({ SubscriptionArn }) => SubscriptionArn)).toEqual(expected);
  expect(listed[0]).toEqual({
    ...{ SubscriptionArn: expected[0], Owner: ACCOUNT, Protocol: 'sqs' },
    ...{ Endpoint: `arn:aws:sqs:us-east-1:${ACCOUNT}:q0`, TopicArn: topics[0] },
  });
});

it.each(['x', Buffer.from('not a number').toString('base64')])('refuses the token %j', async (NextToken) => {
  const { sns } = await withSns();
  await expect(sns('ListSubscriptions', { NextToken })).rejects.toMatchObject(invalid('NextToken'));
});
