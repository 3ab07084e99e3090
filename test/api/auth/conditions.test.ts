/** `--auth policy`: the condition keys that a queue's policy can test. */

import { expect, it } from 'vitest';
import type { StartOptions } from '../../../src/index.ts';
import { type Input, overBothWires } from '../../helpers.ts';
import { type As, BY_POLICY, callers, denied, everything, queueWith } from './callers.ts';
import { OWNER, STRANGER } from './signing.ts';

overBothWires('the conditions of a policy can test', (fixture) => {
  /** Returns whether a stranger has access under a condition. */
  const allows = async (
    Condition: Input,
    { options = {}, headers = {} }: { options?: StartOptions; headers?: Record<string, string> } = {},
  ) => {
    const made = await callers(fixture, options);
    const QueueUrl = await queueWith(made, { ...everything, Condition });
    return made.stranger('PurgeQueue', { QueueUrl }, { headers }).then(
      () => true,
      () => false,
    );
  };

  it.each<[string, Input, boolean]>([
    ['that the request did not use HTTPS', { Bool: { 'aws:SecureTransport': 'false' } }, true],
    ['the IP address', { IpAddress: { 'aws:SourceIp': '127.0.0.0/8' } }, true],
    ['another IP address, which does not match', { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }, false],
    ['the caller', { ArnEquals: { 'aws:PrincipalArn': STRANGER.principal } }, true],
    ['the account of the caller', { StringEquals: { 'aws:PrincipalAccount': STRANGER.accountId } }, true],
    ['the name of the caller', { StringEquals: { 'aws:username': 'stranger' } }, true],
    ['the region', { StringEquals: { 'aws:RequestedRegion': 'us-east-1' } }, true],
    ['the time on the clock of messages', { DateLessThan: { 'aws:CurrentTime': '2026-01-01T00:00:01Z' } }, true],
    ['the same in seconds', { NumericEquals: { 'aws:EpochTime': '1767225600' } }, true],
    ['that the caller is not a service', { Bool: { 'aws:PrincipalIsAWSService': 'false' } }, true],
    ['that aws:SourceArn is missing, unless a service calls', { Null: { 'aws:SourceArn': 'true' } }, true],
  ])('%s', async (_what, condition, expected) => {
    const headers = { 'x-amz-source-arn': 'arn:aws:sns:us-east-1:111122223333:topic' };
    expect(await allows(condition, { headers })).toBe(expected);
  });

  it('the ARN of a role, with its path', async () => {
    const principal = 'arn:aws:iam::444455556666:role/team/deployer';
    const options = { credentials: [OWNER, { ...STRANGER, principal }] };
    expect(await allows({ ArnEquals: { 'aws:PrincipalArn': principal } }, { options })).toBe(true);
    expect(await allows({ ArnNotEquals: { 'aws:PrincipalArn': principal } }, { options })).toBe(false);
  });

  it('the user agent', async () => {
    const headers = { 'user-agent': 'squab-test/1.0' };
    expect(await allows({ StringLike: { 'aws:UserAgent': 'squab-test/*' } }, { headers })).toBe(true);
  });

  it('long values, but no longer than matching them may take', async () => {
    const headers = { 'user-agent': `${'a'.repeat(3000)}b` };
    expect(await allows({ StringLike: { 'aws:UserAgent': '*b' } }, { headers })).toBe(true);
    expect(await allows({ StringNotLike: { 'aws:UserAgent': `*${'a'.repeat(1000)}c` } }, { headers })).toBe(false);
  });

  it('the headers of a trusted proxy, of each only the last value, which the proxy itself added', async () => {
    const condition = { IpAddress: { 'aws:SourceIp': '10.0.0.7' }, Bool: { 'aws:SecureTransport': 'true' } };
    const headers = { 'x-forwarded-for': '192.0.2.1, 10.0.0.7', 'x-forwarded-proto': 'http, HTTPS' };
    const options = { trustProxy: true };
    expect(await allows(condition, { headers, options })).toBe(true);
    expect(await allows(condition, { headers })).toBe(false);
    const forged = { ...headers, 'x-forwarded-proto': 'https,http' };
    expect(await allows(condition, { headers: forged, options })).toBe(false);
    const unknown = { ...headers, 'x-forwarded-for': '10.0.0.7, 10.0.0.7:443' };
    expect(await allows({ NotIpAddress: { 'aws:SourceIp': '192.0.2.0/24' } }, { headers: unknown, options })).toBe(
      false,
    );
  });

  it('tags of the queue and of the request', async () => {
    const made = await callers(fixture);
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

  it.each([
    ['aws:RequestTag/env', 'sqs:TagQueue'],
    ['aws:ResourceTag/env', 'sqs:PurgeQueue'],
  ])('each of several tags whose names differ only in case, so that none hides another: %s', async (key, Action) => {
    for (const Condition of [{ StringEquals: { [key]: 'live' } }, { StringNotEquals: { [key]: 'test' } }]) {
      const made = await callers(fixture);
      const QueueUrl = await queueWith(made, { ...everything, Effect: 'Deny', Action, Condition });
      const refusal = denied(OWNER.principal!, Action.toLowerCase(), BY_POLICY);
      for (const Tags of [
        { env: 'live', ENV: 'test' },
        { ENV: 'test', env: 'live' },
        { env: 'test', Env: 'live' },
      ]) {
        if (Action === 'sqs:TagQueue') {
          await expect(made.owner('TagQueue', { QueueUrl, Tags })).rejects.toMatchObject(refusal);
          continue;
        }
        await made.owner('TagQueue', { QueueUrl, Tags });
        await expect(made.owner('PurgeQueue', { QueueUrl })).rejects.toMatchObject(refusal);
        await made.owner('UntagQueue', { QueueUrl, TagKeys: Object.keys(Tags) });
      }
    }
  });

  it('on whose behalf a service calls', async () => {
    const made = await callers(fixture);
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
