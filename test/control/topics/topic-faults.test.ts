/** Fault rules for operations of SNS, and the lines that the log has about them. */

import { describe, expect, it } from 'vitest';
import { withSns } from '../../sns-client.ts';
import { control } from '../client.ts';

describe('a fault rule for an operation of SNS', () => {
  it('makes publications fail', async () => {
    const { sns, topic, queue, subscribed, taken, squab } = await withSns();
    const TopicArn = await topic();
    const to = await queue();
    await subscribed(TopicArn, to);
    const effect = { type: 'error', code: 'Throttled' };
    await control(squab.url).post('/faults', { operation: 'Publish', times: 1, effect });
    await expect(sns('Publish', { TopicArn, Message: 'm' })).rejects.toMatchObject({ status: 429, code: 'Throttled' });
    await sns('Publish', { TopicArn, Message: 'm' });
    expect(await taken(to)).toHaveLength(1);
  });

  it('makes entries of a batch fail; the others are published', async () => {
    const { sns, topic, queue, subscribed, envelopes, squab } = await withSns();
    const TopicArn = await topic();
    const to = await queue();
    await subscribed(TopicArn, to);
    const effect = { type: 'fail-entries' as const, code: 'InternalFailure', ids: ['b'] };
    squab.control.faults.add({ operation: 'PublishBatch', effect });
    const PublishBatchRequestEntries = ['a', 'b', 'c'].map((Id) => ({ Id, Message: Id }));
    const { Successful, Failed } = await sns('PublishBatch', { TopicArn, PublishBatchRequestEntries });
    expect(Successful.map(({ Id }: { Id: string }) => Id)).toEqual(['a', 'c']);
    expect(Failed).toMatchObject([{ Id: 'b', SenderFault: 'false' }]);
    expect((await envelopes(to)).map(({ Message }) => Message)).toEqual(['a', 'c']);
    expect(squab.control.faults.list()).toMatchObject([{ matched: 1, triggered: 1 }]);
  });

  it('loses the answer of a publication that was carried out', async () => {
    const { sns, topic, queue, subscribed, taken, squab } = await withSns();
    const TopicArn = await topic();
    const to = await queue();
    await subscribed(TopicArn, to);
    squab.control.faults.add({ operation: 'Publish', effect: { type: 'drop', when: 'after' } });
    await expect(sns('Publish', { TopicArn, Message: 'm' })).rejects.toThrow();
    expect(await taken(to)).toHaveLength(1);
  });

  it('can be limited to a topic, by its name or ARN', async () => {
    const { sns, topic, queue, sqs, squab } = await withSns();
    const [orders, others] = [await topic('orders'), await topic('others')];
    await queue('orders');
    const { post, get } = control(squab.url);
    const effect = { type: 'error', code: 'InternalError' };
    expect(await post('/faults', { topic: orders, effect })).toMatchObject({
      ...{ topic: 'orders', account: '000000000000', region: 'us-east-1' },
    });
    await sns('Publish', { TopicArn: others, Message: 'm' });
    await sqs('SendMessage', { QueueUrl: 'orders', MessageBody: 'm' });
    await sqs('ListQueues');
    const refused = { status: 500, code: 'InternalError' };
    await expect(sns('Publish', { TopicArn: orders, Message: 'm' })).rejects.toMatchObject(refused);
    await expect(sns('GetTopicAttributes', { TopicArn: orders })).rejects.toMatchObject(refused);
    expect((await get('/faults')).rules).toMatchObject([{ matched: 2, triggered: 2 }]);
    await expect(post('/faults', { topic: 'orders', queue: 'orders', effect })).rejects.toThrow(
      /^400 Give either "queue" or "topic", not both/,
    );
    await expect(post('/faults', { topic: 'arn:aws:sqs:us-east-1:000000000000:q', effect })).rejects.toThrow(
      /^400 "arn:aws:sqs.*" is not the ARN of a topic/,
    );
  });
});

it('the log names the operation and the topic of a request', async () => {
  const lines: { action?: string; topic?: string }[] = [];
  const logStream = { write: (line: string) => lines.push(JSON.parse(line)) };
  const { sns, topic, squab } = await withSns({ logLevel: 'debug', logStream });
  const TopicArn = await topic('orders');
  const { MessageId } = await sns('Publish', { TopicArn, Message: 'a secret' });
  const Endpoint = 'a@example.com';
  const { SubscriptionArn } = await sns('Subscribe', {
    TopicArn,
    Protocol: 'email',
    Endpoint,
    ReturnSubscriptionArn: true,
  });
  await sns('GetSubscriptionAttributes', { SubscriptionArn });
  await sns('ListTagsForResource', { ResourceArn: TopicArn });
  await sns('ListTopics');
  await squab.stop();
  const logged = lines.filter(({ action }) => action !== undefined);
  expect(logged.map(({ action, topic: name }) => [action, name])).toEqual([
    ['CreateTopic', 'orders'],
    ['Publish', 'orders'],
    ['Subscribe', 'orders'],
    ['GetSubscriptionAttributes', 'orders'],
    ['ListTagsForResource', 'orders'],
    ['ListTopics', undefined],
  ]);
  expect(logged[1]).toMatchObject({ messageIds: [MessageId] });
  expect(JSON.stringify(lines)).not.toContain('secret');
});
