/** Topics, with the AWS SDK for JavaScript. */

import {
  CreateTopicCommand,
  GetSubscriptionAttributesCommand,
  NotFoundException,
  PublishBatchCommand,
  PublishCommand,
  paginateListTopics,
  SNSClient,
  type SNSServiceException,
  SubscribeCommand,
  TooManyEntriesInBatchRequestException,
} from '@aws-sdk/client-sns';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { expect, it } from 'vitest';
import { ATTRIBUTES, atEnd, fixture } from '../javascript.ts';
import { KEY } from '../programs.ts';

async function withTopics() {
  const made = await fixture();
  const sns = new SNSClient({ region: 'us-east-1', credentials: KEY, endpoint: made.squab.url });
  atEnd(() => sns.destroy());
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: 'orders' }));
  const subscribe = async (name: string, Attributes?: Record<string, string>) => {
    const QueueUrl = await made.queue(name);
    const Endpoint = `arn:aws:sqs:us-east-1:000000000000:${name}`;
    const { SubscriptionArn } = await sns.send(
      new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint, Attributes }),
    );
    return { QueueUrl, SubscriptionArn: SubscriptionArn! };
  };
  return { ...made, sns, TopicArn: TopicArn!, subscribe };
}

it('publishes to two queues, with attributes that are verified by their digests', async () => {
  const { sns, sqs, TopicArn, subscribe } = await withTopics();
  const raw = await subscribe('raw', { RawMessageDelivery: 'true' });
  const wrapped = await subscribe('wrapped', { FilterPolicy: '{"customer":[{"prefix":"Ærø"}]}' });
  const { MessageId } = await sns.send(
    new PublishCommand({ TopicArn, Message: 'é & <1>', MessageAttributes: ATTRIBUTES }),
  );
  const [first] = (
    await sqs.send(new ReceiveMessageCommand({ QueueUrl: raw.QueueUrl, MessageAttributeNames: ['All'] }))
  ).Messages!;
  expect(first).toMatchObject({ Body: 'é & <1>', MessageAttributes: ATTRIBUTES });
  const [second] = (await sqs.send(new ReceiveMessageCommand({ QueueUrl: wrapped.QueueUrl }))).Messages!;
  expect(JSON.parse(second!.Body!)).toMatchObject({ MessageId, Message: 'é & <1>', TopicArn });
});

it('publishes batches, whose lists are present even if they are empty', async () => {
  const { sns, TopicArn } = await withTopics();
  const entries = ['1', '2'].map((Id) => ({ Id, Message: Id }));
  const batch = await sns.send(new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries: entries }));
  expect(batch.Failed).toEqual([]);
  expect(batch.Successful).toHaveLength(2);
  const eleven = Array.from({ length: 11 }, (_, index) => ({ Id: String(index), Message: 'm' }));
  const tooMany = sns.send(new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries: eleven }));
  await expect(tooMany).rejects.toBeInstanceOf(TooManyEntriesInBatchRequestException);
});

it('gets the errors of the model', async () => {
  const { sns, TopicArn } = await withTopics();
  const error: unknown = await sns
    .send(new GetSubscriptionAttributesCommand({ SubscriptionArn: `${TopicArn}:x` }))
    .catch((refusal) => refusal);
  expect(error).toBeInstanceOf(NotFoundException);
  expect((error as SNSServiceException).$metadata).toMatchObject({ httpStatusCode: 404 });
  expect((error as SNSServiceException).message).toBe('Subscription does not exist');
});

it('lists topics page by page', async () => {
  const { sns } = await withTopics();
  for (let index = 0; index < 101; index++) await sns.send(new CreateTopicCommand({ Name: `t${index}` }));
  const sizes: number[] = [];
  for await (const { Topics = [] } of paginateListTopics({ client: sns }, {})) sizes.push(Topics.length);
  expect(sizes).toEqual([100, 2]);
});
