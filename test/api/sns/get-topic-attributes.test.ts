/** What GetTopicAttributes reports. */

import { expect, it } from 'vitest';
import { ACCOUNT, badArns, invalid, MISSING, withSns } from '../../sns-client.ts';

const EFFECTIVE =
  '{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":0,' +
  '"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},"disableSubscriptionOverrides":false,' +
  '"defaultRequestPolicy":{"headerContentType":"text/plain; charset=UTF-8"}}}';

const fresh = (TopicArn: string) => ({
  ...{ TopicArn, Owner: ACCOUNT, DisplayName: '', EffectiveDeliveryPolicy: EFFECTIVE },
  ...{ SubscriptionsConfirmed: '0', SubscriptionsPending: '0', SubscriptionsDeleted: '0' },
  Policy:
    '{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{"Sid":"__default_statement_ID","Effect":"Allow",' +
    '"Principal":{"AWS":"*"},"Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes","SNS:AddPermission",' +
    '"SNS:RemovePermission","SNS:DeleteTopic","SNS:Subscribe","SNS:ListSubscriptionsByTopic","SNS:Publish"],' +
    `"Resource":"${TopicArn}","Condition":{"StringEquals":{"AWS:SourceOwner":"${ACCOUNT}"}}}]}`,
});

it('reports the attributes of a new topic', async () => {
  const { sns, topic } = await withSns();
  const TopicArn = await topic();
  expect(await sns('GetTopicAttributes', { TopicArn })).toEqual({ Attributes: fresh(TopicArn) });
});

it('reports two more for a FIFO topic', async () => {
  const { sns, topic } = await withSns();
  const TopicArn = await topic('t.fifo');
  expect(await sns('GetTopicAttributes', { TopicArn })).toEqual({
    Attributes: { ...fresh(TopicArn), FifoTopic: 'true', ContentBasedDeduplication: 'false' },
  });
});

it('reports other attributes once they are set', async () => {
  const { sns, topic } = await withSns();
  const set = {
    ...{ SignatureVersion: '2', TracingConfig: 'Active', KmsMasterKeyId: 'alias/k', MaximumMessageSize: '2048' },
    ...{ LambdaSuccessFeedbackRoleArn: 'arn:r', LambdaSuccessFeedbackSampleRate: '7', DisplayName: 'd' },
  };
  const TopicArn = await topic('t', set);
  expect((await sns('GetTopicAttributes', { TopicArn })).Attributes).toEqual({ ...fresh(TopicArn), ...set });
});

it('counts confirmed and pending subscriptions', async () => {
  const { sns, topic, queue, subscribed } = await withSns();
  const TopicArn = await topic();
  await subscribed(TopicArn, await queue());
  await sns('Subscribe', { TopicArn, Protocol: 'email', Endpoint: 'a@example.com' });
  expect((await sns('GetTopicAttributes', { TopicArn })).Attributes).toMatchObject({
    ...{ SubscriptionsConfirmed: '1', SubscriptionsPending: '1' },
  });
});

it.each(badArns('TopicArn'))('refuses the ARN %j', async (TopicArn, what) => {
  const { sns } = await withSns();
  await expect(sns('GetTopicAttributes', { TopicArn })).rejects.toMatchObject(invalid(what));
});

it('refuses a topic that does not exist, and one of another region', async () => {
  const { sns, topic } = await withSns();
  const missing = { status: 404, code: 'NotFound', message: 'Topic does not exist' };
  await expect(sns('GetTopicAttributes', { TopicArn: MISSING })).rejects.toMatchObject(missing);
  const elsewhere = sns('GetTopicAttributes', { TopicArn: await topic() }, { region: 'eu-west-1' });
  await expect(elsewhere).rejects.toMatchObject(invalid('TopicArn'));
  await expect(sns('GetTopicAttributes')).rejects.toMatchObject(
    invalid('TopicArn Reason: no value for required parameter'),
  );
});

it('finds the topic of another account by its ARN', async () => {
  const { sns, topic } = await withSns();
  const { Attributes } = await sns('GetTopicAttributes', { TopicArn: await topic() }, { account: '111122223333' });
  expect(Attributes.Owner).toBe(ACCOUNT);
});
