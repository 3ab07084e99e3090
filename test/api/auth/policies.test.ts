/** `--auth policy`: who may do what to whose queue. */

import { describe, expect, it } from 'vitest';
import { type Input, overBothWires } from '../../helpers.ts';
import { ARN, BY_POLICY, COLLEAGUE, denied, everything, type Made, people, queueWith } from './people.ts';
import { OWNER, STRANGER, signedBy } from './signing.ts';

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

  describe('a message move task', () => {
    const OTHER = ARN.replace(/q$/, 'other');

    /** Starts a task that moves messages from `q` back to `other`, while a policy denies an action on one of them. */
    const startTask = async (made: Made, queueName: string, action: string, input: Input) => {
      await queueWith(made);
      const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: ARN, maxReceiveCount: 1 });
      await made.owner('CreateQueue', { QueueName: 'other', Attributes: { RedrivePolicy } });
      const Statement = { Effect: 'Deny', Principal: '*', Action: action, Resource: '*' };
      const Attributes = { Policy: JSON.stringify({ Version: '2012-10-17', Statement }) };
      const QueueUrl = `${made.squab.url}/111122223333/${queueName}`;
      await made.owner('SetQueueAttributes', { QueueUrl, Attributes });
      return made.owner('StartMessageMoveTask', { SourceArn: ARN, ...input });
    };

    it.each(['StartMessageMoveTask', 'ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'])(
      'takes the permission of %s at its source',
      async (action) => {
        const made = await people(fixture);
        await expect(startTask(made, 'q', `sqs:${action}`, {})).rejects.toMatchObject(
          denied(OWNER.principal!, `sqs:${action.toLowerCase()}`, BY_POLICY),
        );
      },
    );

    it.each([[{ DestinationArn: OTHER }], [{}]])(
      'takes that of SendMessage where messages go, with %j',
      async (input) => {
        const made = await people(fixture);
        const refusal = denied(OWNER.principal!, 'sqs:sendmessage', BY_POLICY);
        const message = refusal.message.replace(ARN, OTHER);
        await expect(startTask(made, 'other', 'sqs:SendMessage', input)).rejects.toMatchObject({ ...refusal, message });
      },
    );

    it('is started, listed and cancelled by the account only', async () => {
      const made = await people(fixture);
      const { TaskHandle } = await startTask(made, 'q', 'sqs:PurgeQueue', {});
      await expect(made.stranger('ListMessageMoveTasks', { SourceArn: ARN })).rejects.toMatchObject(
        denied(STRANGER.principal!, 'sqs:listmessagemovetasks'),
      );
      await expect(made.stranger('CancelMessageMoveTask', { TaskHandle })).rejects.toMatchObject(
        denied(STRANGER.principal!, 'sqs:cancelmessagemovetask'),
      );
      expect((await made.owner('ListMessageMoveTasks', { SourceArn: ARN })).Results).toHaveLength(1);
    });

    it('has its own refusals for what is no task', async () => {
      const made = await people(fixture);
      for (const call of [made.owner, made.anybody]) {
        await expect(call('CancelMessageMoveTask', { TaskHandle: 'made up' })).rejects.toMatchObject({
          message: 'Value for parameter TaskHandle is invalid.',
        });
        await expect(call('StartMessageMoveTask', {})).rejects.toMatchObject({ code: 'MissingParameter' });
      }
    });
  });
});
