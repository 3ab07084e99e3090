/** Subscribing: protocols, endpoints, results, and what happens if the endpoint is subscribed already. */

import { describe, expect, it } from 'vitest';
import { ACCOUNT, badArns, invalid, MISSING, withSns } from '../../sns-client.ts';

const QUEUE = `arn:aws:sqs:us-east-1:${ACCOUNT}:q`;
const FUNCTION = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:f`;
const ENDED = 'Invalid parameter: Endpoint Reason: ';

it('subscribes a queue at once, whether or not it exists', async () => {
  const { sns, topic } = await withSns();
  const TopicArn = await topic();
  const { SubscriptionArn } = await sns('Subscribe', { TopicArn, Protocol: 'sqs', Endpoint: QUEUE });
  expect(SubscriptionArn).toMatch(/^arn:aws:sns:us-east-1:0{12}:t:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  const { Attributes } = await sns('GetSubscriptionAttributes', { SubscriptionArn });
  expect(Attributes).toMatchObject({ PendingConfirmation: 'false', ConfirmationWasAuthenticated: 'true' });
});

it.each([
  ['lambda', FUNCTION],
  ['sms', '+15551234567'],
  ['sms', '+12/34-567.890'],
  ['application', `arn:aws:sns:us-east-1:${ACCOUNT}:endpoint/GCM/app/1`],
  ['firehose', `arn:aws:firehose:us-east-1:${ACCOUNT}:deliverystream/s`],
])('confirms %s %s at once', async (Protocol, Endpoint) => {
  const { sns, topic } = await withSns();
  const { SubscriptionArn } = await sns('Subscribe', { TopicArn: await topic(), Protocol, Endpoint });
  const { Attributes } = await sns('GetSubscriptionAttributes', { SubscriptionArn });
  expect(Attributes).toMatchObject({ Protocol, Endpoint, PendingConfirmation: 'false' });
});

it.each([
  ['email', 'a@example.com'],
  ['email-json', 'a@example.com'],
])('lets %s confirm, and returns the ARN only if it is asked for', async (Protocol, Endpoint) => {
  const { sns, topic } = await withSns();
  const TopicArn = await topic();
  const input = { TopicArn, Protocol, Endpoint };
  expect(await sns('Subscribe', input)).toEqual({ SubscriptionArn: 'pending confirmation' });
  const { SubscriptionArn } = await sns('Subscribe', { ...input, ReturnSubscriptionArn: true });
  const { Attributes } = await sns('GetSubscriptionAttributes', { SubscriptionArn });
  expect(Attributes).toMatchObject({ PendingConfirmation: 'true', ConfirmationWasAuthenticated: 'false' });
  const { Subscriptions } = await sns('ListSubscriptionsByTopic', { TopicArn });
  expect(Subscriptions).toEqual([
    { SubscriptionArn: 'PendingConfirmation', Owner: ACCOUNT, Protocol, Endpoint, TopicArn },
  ]);
});

describe('an endpoint', () => {
  it.each([
    ['ftp', 'ftp://x', 'Amazon SNS does not support this protocol string: ftp'],
    ['SQS', QUEUE, 'Amazon SNS does not support this protocol string: SQS'],
    ['__proto__', QUEUE, 'Amazon SNS does not support this protocol string: __proto__'],
    ['sqs', 'unknown', 'SQS endpoint ARN'],
    ['sqs', 'http://localhost:9324/000000000000/q', 'SQS endpoint ARN'],
    ['sqs', FUNCTION, 'SQS endpoint ARN'],
    ['sqs', '', 'SQS endpoint ARN'],
    ['http', 'https://localhost', 'Endpoint must match the specified protocol'],
    ['https', 'http://localhost', 'Endpoint must match the specified protocol'],
    ['http', 'localhost', 'Endpoint must match the specified protocol'],
    ['http', 'http://', 'Endpoint must match the specified protocol'],
    ['email', 'nobody', 'Email address'],
    ['application', 'x', 'Application endpoint arn invalid:x'],
    ['lambda', QUEUE, 'Lambda endpoint ARN'],
    ['sqs', `${QUEUE}.fifo`, `${ENDED}FIFO SQS Queues can not be subscribed to standard SNS topics`],
  ])('of %s cannot be %j', async (Protocol, Endpoint, reason) => {
    const { sns, topic } = await withSns();
    const refused = expect(sns('Subscribe', { TopicArn: await topic(), Protocol, Endpoint })).rejects;
    await refused.toMatchObject(invalid(reason));
  });

  it.each(['+15--551234567', '+15551234567.', '/+15551234567', 'x', ''])('of sms cannot be %j', async (Endpoint) => {
    const { sns, topic } = await withSns();
    await expect(sns('Subscribe', { TopicArn: await topic(), Protocol: 'sms', Endpoint })).rejects.toMatchObject({
      ...{ status: 400, code: 'InvalidParameter', message: `Invalid SMS endpoint: ${Endpoint}` },
    });
  });

  it.each([
    ['lambda', FUNCTION],
    ['http', 'http://localhost'],
    ['email', 'a@example.com'],
    ['sms', '+15551234567'],
  ])('of a FIFO topic cannot be %s', async (Protocol, Endpoint) => {
    const { sns, topic } = await withSns();
    const refused = expect(sns('Subscribe', { TopicArn: await topic('t.fifo'), Protocol, Endpoint })).rejects;
    await refused.toMatchObject(invalid(`${ENDED}Please use FIFO SQS queue`));
  });

  it.each([QUEUE, `${QUEUE}.fifo`])('of a FIFO topic can be %s', async (Endpoint) => {
    const { sns, topic } = await withSns();
    const TopicArn = await topic('t.fifo');
    expect((await sns('Subscribe', { TopicArn, Protocol: 'sqs', Endpoint })).SubscriptionArn).toContain(TopicArn);
  });
});

describe('an endpoint that is subscribed already', () => {
  const Attributes = { RawMessageDelivery: 'true', FilterPolicy: '{"a":["b"]}' };
  const subscribe = { Protocol: 'sqs', Endpoint: QUEUE };

  it.each([
    ['no attributes', {}],
    ['the same attributes', Attributes],
    ['some of them', { FilterPolicy: Attributes.FilterPolicy }],
    ['a default value', { FilterPolicyScope: 'MessageAttributes' }],
    ['letters of other case', { RawMessageDelivery: 'True' }],
  ])('keeps its subscription if the request has %s', async (_what, again) => {
    const { sns, topic } = await withSns();
    const TopicArn = await topic();
    const first = await sns('Subscribe', { TopicArn, ...subscribe, Attributes });
    expect(await sns('Subscribe', { TopicArn, ...subscribe, Attributes: again })).toEqual(first);
  });

  it.each([
    ['another value', { RawMessageDelivery: 'false' }],
    ['another policy', { FilterPolicy: '{"a":["c"]}' }],
    ['no policy', { FilterPolicy: '' }],
    ['one more', { ...Attributes, RedrivePolicy: JSON.stringify({ deadLetterTargetArn: QUEUE }) }],
  ])('is refused with %s', async (_what, again) => {
    const { sns, topic } = await withSns();
    const TopicArn = await topic();
    await sns('Subscribe', { TopicArn, ...subscribe, Attributes });
    await expect(sns('Subscribe', { TopicArn, ...subscribe, Attributes: again })).rejects.toMatchObject(
      invalid('Attributes Reason: Subscription already exists with different attributes'),
    );
  });
});

it('limits what can be subscribed to a topic with large messages', async () => {
  const { sns, topic } = await withSns();
  const TopicArn = await topic('t', { MaximumMessageSize: '262145' });
  await expect(sns('Subscribe', { TopicArn, Protocol: 'email', Endpoint: 'a@example.com' })).rejects.toMatchObject({
    code: 'InvalidParameter',
    message: expect.stringContaining('sqs, lambda, firehose'),
  });
  const add = (index: number) => sns('Subscribe', { TopicArn, Protocol: 'sqs', Endpoint: `${QUEUE}${index}` });
  await Promise.all(Array.from({ length: 100 }, (_, index) => add(index)));
  await expect(add(100)).rejects.toMatchObject({ code: 'InvalidParameter' });
  expect(await add(0)).toHaveProperty('SubscriptionArn');
});

it.each(badArns('TopicArn'))('refuses the topic %j', async (TopicArn, what) => {
  const { sns } = await withSns();
  const refused = expect(sns('Subscribe', { TopicArn, Protocol: 'sqs', Endpoint: QUEUE })).rejects;
  await refused.toMatchObject(invalid(what));
});

it('refuses a topic that does not exist or is in another region, before the protocol', async () => {
  const { sns, topic } = await withSns();
  const input = { Protocol: 'ftp', Endpoint: QUEUE };
  const missing = { status: 404, code: 'NotFound', message: 'Topic does not exist' };
  await expect(sns('Subscribe', { TopicArn: MISSING, ...input })).rejects.toMatchObject(missing);
  const elsewhere = sns('Subscribe', { TopicArn: await topic(), ...input }, { region: 'eu-west-1' });
  await expect(elsewhere).rejects.toMatchObject(invalid('TopicArn'));
  await expect(sns('Subscribe', { TopicArn: await topic() })).rejects.toMatchObject({
    ...{ code: 'ValidationError', message: expect.stringContaining("Value null at 'protocol'") },
  });
});
