/** What requests leave in memory: no more than what was asked to be kept, however long their headers and texts are. */

import { beforeEach, expect, it } from 'vitest';
import { ACCOUNT, type Sns, withSns } from '../sns-client.ts';
import { heapUsed } from '../storage/memory/heap.ts';

const TIMES = 200;
const LONG = 60_000;
/** The contents that the journal and the log of publications may keep, and what the test itself needs. */
const ALLOWED_BYTES = 8_000_000;

let sns: Sns;
beforeEach(async () => {
  sns = await withSns({ journal: 3000 });
});

/** Returns by how much the heap has grown after repetitions, of which each has long texts. */
async function growth(repeat: (index: number) => Promise<unknown>): Promise<number> {
  await repeat(-1);
  const before = await heapUsed();
  for (let index = 0; index < TIMES; index++) await repeat(index);
  return (await heapUsed()) - before;
}

it('a message keeps its trace header, but not the white space around it', async () => {
  const { QueueUrl } = await sns.sqs('CreateQueue', { QueueName: 'q' });
  const headers = { 'x-amzn-trace-id': `Root=1-abcdefghijklm${'\u00a0'.repeat(LONG)}` };
  expect(await growth(() => sns.sqs('SendMessage', { QueueUrl, MessageBody: 'm' }, { headers }))).toBeLessThan(
    ALLOWED_BYTES,
  );
});

it('the journal keeps a part of the user agent, and of the access key', async () => {
  const { QueueUrl } = await sns.sqs('CreateQueue', { QueueName: 'q' });
  await sns.sqs('SendMessage', { QueueUrl, MessageBody: 'm' });
  const headers = {
    'user-agent': 'u'.repeat(LONG / 2),
    authorization: `AWS4-HMAC-SHA256 Credential=${'k'.repeat(LONG / 2)}/20260101/us-east-1/sqs/aws4_request`,
  };
  const input = { QueueUrl, VisibilityTimeout: 0 };
  expect(await growth(() => sns.sqs('ReceiveMessage', input, { headers }))).toBeLessThan(ALLOWED_BYTES);
});

it('queues, topics and subscriptions keep a region, and not the header that it comes from', async () => {
  const region = 'a-region-with-a-long-name';
  const headers = {
    authorization: `AWS4-HMAC-SHA256 Credential=k/20260101/${region}/sqs/aws4_request, x=${'x'.repeat(LONG)}`,
  };
  const grown = await growth((index) => sns.sqs('CreateQueue', { QueueName: `q${index}` }, { headers }));
  expect(grown).toBeLessThan(ALLOWED_BYTES);
  const TopicArn = `arn:aws:sns:${region}:${ACCOUNT}:t`;
  await sns.sns('CreateTopic', { Name: 't' }, { headers });
  const subscribe = (index: number) => {
    const input = { TopicArn, Protocol: 'sqs', Endpoint: `arn:aws:sqs:${region}:${ACCOUNT}:q${index}` };
    return sns.sns('Subscribe', input, { headers });
  };
  expect(await growth(subscribe)).toBeLessThan(ALLOWED_BYTES);
});

it('the journal does not keep the tags of deleted queues', async () => {
  const repeat = async (index: number) => {
    const tags = Object.fromEntries(Array.from({ length: 49 }, (_, tag) => [`${tag}-${index}`, 'x'.repeat(256)]));
    // A character that is not Latin-1 doubles the size.
    const { QueueUrl } = await sns.sqs('CreateQueue', {
      QueueName: `q${index}`,
      tags: { ...tags, '0-0': '字'.repeat(250) },
    });
    await sns.sqs('SendMessage', { QueueUrl, MessageBody: 'm' });
    await sns.sqs('DeleteQueue', { QueueUrl });
  };
  expect(await growth(repeat)).toBeLessThan(1_500_000);
});

it('neither the journal nor the log of publications keeps the texts of what was deleted', async () => {
  const repeat = async (index: number) => {
    const { TopicArn } = await sns.sns('CreateTopic', {
      Name: `t${index}`,
      Attributes: { KmsMasterKeyId: `${'k'.repeat(LONG)}${index}` },
    });
    const { SubscriptionArn } = await sns.sns('Subscribe', {
      TopicArn,
      Protocol: 'sms',
      Endpoint: `${'1'.repeat(LONG)}${index + 1}`,
      Attributes: { FilterPolicy: '{"a":["b"]}' },
    });
    await sns.sns('Publish', { TopicArn, Message: 'm' });
    await sns.sns('Unsubscribe', { SubscriptionArn });
    await sns.sns('DeleteTopic', { TopicArn });
  };
  expect(await growth(repeat)).toBeLessThan(ALLOWED_BYTES);
});
