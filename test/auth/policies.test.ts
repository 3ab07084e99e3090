/** `--auth policy`: who may do what to whose queue. */

import { describe, expect, it } from 'vitest';
import type { StartOptions } from '../../src/index.ts';
import { type CallOptions, type Fixture, type Input, type Output, overBothWires, type Sign } from '../helpers.ts';
import { OWNER, STRANGER, signedBy } from './signing.ts';

const ROOT = { ...OWNER, accessKeyId: 'AKIDROOT', principal: 'arn:aws:iam::111122223333:root' };
const COLLEAGUE = { ...OWNER, accessKeyId: 'AKIDCOLLEAGUE', principal: 'arn:aws:iam::111122223333:user/colleague' };
const SNS = { accessKeyId: 'AKIDSNS', secretAccessKey: 'the-secret-of-sns', principal: 'sns.amazonaws.com' };
const enforced: StartOptions = { auth: 'policy', credentials: [OWNER, ROOT, COLLEAGUE, STRANGER, SNS] };

const ARN = 'arn:aws:sqs:us-east-1:111122223333:q';
const everything = { Effect: 'Allow', Principal: '*', Action: 'sqs:*', Resource: ARN };
const unsigned: Sign = async ({ headers: { authorization: _, ...headers } }) => headers;

type As = (operation: string, input?: Input, options?: CallOptions) => Promise<Output>;
type Made = Fixture & Record<'owner' | 'root' | 'colleague' | 'stranger' | 'sns' | 'anybody', As>;

/** A Squab, and everybody who may call it. */
async function people(fixture: (options: StartOptions) => Promise<Fixture>, options: StartOptions = {}): Promise<Made> {
  const made = await fixture({ ...enforced, ...options });
  const as =
    (sign: Sign): As =>
    (operation, input, more) =>
      made.call(operation, input, { ...more, sign });
  return {
    ...made,
    owner: as(signedBy(OWNER)),
    root: as(signedBy(ROOT)),
    colleague: as(signedBy(COLLEAGUE)),
    stranger: as(signedBy(STRANGER)),
    sns: as(signedBy(SNS)),
    anybody: as(unsigned),
  };
}

/** The owner's queue `q` with a policy of these statements. */
async function queueWith({ owner }: Made, ...statements: Input[]): Promise<string> {
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: statements });
  const Attributes = statements.length > 0 ? { Policy } : {};
  return (await owner('CreateQueue', { QueueName: 'q', Attributes })).QueueUrl;
}

function denied(who: string, action: string, why = `because no resource-based policy allows the ${action} action`) {
  const message = `User: ${who} is not authorized to perform: ${action} on resource: ${ARN} ${why}`;
  return { status: 403, code: 'AccessDenied', message };
}
const BY_POLICY = 'with an explicit deny in a resource-based policy';

overBothWires('a Squab that enforces policies', (fixture) => {
  describe('within the account of the queue', () => {
    it('everybody may do everything', async () => {
      const made = await people(fixture);
      const QueueUrl = await queueWith(made);
      await made.colleague('SendMessage', { QueueUrl, MessageBody: 'a' });
      await made.colleague('TagQueue', { QueueUrl, Tags: { a: 'b' } });
      await made.colleague('DeleteQueue', { QueueUrl });
    });

    it('a Deny counts, also beside an Allow', async () => {
      const made = await people(fixture);
      const Principal = { AWS: COLLEAGUE.principal };
      const QueueUrl = await queueWith(made, everything, { ...everything, Effect: 'Deny', Principal });
      await made.owner('SendMessage', { QueueUrl, MessageBody: 'a' });
      await expect(made.colleague('SendMessage', { QueueUrl, MessageBody: 'a' })).rejects.toMatchObject(
        denied(COLLEAGUE.principal, 'sqs:sendmessage', BY_POLICY),
      );
      await expect(made.colleague('CreateQueue', { QueueName: 'q' })).rejects.toMatchObject(
        denied(COLLEAGUE.principal, 'sqs:createqueue', BY_POLICY),
      );
    });

    it('a policy that denies everything to everybody leaves the root, who can undo it', async () => {
      const made = await people(fixture);
      const QueueUrl = await queueWith(made, { ...everything, Effect: 'Deny' });
      const open = { QueueUrl, Attributes: { Policy: '' } };
      await expect(made.owner('SetQueueAttributes', open)).rejects.toMatchObject(
        denied(OWNER.principal!, 'sqs:setqueueattributes', BY_POLICY),
      );
      await made.root('SetQueueAttributes', open);
      await made.owner('SendMessage', { QueueUrl, MessageBody: 'a' });
    });

    it('a queue that is not there is not there', async () => {
      const made = await people(fixture);
      const QueueUrl = `${made.squab.url}/111122223333/none`;
      await expect(made.owner('PurgeQueue', { QueueUrl })).rejects.toMatchObject({
        code: 'AWS.SimpleQueueService.NonExistentQueue',
      });
    });
  });

  describe('from another account', () => {
    it('nobody may do anything unless the policy says so', async () => {
      const made = await people(fixture);
      const QueueUrl = await queueWith(made);
      await expect(made.stranger('SendMessage', { QueueUrl, MessageBody: 'a' })).rejects.toMatchObject(
        denied(STRANGER.principal!, 'sqs:sendmessage'),
      );
      await expect(made.stranger('PurgeQueue', {}, { path: '/111122223333/q' })).rejects.toMatchObject(
        denied(STRANGER.principal!, 'sqs:purgequeue'),
      );
    });

    it('nobody learns whether a queue is there', async () => {
      const made = await people(fixture);
      const QueueUrl = `${made.squab.url}/111122223333/q`;
      const refusal = () => made.stranger('PurgeQueue', { QueueUrl }).catch(({ message }: Error) => message);
      const without = await refusal();
      await queueWith(made);
      expect(await refusal()).toBe(without);
      const input = { QueueName: 'q', QueueOwnerAWSAccountId: '111122223333' };
      await expect(made.stranger('GetQueueUrl', input)).rejects.toMatchObject({
        status: 400,
        code: 'AWS.SimpleQueueService.NonExistentQueue',
        message: 'The specified queue does not exist or you do not have access to it.',
      });
    });

    it('AddPermission lets in, single and in batches, and RemovePermission ends that', async () => {
      const made = await people(fixture);
      const QueueUrl = await queueWith(made);
      const permission = {
        Label: 'send',
        AWSAccountIds: [STRANGER.accountId],
        Actions: ['SendMessage', 'GetQueueUrl'],
      };
      await made.owner('AddPermission', { QueueUrl, ...permission });
      await made.stranger('SendMessage', { QueueUrl, MessageBody: 'a' });
      const batch = { QueueUrl, Entries: [{ Id: 'one', MessageBody: 'b' }] };
      expect((await made.stranger('SendMessageBatch', batch)).Successful).toHaveLength(1);
      const named = { QueueName: 'q', QueueOwnerAWSAccountId: '111122223333' };
      expect(await made.stranger('GetQueueUrl', named)).toEqual({ QueueUrl });
      await expect(made.stranger('ReceiveMessage', { QueueUrl })).rejects.toMatchObject(
        denied(STRANGER.principal!, 'sqs:receivemessage'),
      );
      await made.owner('RemovePermission', { QueueUrl, Label: 'send' });
      await expect(made.stranger('SendMessageBatch', batch)).rejects.toMatchObject(
        denied(STRANGER.principal!, 'sqs:sendmessage'),
      );
    });

    it.each([
      ['AddPermission', { Label: 'l', AWSAccountIds: ['444455556666'], Actions: ['*'] }],
      ['DeleteQueue', {}],
      ['ListQueueTags', {}],
      ['RemovePermission', { Label: 'l' }],
      ['SetQueueAttributes', { Attributes: { DelaySeconds: '1' } }],
      ['TagQueue', { Tags: { a: 'b' } }],
      ['UntagQueue', { TagKeys: ['a'] }],
    ])('%s is impossible, whatever the policy says', async (operation, input) => {
      const made = await people(fixture);
      const QueueUrl = await queueWith(made, everything);
      await expect(made.stranger(operation, { QueueUrl, ...input })).rejects.toMatchObject(
        denied(STRANGER.principal!, `sqs:${operation.toLowerCase()}`),
      );
    });

    it('each has queues of his own', async () => {
      const made = await people(fixture);
      const own = (await made.stranger('CreateQueue', { QueueName: 'q' })).QueueUrl;
      expect(own).toBe(`${made.squab.url}/444455556666/q`);
      await queueWith(made);
      expect(await made.stranger('ListQueues')).toEqual({ QueueUrls: [own] });
    });
  });

  describe('without a signature', () => {
    it('all is denied that no policy allows to everybody', async () => {
      const made = await people(fixture);
      const QueueUrl = await queueWith(made, { ...everything, Principal: { AWS: OWNER.accountId } });
      const refusal = {
        status: 403,
        code: 'AccessDenied',
        message: `Access to the resource ${made.squab.url}/ is denied.`,
      };
      await expect(made.anybody('SendMessage', { QueueUrl, MessageBody: 'a' })).rejects.toMatchObject(refusal);
      await expect(made.anybody('ListQueues')).rejects.toMatchObject(refusal);
      await expect(made.anybody('CreateQueue', { QueueName: 'q' })).rejects.toMatchObject(refusal);
    });

    it('a policy can let everybody in', async () => {
      const made = await people(fixture);
      const QueueUrl = await queueWith(made, { ...everything, Action: 'sqs:SendMessage' });
      await made.anybody('SendMessage', { QueueUrl, MessageBody: 'a' });
      await expect(made.anybody('ReceiveMessage', { QueueUrl })).rejects.toMatchObject({ code: 'AccessDenied' });
    });

    it('a signature that is wrong is no missing one', async () => {
      const made = await people(fixture);
      const QueueUrl = await queueWith(made, everything);
      const sign = signedBy({ ...OWNER, secretAccessKey: 'wrong' });
      await expect(made.call('PurgeQueue', { QueueUrl }, { sign })).rejects.toMatchObject({
        code: 'SignatureDoesNotMatch',
      });
    });
  });

  describe('conditions know', () => {
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
});
