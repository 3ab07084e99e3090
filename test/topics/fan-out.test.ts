/** Publications that are multiplied by many subscribers. */

import { expect, it } from 'vitest';
import { ACCOUNT, invalid, withSns } from '../sns-client.ts';

it('that would need more memory or time than one request may take are refused, and do nothing', async () => {
  const { sns, topic, queue, subscribed, taken } = await withSns();
  const [TopicArn, target] = [await topic(), await queue()];
  const raw = { RawMessageDelivery: 'true', FilterPolicyScope: 'MessageBody', FilterPolicy: '{"many":[true]}' };
  await subscribed(TopicArn, target);
  // Those of queues that do not exist and of functions cost as much.
  const many = Array.from({ length: 1010 }, (_, index) =>
    index % 2 === 0
      ? { Protocol: 'sqs', Endpoint: `arn:aws:sqs:us-east-1:${ACCOUNT}:q${index}`, Attributes: raw }
      : {
          Protocol: 'lambda',
          Endpoint: `arn:aws:lambda:us-east-1:${ACCOUNT}:function:f${index}`,
          Attributes: { FilterPolicyScope: 'MessageBody', FilterPolicy: '{"many":[true]}' },
        },
  );
  await Promise.all(many.map((one) => sns('Subscribe', { TopicArn, ...one })));
  const text = (isForMany: boolean) => `{"many":${isForMany},"x":"${'x'.repeat(262_000)}"}`;
  await expect(sns('Publish', { TopicArn, Message: text(true) })).rejects.toMatchObject({
    status: 400,
    code: 'InvalidParameter',
    message: expect.stringMatching(
      /^Invalid parameter: Message Reason: The subscribers together would get 1011 messages/,
    ),
  });
  expect(await taken(target)).toEqual([]);
  await sns('Publish', { TopicArn, Message: text(false) });
  await sns('Publish', { TopicArn, Message: '{"many":true}' });
  expect(await taken(target)).toHaveLength(2);
}, 30_000);

it('cost no more because texts of topics and subscriptions are long', async () => {
  const { sns, topic, queue, subscribed } = await withSns();
  const [TopicArn, target] = [await topic(), await queue()];
  const SubscriptionArn = await subscribed(TopicArn, target);
  const long = 'x'.repeat(65_537);
  const tooLong = (name: string) => invalid(`${name} Reason: It has 65537 characters, and can have up to 65536`);
  const refused = (operation: string, input: object, name: string) =>
    expect(sns(operation, { TopicArn, SubscriptionArn, ...input })).rejects.toMatchObject(tooLong(name));
  const change = { AttributeName: 'SubscriptionRoleArn', AttributeValue: long };
  await refused('SetSubscriptionAttributes', change, 'SubscriptionRoleArn');
  await refused('SetTopicAttributes', { AttributeName: 'DisplayName', AttributeValue: long }, 'DisplayName');
  const policy = { ResourceArn: TopicArn, DataProtectionPolicy: long };
  await refused('PutDataProtectionPolicy', policy, 'DataProtectionPolicy');
  await refused('CreateTopic', { Name: 'u', Attributes: { KmsMasterKeyId: long } }, 'KmsMasterKeyId');
  await refused('CreateTopic', { Name: 'u', DataProtectionPolicy: long }, 'DataProtectionPolicy');
  await refused('Subscribe', { Protocol: 'http', Endpoint: long }, 'Endpoint');
  const other = { Protocol: 'sqs', Endpoint: `${target.arn}2`, Attributes: { RedrivePolicy: long } };
  await refused('Subscribe', other, 'RedrivePolicy');
});
