/** `--auth policy`: which callers may perform which actions on which queues. */

import { describe, expect, it } from 'vitest';
import { eventually } from '../../eventually.ts';
import { type Input, overBothWires } from '../../helpers.ts';
import { ARN, BY_POLICY, COLLEAGUE, callers, denied, everything, type Made, queueWith } from './callers.ts';
import { OWNER, STRANGER, signedBy } from './signing.ts';

overBothWires('a Squab that enforces policies', (fixture) => {
  describe('within the account of the queue', () => {
    it('allows every caller everything', async () => {
      const made = await callers(fixture);
      const QueueUrl = await queueWith(made);
      await made.colleague('SendMessage', { QueueUrl, MessageBody: 'a' });
      await made.colleague('TagQueue', { QueueUrl, Tags: { a: 'b' } });
      await made.colleague('DeleteQueue', { QueueUrl });
    });

    it('applies a Deny, even next to an Allow', async () => {
      const made = await callers(fixture);
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

    it('lets the root user undo a policy that denies everything to all callers', async () => {
      const made = await callers(fixture);
      const QueueUrl = await queueWith(made, { ...everything, Effect: 'Deny' });
      const open = { QueueUrl, Attributes: { Policy: '' } };
      await expect(made.owner('SetQueueAttributes', open)).rejects.toMatchObject(
        denied(OWNER.principal!, 'sqs:setqueueattributes', BY_POLICY),
      );
      await made.root('SetQueueAttributes', open);
      await made.owner('SendMessage', { QueueUrl, MessageBody: 'a' });
    });

    it('reports that a queue does not exist', async () => {
      const made = await callers(fixture);
      const QueueUrl = `${made.squab.url}/111122223333/none`;
      await expect(made.owner('PurgeQueue', { QueueUrl })).rejects.toMatchObject({
        code: 'AWS.SimpleQueueService.NonExistentQueue',
      });
    });
  });

  describe('from another account', () => {
    it('denies everything that the policy does not allow', async () => {
      const made = await callers(fixture);
      const QueueUrl = await queueWith(made);
      await expect(made.stranger('SendMessage', { QueueUrl, MessageBody: 'a' })).rejects.toMatchObject(
        denied(STRANGER.principal!, 'sqs:sendmessage'),
      );
      await expect(made.stranger('PurgeQueue', {}, { path: '/111122223333/q' })).rejects.toMatchObject(
        denied(STRANGER.principal!, 'sqs:purgequeue'),
      );
    });

    it('applies to a receive that waits, after 20 seconds at most', async () => {
      const made = await callers(fixture);
      const QueueUrl = await queueWith(made, everything);
      const headers = { 'x-localstack-sqs-override-wait-time-seconds': '3600' };
      const poll = made.stranger('ReceiveMessage', { QueueUrl }, { headers });
      await expect.poll(async () => (await made.squab.control.queues.get(QueueUrl)).waitingReceives).toBe(1);
      await made.owner('SetQueueAttributes', { QueueUrl, Attributes: { Policy: '' } });
      await made.clock.advance(20_000);
      await made.owner('SendMessage', { QueueUrl, MessageBody: 'secret' });
      expect(await poll).toEqual({});
    });

    it('does not reveal whether a queue exists', async () => {
      const made = await callers(fixture);
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

    it('allows what AddPermission permits, single or in batches, until RemovePermission', async () => {
      const made = await callers(fixture);
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
    ])('denies %s, whatever the policy says', async (operation, input) => {
      const made = await callers(fixture);
      const QueueUrl = await queueWith(made, everything);
      await expect(made.stranger(operation, { QueueUrl, ...input })).rejects.toMatchObject(
        denied(STRANGER.principal!, `sqs:${operation.toLowerCase()}`),
      );
    });

    it('lets each account have its own queues', async () => {
      const made = await callers(fixture);
      const own = (await made.stranger('CreateQueue', { QueueName: 'q' })).QueueUrl;
      expect(own).toBe(`${made.squab.url}/444455556666/q`);
      await queueWith(made);
      expect(await made.stranger('ListQueues')).toEqual({ QueueUrls: [own] });
    });
  });

  describe('without a signature', () => {
    it('denies everything that no policy allows for all callers', async () => {
      const made = await callers(fixture);
      const QueueUrl = await queueWith(made, { ...everything, Principal: { AWS: OWNER.accountId } });
      const refusal = {
        status: 403,
        code: 'AccessDenied',
        message: `Access to the resource ${made.squab.url}/ is denied.`,
      };
      await expect(made.anonymous('SendMessage', { QueueUrl, MessageBody: 'a' })).rejects.toMatchObject(refusal);
      await expect(made.anonymous('ListQueues')).rejects.toMatchObject(refusal);
      await expect(made.anonymous('CreateQueue', { QueueName: 'q' })).rejects.toMatchObject(refusal);
    });

    it('allows what a policy allows for all callers', async () => {
      const made = await callers(fixture);
      const QueueUrl = await queueWith(made, { ...everything, Action: 'sqs:SendMessage' });
      await made.anonymous('SendMessage', { QueueUrl, MessageBody: 'a' });
      await expect(made.anonymous('ReceiveMessage', { QueueUrl })).rejects.toMatchObject({ code: 'AccessDenied' });
    });

    it('does not treat a wrong signature as a missing one', async () => {
      const made = await callers(fixture);
      const QueueUrl = await queueWith(made, everything);
      const sign = signedBy({ ...OWNER, secretAccessKey: 'wrong' });
      await expect(made.call('PurgeQueue', { QueueUrl }, { sign })).rejects.toMatchObject({
        code: 'SignatureDoesNotMatch',
      });
    });
  });

  describe('a message move task', () => {
    const OTHER = ARN.replace(/q$/, 'other');

    /**
     * Starts a task that moves messages from `q` back to `other`, with a policy that denies an action on `queueName`.
     */
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
      'requires the permission for %s on its source',
      async (action) => {
        const made = await callers(fixture);
        await expect(startTask(made, 'q', `sqs:${action}`, {})).rejects.toMatchObject(
          denied(OWNER.principal!, `sqs:${action.toLowerCase()}`, BY_POLICY),
        );
      },
    );

    it.each([[{ DestinationArn: OTHER }], [{}]])(
      'requires the permission for SendMessage on its destination, with %j',
      async (input) => {
        const made = await callers(fixture);
        const refusal = denied(OWNER.principal!, 'sqs:sendmessage', BY_POLICY);
        const message = refusal.message.replace(ARN, OTHER);
        await expect(startTask(made, 'other', 'sqs:SendMessage', input)).rejects.toMatchObject({ ...refusal, message });
      },
    );

    it('does not send to a queue that was a source earlier, and for which no permission was required', async () => {
      const made = await callers(fixture);
      const dlq = await queueWith(made);
      const Attributes = { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: ARN, maxReceiveCount: 1 }) };
      const urls: string[] = [];
      for (const QueueName of ['former', 'present']) {
        const { QueueUrl } = await made.owner('CreateQueue', { QueueName, Attributes });
        await made.owner('SendMessage', { QueueUrl, MessageBody: QueueName });
        for (let n = 0; n < 2; n++) await made.owner('ReceiveMessage', { QueueUrl, VisibilityTimeout: 0 });
        urls.push(QueueUrl);
      }
      await made.owner('SetQueueAttributes', { QueueUrl: urls[0]!, Attributes: { RedrivePolicy: '' } });
      const failed = { Status: 'FAILED', FailureReason: 'CouldNotDetermineMessageSource' };
      const ended = (result: Input) =>
        eventually(async () => {
          const { Results } = await made.owner('ListMessageMoveTasks', { SourceArn: ARN });
          expect(Results[0]).toMatchObject(result);
        });
      await made.owner('StartMessageMoveTask', { SourceArn: ARN });
      await ended(failed);
      expect((await made.owner('ReceiveMessage', { QueueUrl: urls[0]! })).Messages).toBeUndefined();
      const { Messages } = await made.owner('ReceiveMessage', { QueueUrl: dlq });
      await made.owner('DeleteMessage', { QueueUrl: dlq, ReceiptHandle: Messages[0].ReceiptHandle });
      await made.owner('StartMessageMoveTask', { SourceArn: ARN });
      await ended({ Status: 'COMPLETED' });
      const moved = await made.owner('ReceiveMessage', { QueueUrl: urls[1]! });
      expect(moved.Messages).toMatchObject([{ Body: 'present' }]);
    });

    it('requires the permission to send to every source queue, however many there are', async () => {
      const made = await callers(fixture);
      await queueWith(made);
      const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: ARN, maxReceiveCount: 1 });
      const names = Array.from({ length: 1000 }, (_, n) => `a${n}`);
      const create = (QueueName: string) => made.owner('CreateQueue', { QueueName, Attributes: { RedrivePolicy } });
      await Promise.all(names.map(create));
      await expect(startTask(made, 'other', 'sqs:SendMessage', {})).rejects.toMatchObject({ code: 'AccessDenied' });
    });

    it('can be listed and cancelled only by the account of its source', async () => {
      const made = await callers(fixture);
      const { TaskHandle } = await startTask(made, 'q', 'sqs:PurgeQueue', {});
      await expect(made.stranger('ListMessageMoveTasks', { SourceArn: ARN })).rejects.toMatchObject(
        denied(STRANGER.principal!, 'sqs:listmessagemovetasks'),
      );
      await expect(made.stranger('CancelMessageMoveTask', { TaskHandle })).rejects.toMatchObject(
        denied(STRANGER.principal!, 'sqs:cancelmessagemovetask'),
      );
      expect((await made.owner('ListMessageMoveTasks', { SourceArn: ARN })).Results).toHaveLength(1);
    });

    it('has the usual errors for invalid input, whoever the caller is', async () => {
      const made = await callers(fixture);
      for (const call of [made.owner, made.anonymous]) {
        await expect(call('CancelMessageMoveTask', { TaskHandle: 'made up' })).rejects.toMatchObject({
          message: 'Value for parameter TaskHandle is invalid.',
        });
        await expect(call('StartMessageMoveTask', {})).rejects.toMatchObject({ code: 'MissingParameter' });
      }
    });
  });
});
