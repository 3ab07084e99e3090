/** What queues get of a publication: envelopes, raw messages, attributes, and what SQS adds. */

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ACCOUNT, withSns } from '../sns-client.ts';

const TRACE = 'Root=1-5759e988-bd862e3fe1be46a994272793';
const MessageAttributes = {
  color: { DataType: 'String', StringValue: 'blue' },
  price: { DataType: 'Number.float', StringValue: '99.12' },
  list: { DataType: 'String.Array', StringValue: '["a",1,null]' },
  bytes: { DataType: 'Binary', BinaryValue: 'AAH/' },
};

describe('an envelope', () => {
  it('has the members of SNS, in their order and with their white space', async () => {
    const { sns, squab, topic, queue, subscribed, taken } = await withSns();
    const [TopicArn, target] = [await topic(), await queue()];
    const subscriptionArn = await subscribed(TopicArn, target);
    const { MessageId } = await sns('Publish', { TopicArn, Message: 'a "text"\n', Subject: 's', MessageAttributes });
    const [{ Body, MessageId: ownId, MessageAttributes: own }] = await taken(target);
    const envelope = JSON.parse(Body);
    const base = squab.url;
    expect(Object.entries(envelope)).toEqual([
      ['Type', 'Notification'],
      ['MessageId', MessageId],
      ['TopicArn', TopicArn],
      ['Subject', 's'],
      ['Message', 'a "text"\n'],
      ['Timestamp', '2026-01-01T00:00:00.000Z'],
      ['SignatureVersion', '1'],
      ['Signature', expect.stringMatching(/^[A-Za-z0-9+/]{342}==$/)],
      ['SigningCertURL', expect.stringMatching(`^${base}/SimpleNotificationService-[0-9a-f]{32}\\.pem$`)],
      ['UnsubscribeURL', `${base}/?Action=Unsubscribe&SubscriptionArn=${subscriptionArn}`],
      [
        'MessageAttributes',
        {
          color: { Type: 'String', Value: 'blue' },
          price: { Type: 'Number.float', Value: '99.12' },
          list: { Type: 'String.Array', Value: '["a",1,null]' },
          bytes: { Type: 'Binary', Value: 'AAH/' },
        },
      ],
    ]);
    expect(Body).toContain('{\n  "Type" : "Notification",\n');
    expect(Body).toContain('  "MessageAttributes" : {\n    "color" : {"Type":"String","Value":"blue"},\n');
    expect(ownId).not.toBe(MessageId);
    expect(own).toBeUndefined();
    const certificate = await (await fetch(envelope.SigningCertURL)).text();
    expect(certificate).toMatch(/^-----BEGIN CERTIFICATE-----\n/);
  });

  it('has no subject and no attributes if the message has none', async () => {
    const { sns, topic, queue, subscribed, envelopes } = await withSns();
    const [TopicArn, target] = [await topic(), await queue()];
    await subscribed(TopicArn, target);
    await sns('Publish', { TopicArn, Message: 'm' });
    const [envelope] = await envelopes(target);
    expect(envelope).not.toHaveProperty('Subject');
    expect(envelope).not.toHaveProperty('MessageAttributes');
  });

  it('has the signature version of its topic, and links with the configured base', async () => {
    const { sns, topic, queue, subscribed, envelopes } = await withSns({ linkUrl: 'https://sns.{region}.local/x/' });
    const [TopicArn, target] = [await topic('t', { SignatureVersion: '2' }), await queue()];
    await subscribed(TopicArn, target);
    await sns('Publish', { TopicArn, Message: 'm' });
    const [envelope] = await envelopes(target);
    expect(envelope.SignatureVersion).toBe('2');
    expect(envelope.SigningCertURL).toMatch(/^https:\/\/sns\.us-east-1\.local\/x\/SimpleNotificationService-/);
    expect(envelope.UnsubscribeURL).toMatch(/^https:\/\/sns\.us-east-1\.local\/x\/\?Action=Unsubscribe/);
  });
});

describe('a raw message', () => {
  it('has the text as its body, and the attributes with the MD5 digests of SQS', async () => {
    const { sns, sqs, topic, queue, subscribed, taken } = await withSns();
    const [TopicArn, target] = [await topic(), await queue()];
    await subscribed(TopicArn, target, { RawMessageDelivery: 'true' });
    await sns('Publish', { TopicArn, Message: 'text', Subject: 's', MessageAttributes });
    const [message] = await taken(target);
    const sent = await sqs('SendMessage', { QueueUrl: target.url, MessageBody: 'text', MessageAttributes });
    expect(message).toMatchObject({
      ...{ Body: 'text', MD5OfBody: createHash('md5').update('text').digest('hex') },
      ...{ MessageAttributes, MD5OfMessageAttributes: sent.MD5OfMessageAttributes },
    });
  });

  it('cannot have more than ten attributes, but an envelope can', async () => {
    const { sns, topic, queue, subscribed, taken, envelopes } = await withSns();
    const [TopicArn, raw, wrapped] = [await topic(), await queue('raw'), await queue('wrapped')];
    await subscribed(TopicArn, raw, { RawMessageDelivery: 'true' });
    await subscribed(TopicArn, wrapped);
    const many = Array.from({ length: 11 }, (_, index) => [`a${index}`, { DataType: 'String', StringValue: 'v' }]);
    await sns('Publish', { TopicArn, Message: 'm', MessageAttributes: Object.fromEntries(many) });
    expect(await taken(raw)).toEqual([]);
    const [{ MessageAttributes: attributes }] = await envelopes(wrapped);
    expect(Object.keys(attributes)).toHaveLength(11);
  });
});

it('delivers the text for the protocol of a structured message', async () => {
  const { sns, topic, queue, subscribed, taken } = await withSns();
  const [TopicArn, target] = [await topic(), await queue()];
  await subscribed(TopicArn, target, { RawMessageDelivery: 'true' });
  for (const Message of [
    '{"default":"d","sqs":"for queues","http":"h"}',
    '{"default":"d","sqs":5}',
    '{"default":"d"}',
  ]) {
    await sns('Publish', { TopicArn, Message, MessageStructure: 'json' });
  }
  const bodies = (await taken(target)).map(({ Body }) => Body);
  expect(bodies.sort()).toEqual(['d', 'd', 'for queues']);
});

it('gives messages the attributes that SQS has for messages of SNS', async () => {
  const { sns, topic, queue, subscribed, taken } = await withSns();
  const [TopicArn, target] = [await topic(), await queue()];
  await subscribed(TopicArn, target);
  await sns('Publish', { TopicArn, Message: 'm', MessageGroupId: 'tenant' }, { headers: { 'x-amzn-trace-id': TRACE } });
  const [{ Attributes }] = await taken(target);
  expect(Attributes).toMatchObject({
    ...{ SenderId: 'AIDAIT2UOQQY3AUEKVGXU', AWSTraceHeader: TRACE, MessageGroupId: 'tenant' },
    ApproximateReceiveCount: '1',
  });
});

it('respects the delay and the maximum size of a queue', async () => {
  const { sns, topic, queue, subscribed, taken, clock } = await withSns();
  const TopicArn = await topic();
  const [late, small] = [
    await queue('late', { DelaySeconds: '60' }),
    await queue('small', { MaximumMessageSize: '1024' }),
  ];
  await subscribed(TopicArn, late, { RawMessageDelivery: 'true' });
  await subscribed(TopicArn, small, { RawMessageDelivery: 'true' });
  await sns('Publish', { TopicArn, Message: 'x'.repeat(1025) });
  await sns('Publish', { TopicArn, Message: 'short' });
  expect(await taken(late)).toEqual([]);
  expect(await taken(small)).toMatchObject([{ Body: 'short' }]);
  await clock.advance(60_000);
  expect(await taken(late)).toHaveLength(2);
});

it('wakes long polls on all queues at once', async () => {
  const { sns, sqs, topic, queue, subscribed } = await withSns();
  const TopicArn = await topic();
  const targets = [await queue('a'), await queue('b')];
  for (const target of targets) await subscribed(TopicArn, target, { RawMessageDelivery: 'true' });
  const polls = targets.map(({ url: QueueUrl }) => sqs('ReceiveMessage', { QueueUrl, WaitTimeSeconds: 20 }));
  await sns('Publish', { TopicArn, Message: 'm' });
  for (const poll of polls) expect((await poll).Messages).toMatchObject([{ Body: 'm' }]);
});

it('publishes to a queue of another account and region by its ARN', async () => {
  const { sns, sqs, topic } = await withSns();
  const TopicArn = await topic();
  const elsewhere = { account: '111122223333', region: 'eu-west-1' };
  const { QueueUrl } = await sqs('CreateQueue', { QueueName: 'q' }, elsewhere);
  const Endpoint = 'arn:aws:sqs:eu-west-1:111122223333:q';
  await sns('Subscribe', { TopicArn, Protocol: 'sqs', Endpoint, Attributes: { RawMessageDelivery: 'true' } });
  await sns('Publish', { TopicArn, Message: 'm' });
  expect((await sqs('ReceiveMessage', { QueueUrl }, elsewhere)).Messages).toMatchObject([{ Body: 'm' }]);
});

it('publishes to hundreds of queues, those that exist', async () => {
  const { sns, topic, queue, subscribed, taken } = await withSns();
  const TopicArn = await topic();
  const targets = await Promise.all(Array.from({ length: 200 }, (_, index) => queue(`q${index}`)));
  await Promise.all(targets.map((target) => subscribed(TopicArn, target, { RawMessageDelivery: 'true' })));
  await subscribed(TopicArn, { url: '', arn: `arn:aws:sqs:us-east-1:${ACCOUNT}:missing` });
  await sns('Publish', { TopicArn, Message: 'm' });
  for (const target of targets) expect(await taken(target)).toMatchObject([{ Body: 'm' }]);
});

it('delivers to a queue that was deleted and created again', async () => {
  const { sns, sqs, topic, queue, subscribed, taken } = await withSns();
  const [TopicArn, first] = [await topic(), await queue()];
  await subscribed(TopicArn, first, { RawMessageDelivery: 'true' });
  await sqs('DeleteQueue', { QueueUrl: first.url });
  await sns('Publish', { TopicArn, Message: 'lost' });
  const second = await queue();
  await sns('Publish', { TopicArn, Message: 'm' });
  expect(await taken(second)).toMatchObject([{ Body: 'm' }]);
});
