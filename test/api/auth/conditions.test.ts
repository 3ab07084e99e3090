/** `--auth policy`: what the conditions of a queue's policy can ask for. */

import { expect, it } from 'vitest';
import type { StartOptions } from '../../../src/index.ts';
import { type Input, overBothWires } from '../../helpers.ts';
import { type As, BY_POLICY, denied, everything, people, queueWith } from './people.ts';
import { OWNER, STRANGER } from './signing.ts';

overBothWires('the conditions of a policy know', (fixture) => {
  /** Whether a stranger is let in on a condition. */
  const letsIn = async (
    Condition: Input,
    { options = {}, headers = {} }: { options?: StartOptions; headers?: Record<string, string> } = {},
  ) => {
    const made = await people(fixture, options);
    const QueueUrl = await queueWith(made, { ...everything, Condition });
    return made.stranger('PurgeQueue', { QueueUrl }, { headers }).then(
      () => true,
      () => false,
    );
  };

  it.each<[string, Input, boolean]>([
    ['that this is no HTTPS', { Bool: { 'aws:SecureTransport': 'false' } }, true],
    ['the address', { IpAddress: { 'aws:SourceIp': '127.0.0.0/8' } }, true],
    ['another address', { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }, false],
    ['who calls', { ArnEquals: { 'aws:PrincipalArn': STRANGER.principal } }, true],
    ['his account', { StringEquals: { 'aws:PrincipalAccount': STRANGER.accountId } }, true],
    ['his name', { StringEquals: { 'aws:username': 'stranger' } }, true],
    ['the region', { StringEquals: { 'aws:RequestedRegion': 'us-east-1' } }, true],
    ['the time of messages', { DateLessThan: { 'aws:CurrentTime': '2026-01-01T00:00:01Z' } }, true],
    ['the same in seconds', { NumericEquals: { 'aws:EpochTime': '1767225600' } }, true],
    ['that he is no service', { Bool: { 'aws:PrincipalIsAWSService': 'false' } }, true],
    ['not whom he says he calls for', { Null: { 'aws:SourceArn': 'true' } }, true],
  ])('%s', async (_what, condition, expected) => {
    const headers = { 'x-amz-source-arn': 'arn:aws:sns:us-east-1:111122223333:topic' };
    expect(await letsIn(condition, { headers })).toBe(expected);
  });

  it('the program', async () => {
    const headers = { 'user-agent': 'squab-test/1.0' };
    expect(await letsIn({ StringLike: { 'aws:UserAgent': 'squab-test/*' } }, { headers })).toBe(true);
  });

  it('the beginning of a long text, so that no pattern takes long', async () => {
    const headers = { 'user-agent': `${'a'.repeat(3000)}b` };
    expect(await letsIn({ StringLike: { 'aws:UserAgent': `*${'a'.repeat(2000)}` } }, { headers })).toBe(true);
    expect(await letsIn({ StringLike: { 'aws:UserAgent': '*b' } }, { headers })).toBe(false);
  });

  it('what a proxy says, where it is trusted: of addresses the last, which the proxy saw itself', async () => {
    const condition = { IpAddress: { 'aws:SourceIp': '10.0.0.7' }, Bool: { 'aws:SecureTransport': 'true' } };
    const headers = { 'x-forwarded-for': '192.0.2.1, 10.0.0.7', 'x-forwarded-proto': 'https' };
    expect(await letsIn(condition, { headers, options: { trustProxy: true } })).toBe(true);
    expect(await letsIn(condition, { headers })).toBe(false);
  });

  it('tags of the queue and of the request', async () => {
    const made = await people(fixture);
    const Condition = {
      StringEquals: { 'aws:ResourceTag/Stage': 'live' },
      'ForAnyValue:StringEquals': { 'aws:TagKeys': ['Stage'] },
    };
    const QueueUrl = await queueWith(made, { ...everything, Effect: 'Deny', Action: 'sqs:*Tag*', Condition });
    await made.owner('TagQueue', { QueueUrl, Tags: { Stage: 'live' } });
    await made.owner('TagQueue', { QueueUrl, Tags: { Other: 'x' } });
    const refusal = (action: string) => denied(OWNER.principal!, action, BY_POLICY);
    await expect(made.owner('TagQueue', { QueueUrl, Tags: { Stage: 'test' } })).rejects.toMatchObject(
      refusal('sqs:tagqueue'),
    );
    await expect(made.owner('UntagQueue', { QueueUrl, TagKeys: ['Stage'] })).rejects.toMatchObject(
      refusal('sqs:untagqueue'),
    );
  });

  it('for whom a service calls', async () => {
    const made = await people(fixture);
    const topic = 'arn:aws:sns:us-east-1:111122223333:topic';
    const QueueUrl = await queueWith(made, {
      ...everything,
      Principal: { Service: 'sns.amazonaws.com' },
      Condition: { ArnLike: { 'aws:SourceArn': topic }, StringEquals: { 'aws:SourceAccount': '111122223333' } },
    });
    const send = (as: As, arn: string) => {
      const headers = { 'x-amz-source-arn': arn, 'x-amz-source-account': '111122223333' };
      return as('SendMessage', { QueueUrl, MessageBody: 'a' }, { headers });
    };
    await send(made.sns, topic);
    await expect(send(made.sns, `${topic}2`)).rejects.toMatchObject(denied('sns.amazonaws.com', 'sqs:sendmessage'));
    await expect(send(made.stranger, topic)).rejects.toMatchObject({ code: 'AccessDenied' });
  });
});
