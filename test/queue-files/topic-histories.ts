/** Random histories of topics: what clients may do to them and their subscriptions, in any order. */

import fc from 'fast-check';
import { Refusal } from '../helpers.ts';
import { arnOf } from '../queues/redrive/dead-letters.ts';
import type { CallSns } from '../sns-client.ts';
import { oddTexts } from './histories.ts';

const STANDARD = ['t', 'u'];
const FIFO = ['t.fifo'];
export const topicArnOf = (name: string) => `arn:aws:sns:us-east-1:000000000000:${name}`;

type Action =
  | { operation: string; input: Record<string, unknown> }
  /** An operation on one of the subscriptions of the topic, if it has any. */
  | { operation: string; topic: string; nth: number; input: Record<string, unknown> };

const policy = (action: string) =>
  `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"${action}","Resource":"*"}]}`;

const topicAttributes: readonly (readonly [string, fc.Arbitrary<string>])[] = [
  ['DisplayName', fc.constantFrom('', '7', 'true', '{"a":1}', '{"<<":{"a":1}}', ...oddTexts)],
  ['Policy', fc.constantFrom('', policy('SNS:Publish'), `{ "Statement": [] }`)],
  ['DeliveryPolicy', fc.constantFrom('', '{"http":{"defaultHealthyRetryPolicy":{"numRetries":5}}}')],
  ['SignatureVersion', fc.constantFrom('1', '2')],
  ['TracingConfig', fc.constantFrom('PassThrough', 'Active')],
  ['KmsMasterKeyId', fc.constantFrom('', 'alias/key', '007')],
  ['MaximumMessageSize', fc.constantFrom('1024', '262144')],
  ['HTTPSuccessFeedbackSampleRate', fc.constantFrom('0', '100')],
];
const fifoAttributes: readonly (readonly [string, fc.Arbitrary<string>])[] = [
  ['ContentBasedDeduplication', fc.constantFrom('true', 'false')],
  ['FifoThroughputScope', fc.constantFrom('Topic', 'MessageGroup')],
];

const filterPolicies = [
  '',
  '{}',
  '{"kind":["refund",{"prefix":"a"}],"price":[{"numeric":[">=",1.5]}]}',
  '{ "kind": ["refund"] }',
  '{"a":{"b":["x",null,true,1e3]}}',
  '{"$or":[{"a":["x"]},{"b":[{"exists":false}]}]}',
  '{"<<":["x"],"__proto__":[1e+21,123456789012345680000],"1":["\\ud800"],"a\\nb":["\u202e"]}',
  `{"${'k'.repeat(1100)}":["x"],"":["y"],"- a":[null]}`,
];
const subscriptionAttributes: readonly (readonly [string, fc.Arbitrary<string>])[] = [
  ['RawMessageDelivery', fc.constantFrom('true', 'false')],
  ['FilterPolicy', fc.constantFrom(...filterPolicies)],
  ['FilterPolicyScope', fc.constantFrom('MessageAttributes', 'MessageBody')],
  [
    'RedrivePolicy',
    fc.constantFrom(
      ...['a', 'f.fifo', 'gone'].map((name) => JSON.stringify({ deadLetterTargetArn: arnOf(name) })),
      `{ "deadLetterTargetArn": "${arnOf('a')}" }`,
    ),
  ],
  ['DeliveryPolicy', fc.constantFrom('', '{"healthyRetryPolicy":{"numRetries":1}}')],
  ['SubscriptionRoleArn', fc.constantFrom('', 'arn:aws:iam::000000000000:role/r', '{"<<":1}')],
];

/** JSON with many levels, of which a file can have a hundred. */
const nested = (levels: number) => `${'{"":'.repeat(levels)}1${'}'.repeat(levels)}`;

const endpoints: readonly (readonly [string, string])[] = [
  ...['a', 'b', 'gone', 'f.fifo', 'g.fifo'].map((name) => ['sqs', arnOf(name)] as const),
  ['sqs', 'arn:aws:sqs:eu-west-1:111111111111:a'],
  ['sqs', 'arn:aws-cn:sqs:us-east-1:000000000000:a'],
  ['http', 'http://127.0.0.1:1/a?b=c'],
  ['https', 'https://127.0.0.1:1/ü'],
  ['lambda', 'arn:aws:lambda:us-east-1:000000000000:function:f'],
  ['lambda', 'arn:aws:lambda:us-east-1:000000000000:function:f:live'],
  ['lambda', 'arn:aws:lambda:eu-west-1:111111111111:function:f'],
  ['lambda', 'arn:aws:lambda:us-east-1:000000000000:layer:l'],
  ['email', 'a@example.com'],
  ['sms', '+15551234567'],
  ['firehose', 'arn:aws:firehose:us-east-1:000000000000:deliverystream/s'],
];

function some(attributes: readonly (readonly [string, fc.Arbitrary<string>])[]): fc.Arbitrary<Record<string, string>> {
  return fc.record(Object.fromEntries(attributes), { requiredKeys: [] }) as fc.Arbitrary<Record<string, string>>;
}

function one(attributes: readonly (readonly [string, fc.Arbitrary<string>])[]): fc.Arbitrary<Record<string, string>> {
  return fc
    .constantFrom(...attributes)
    .chain(([AttributeName, value]) => value.map((AttributeValue) => ({ AttributeName, AttributeValue })));
}

const tagText = fc.string({ unit: fc.constantFrom(...'aé0 _.:/=+-@'), minLength: 1, maxLength: 12 });

const action: fc.Arbitrary<Action> = fc.constantFrom(...STANDARD, ...FIFO).chain((name): fc.Arbitrary<Action> => {
  const TopicArn = topicArnOf(name);
  const isFifo = FIFO.includes(name);
  const known = [...topicAttributes, ...(isFifo ? fifoAttributes : [])];
  const on = (operation: string, input: fc.Arbitrary<object>) =>
    input.map((given): Action => ({ operation, input: { TopicArn, ...given } }));
  const onSubscription = (operation: string, input: fc.Arbitrary<Record<string, string>>) =>
    fc.tuple(fc.nat(9), input).map(([nth, given]): Action => ({ operation, topic: name, nth, input: given }));
  return fc.oneof(
    {
      arbitrary: fc
        .tuple(fc.constantFrom(...endpoints), some(subscriptionAttributes))
        .map(([[Protocol, Endpoint], Attributes]): Action => {
          return { operation: 'Subscribe', input: { TopicArn, Protocol, Endpoint, Attributes } };
        }),
      weight: 5,
    },
    { arbitrary: onSubscription('SetSubscriptionAttributes', one(subscriptionAttributes)), weight: 5 },
    onSubscription('Unsubscribe', fc.constant({})),
    { arbitrary: on('SetTopicAttributes', one(known)), weight: 4 },
    fc.dictionary(tagText, tagText, { minKeys: 1, maxKeys: 3 }).map((tags): Action => {
      const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
      return { operation: 'TagResource', input: { ResourceArn: TopicArn, Tags } };
    }),
    fc.constantFrom('', '{"Name":"p"}', nested(95), nested(5000), 'not JSON').map((DataProtectionPolicy): Action => {
      return { operation: 'PutDataProtectionPolicy', input: { ResourceArn: TopicArn, DataProtectionPolicy } };
    }),
    on(
      'AddPermission',
      fc.constant({ Label: 'l', AWSAccountId: ['111111111111'], ActionName: ['Publish', 'Subscribe'] }),
    ),
    on('DeleteTopic', fc.constant({})),
    some(known).map((Attributes): Action => {
      const all = { ...Attributes, ...(isFifo && { FifoTopic: 'true' }) };
      return { operation: 'CreateTopic', input: { Name: name, Attributes: all } };
    }),
  );
});

/** Random actions of clients, most of which SNS accepts. */
export const topicActions = fc.array(action, { minLength: 10, maxLength: 50, size: 'max' });

/** Does what it can of the actions. */
export async function actOnTopics(sns: CallSns, actions: readonly Action[]): Promise<void> {
  for (const Name of STANDARD) await sns('CreateTopic', { Name });
  for (const Name of FIFO) await sns('CreateTopic', { Name, Attributes: { FifoTopic: 'true' } });
  for (const one of actions) {
    await done(sns, one).catch((error: unknown) => {
      if (!(error instanceof Refusal)) throw error;
    });
  }
}

async function done(sns: CallSns, one: Action): Promise<void> {
  if (!('nth' in one)) {
    await sns(one.operation, one.input);
    return;
  }
  const { Subscriptions } = await sns('ListSubscriptionsByTopic', { TopicArn: topicArnOf(one.topic) });
  const { SubscriptionArn } = Subscriptions[one.nth % Subscriptions.length] ?? {};
  if (SubscriptionArn) await sns(one.operation, { SubscriptionArn, ...one.input });
}
