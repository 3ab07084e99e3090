/** With --auth, requests to SNS are signed for it; with --auth policy, the policies of topics and queues are enforced. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { COLLEAGUE, enforced, SNS, unsigned } from '../api/auth/callers.ts';
import { OWNER, STRANGER, signedBy } from '../api/auth/signing.ts';
import type { Input, Output } from '../helpers.ts';
import { type Sns, withSns } from '../sns-client.ts';

const ACCOUNT = '111122223333';
const TOPIC = `arn:aws:sns:us-east-1:${ACCOUNT}:t`;
const QUEUE = `arn:aws:sqs:us-east-1:${ACCOUNT}:q`;

type As = (operation: string, input?: Input) => Promise<Output>;

async function callers(auth: 'sigv4' | 'policy' = 'policy', account = '000000000000') {
  const made = await withSns({ ...enforced, auth, account });
  const as = (credential: typeof OWNER): As => {
    const sign = signedBy(credential, { service: 'sns' });
    return (operation, input) => made.sns(operation, input, { sign });
  };
  const anonymous: As = (operation, input) => made.sns(operation, input, { sign: unsigned });
  const queues: As = (operation, input) => made.sqs(operation, input, { sign: signedBy(OWNER) });
  return {
    ...made,
    owner: as(OWNER),
    colleague: as(COLLEAGUE),
    stranger: as(STRANGER),
    service: as(SNS),
    anonymous,
    queues,
  };
}

const statement = (rest: Input) => ({
  Effect: 'Allow',
  Principal: '*',
  Action: 'SNS:Publish',
  Resource: TOPIC,
  ...rest,
});
const policyOf = (...statements: Input[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements });
const denied = (
  user: string,
  action: string,
  why = `because no resource-based policy allows the SNS:${action} action`,
) => ({
  ...{ status: 403, code: 'AuthorizationError' },
  message: `User: ${user} is not authorized to perform: SNS:${action} on resource: ${TOPIC} ${why}`,
});

describe('a policy that is not in the grammar of IAM', () => {
  it.each<[string, string]>([
    ['an unknown element', policyOf(statement({ Conditions: { Bool: { 'aws:x': 'true' } } }))],
    ['an element in the wrong case', policyOf(statement({ condition: {} }))],
    ['an empty condition', policyOf(statement({ Condition: { StringEquals: {} } }))],
    ['an empty list of values', policyOf(statement({ Condition: { StringNotEquals: { 'aws:username': [] } } }))],
    ['a principal that does not exist', policyOf(statement({ Principal: { Users: '*' } }))],
    ['no effect', policyOf({ Principal: '*', Action: 'SNS:Publish', Resource: TOPIC })],
    ['no statement', policyOf()],
  ])('is refused, and the topic keeps the policy that it has: %s', async (_what, Policy) => {
    const { owner } = await callers();
    await owner('CreateTopic', { Name: 't', Attributes: { Policy: policyOf(statement({})) } });
    const set = owner('SetTopicAttributes', { TopicArn: TOPIC, AttributeName: 'Policy', AttributeValue: Policy });
    const refusal = { status: 400, code: 'InvalidParameter', message: 'Invalid parameter: Policy Error: null' };
    await expect(set).rejects.toMatchObject(refusal);
    await expect(owner('CreateTopic', { Name: 'new', Attributes: { Policy } })).rejects.toMatchObject({ status: 400 });
    const { Attributes } = await owner('GetTopicAttributes', { TopicArn: TOPIC });
    expect(Attributes.Policy).toBe(policyOf(statement({})));
  });
});

describe('with --auth sigv4', () => {
  it('requests are signed for SNS', async () => {
    const { owner, sns } = await callers('sigv4');
    expect(await owner('CreateTopic', { Name: 't' })).toEqual({ TopicArn: TOPIC });
    await expect(sns('ListTopics', {}, { sign: signedBy(OWNER) })).rejects.toMatchObject({
      ...{ code: 'SignatureDoesNotMatch', message: "Credential should be scoped to correct service: 'sns'." },
    });
  });

  it('only the operations of links need no signature', async () => {
    const { anonymous, owner } = await callers('sigv4');
    await owner('CreateTopic', { Name: 't' });
    await expect(anonymous('ListTopics')).rejects.toMatchObject({ status: 403, code: 'AccessDenied' });
    await expect(anonymous('Publish', { TopicArn: TOPIC, Message: 'm' })).rejects.toMatchObject({ status: 403 });
    await expect(anonymous('ConfirmSubscription', { TopicArn: TOPIC, Token: 'ab' })).rejects.toMatchObject({
      message: 'Invalid parameter: Token',
    });
    const { SubscriptionArn } = await owner('Subscribe', { TopicArn: TOPIC, Protocol: 'sqs', Endpoint: QUEUE });
    expect(await anonymous('Unsubscribe', { SubscriptionArn })).toBeUndefined();
    expect(await owner('ListSubscriptions')).toEqual({ Subscriptions: [] });
  });
});

describe('the policy of a topic', () => {
  it('lets only its own account use it at first', async () => {
    const { owner, colleague, stranger, anonymous } = await callers();
    await owner('CreateTopic', { Name: 't' });
    const publish = { TopicArn: TOPIC, Message: 'm' };
    expect(await colleague('Publish', publish)).toHaveProperty('MessageId');
    await expect(stranger('Publish', publish)).rejects.toMatchObject(denied(STRANGER.principal!, 'Publish'));
    await expect(anonymous('Publish', publish)).rejects.toMatchObject({ status: 403 });
    const entries = { TopicArn: TOPIC, PublishBatchRequestEntries: [{ Id: '1', Message: 'm' }] };
    await expect(stranger('PublishBatch', entries)).rejects.toMatchObject(denied(STRANGER.principal!, 'Publish'));
    const byArn = {
      TopicArn: TOPIC,
      ResourceArn: TOPIC,
      AttributeName: 'DisplayName',
      Protocol: 'sqs',
      Endpoint: QUEUE,
    };
    for (const action of [
      'GetTopicAttributes',
      'SetTopicAttributes',
      'Subscribe',
      'DeleteTopic',
      'ListSubscriptionsByTopic',
    ]) {
      await expect(stranger(action, byArn), action).rejects.toMatchObject(denied(STRANGER.principal!, action));
    }
    const tagged = { ...byArn, Tags: [{ Key: 'a', Value: 'b' }], TagKeys: ['a'] };
    for (const action of ['TagResource', 'UntagResource', 'ListTagsForResource']) {
      await expect(stranger(action, tagged), action).rejects.toMatchObject(denied(STRANGER.principal!, action));
    }
  });

  it('lets others publish if it says so, or if a permission was added', async () => {
    const { owner, stranger } = await callers();
    const Policy = policyOf(statement({ Principal: { AWS: '444455556666' } }));
    await owner('CreateTopic', { Name: 't', Attributes: { Policy } });
    expect(await stranger('Publish', { TopicArn: TOPIC, Message: 'm' })).toHaveProperty('MessageId');
    await expect(stranger('GetTopicAttributes', { TopicArn: TOPIC })).rejects.toMatchObject({ status: 403 });
    const added = { Label: 'l', AWSAccountId: ['444455556666'], ActionName: ['GetTopicAttributes'] };
    await owner('AddPermission', { TopicArn: TOPIC, ...added });
    expect(await stranger('GetTopicAttributes', { TopicArn: TOPIC })).toHaveProperty('Attributes');
  });

  it('can deny the account itself', async () => {
    const { owner } = await callers();
    const Policy = policyOf(statement({ Effect: 'Deny' }));
    await owner('CreateTopic', { Name: 't', Attributes: { Policy } });
    const why = 'with an explicit deny in a resource-based policy';
    const publish = owner('Publish', { TopicArn: TOPIC, Message: 'm' });
    await expect(publish).rejects.toMatchObject(denied(OWNER.principal!, 'Publish', why));
  });

  it('can depend on the protocol and the endpoint of a subscription', async () => {
    const { owner, stranger } = await callers();
    const Condition = { StringEquals: { 'sns:Protocol': 'sqs' }, StringLike: { 'sns:Endpoint': '*:mine' } };
    const Policy = policyOf(statement({ Action: 'SNS:Subscribe', Condition }));
    await owner('CreateTopic', { Name: 't', Attributes: { Policy } });
    const input = { TopicArn: TOPIC, Protocol: 'sqs', Endpoint: 'arn:aws:sqs:us-east-1:444455556666:mine' };
    const { SubscriptionArn } = await stranger('Subscribe', input);
    await expect(stranger('Subscribe', { ...input, Endpoint: QUEUE })).rejects.toMatchObject({ status: 403 });
    // A subscription belongs to the account that subscribed, and to that of the topic.
    for (const as of [stranger, owner]) {
      const { Attributes } = await as('GetSubscriptionAttributes', { SubscriptionArn });
      expect(Attributes).toMatchObject({ Owner: '444455556666', SubscriptionPrincipal: STRANGER.principal });
    }
  });

  it('keeps subscriptions of others private', async () => {
    const { owner, stranger } = await callers();
    await owner('CreateTopic', { Name: 't' });
    const { SubscriptionArn } = await owner('Subscribe', { TopicArn: TOPIC, Protocol: 'sqs', Endpoint: QUEUE });
    const raw = { SubscriptionArn, AttributeName: 'RawMessageDelivery', AttributeValue: 'true' };
    for (const action of ['GetSubscriptionAttributes', 'SetSubscriptionAttributes']) {
      await expect(stranger(action, raw)).rejects.toMatchObject(denied(STRANGER.principal!, action));
    }
  });
});

describe('the policy of a queue', () => {
  async function published(Policy?: string, auth?: 'sigv4') {
    const { owner, queues } = await callers(auth);
    await owner('CreateTopic', { Name: 't' });
    const { QueueUrl } = await queues('CreateQueue', {
      QueueName: 'q',
      Attributes: Policy === undefined ? {} : { Policy },
      tags: { env: 'prod' },
    });
    await owner('Subscribe', { TopicArn: TOPIC, Protocol: 'sqs', Endpoint: QUEUE });
    expect(await owner('Publish', { TopicArn: TOPIC, Message: 'm' })).toHaveProperty('MessageId');
    return ((await queues('ReceiveMessage', { QueueUrl })).Messages ?? []).length;
  }
  const allow = (rest: Input) =>
    policyOf({
      Effect: 'Allow',
      Action: 'sqs:SendMessage',
      Resource: QUEUE,
      Principal: { Service: 'sns.amazonaws.com' },
      ...rest,
    });
  const allowExcept = (rest: Input) => {
    const all = { Principal: '*', Action: 'sqs:*', Resource: QUEUE };
    const denial = { Effect: 'Deny', ...all, Action: 'sqs:SendMessage', ...rest };
    return JSON.stringify({ Statement: [{ Effect: 'Allow', ...all }, denial] });
  };
  const source = (operator: string, key: string, value: string) => ({ Condition: { [operator]: { [key]: value } } });

  it.each([
    ['the service', allow({})],
    ['everyone', allow({ Principal: '*' })],
    ['the service, for the topic', allow(source('ArnEquals', 'aws:SourceArn', TOPIC))],
    ['the service, for topics of the account', allow(source('ArnLike', 'aws:SourceArn', `arn:aws:sns:*:${ACCOUNT}:*`))],
    ['the service, for the account', allow(source('StringEquals', 'aws:SourceAccount', ACCOUNT))],
    ['the service, until a day in the future', allow(source('DateLessThan', 'aws:CurrentTime', '2100-01-01'))],
    ['the service, with the tags of the queue', allow(source('StringEquals', 'aws:ResourceTag/env', 'prod'))],
  ])('lets topics send if it allows %s', async (_who, Policy) => {
    expect(await published(Policy)).toBe(1);
  });

  it.each([
    ['absent', undefined],
    ['for another service', allow({ Principal: { Service: 's3.amazonaws.com' } })],
    ['for another topic', allow(source('ArnEquals', 'aws:SourceArn', `${TOPIC}2`))],
    ['for another account', allow(source('StringEquals', 'aws:SourceAccount', '444455556666'))],
    ['for another action', allow({ Action: 'sqs:ReceiveMessage' })],
    ['a denial', policyOf({ Effect: 'Deny', Principal: '*', Action: 'sqs:SendMessage', Resource: QUEUE })],
    ['a denial after a day in the past', allowExcept(source('DateGreaterThan', 'aws:CurrentTime', '2020-01-01'))],
    ['a denial after an instant', allowExcept(source('NumericGreaterThan', 'aws:EpochTime', '1577836800'))],
    ['a denial by a tag of the queue', allowExcept(source('StringEquals', 'aws:ResourceTag/env', 'prod'))],
    ['a denial in the region of the queue', allowExcept(source('StringEquals', 'aws:RequestedRegion', 'us-east-1'))],
  ])('keeps the message from the queue if it is %s', async (_what, Policy) => {
    expect(await published(Policy)).toBe(0);
  });

  it('does not matter without --auth policy', async () => {
    expect(await published(undefined, 'sigv4')).toBe(1);
  });
});

it('finds no fault with a request that it may not evaluate any policy for', async () => {
  const { stranger }: { stranger: As } & Sns = await callers();
  await expect(stranger('Publish', { TopicArn: 'x', Message: 'm' })).rejects.toMatchObject({
    code: 'InvalidParameter',
  });
  await expect(stranger('GetSubscriptionAttributes', { SubscriptionArn: `${TOPIC}:x` })).rejects.toMatchObject({
    code: 'NotFound',
  });
});

it('only the owners of subscription and topic can unsubscribe an endpoint that asked for that', async () => {
  // The account of unsigned requests and of services by default, which do not act for it.
  const { owner, colleague, stranger, anonymous, service } = await callers('policy', ACCOUNT);
  await owner('CreateTopic', { Name: 't' });
  const token = new Promise<string>((resolve) => {
    const server = createServer(async (request, response) => {
      resolve(JSON.parse(Buffer.concat(await request.toArray()).toString()).Token);
      response.end();
    });
    onTestFinished(() => {
      server.close();
    });
    server.listen(0, '127.0.0.1', () => {
      const Endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      void owner('Subscribe', { TopicArn: TOPIC, Protocol: 'http', Endpoint });
    });
  });
  const confirmation = { TopicArn: TOPIC, Token: await token, AuthenticateOnUnsubscribe: 'true' };
  const { SubscriptionArn } = await owner('ConfirmSubscription', confirmation);
  for (const other of [anonymous, stranger, service]) {
    await expect(other('Unsubscribe', { SubscriptionArn })).rejects.toMatchObject({ code: 'AuthorizationError' });
  }
  expect(await colleague('Unsubscribe', { SubscriptionArn })).toBeUndefined();
  expect(await owner('ListSubscriptions')).toEqual({ Subscriptions: [] });
});
