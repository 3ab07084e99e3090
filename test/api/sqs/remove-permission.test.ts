import { describe, expect, it } from 'vitest';
import { overBothWires } from '../../helpers.ts';

overBothWires('RemovePermission', (fixture) => {
  const permission = { AWSAccountIds: ['111122223333'], Actions: ['SendMessage'] };
  const notFound = {
    status: 400,
    code: 'InvalidParameterValue',
    message: "Value none for parameter Label is invalid. Reason: can't find label.",
  };

  describe('behaviour', () => {
    it('removes only the statement with the label', async () => {
      const { call, queue } = await fixture();
      const QueueUrl = await queue();
      for (const Label of ['a', 'b', 'c']) await call('AddPermission', { QueueUrl, Label, ...permission });
      expect(await call('RemovePermission', { QueueUrl, Label: 'b' })).toEqual({});
      const { Attributes } = await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['Policy'] });
      expect(JSON.parse(Attributes.Policy).Statement).toMatchObject([{ Sid: 'a' }, { Sid: 'c' }]);
    });

    it('removes the whole policy with its last statement', async () => {
      const { call, queue } = await fixture();
      const QueueUrl = await queue();
      await call('AddPermission', { QueueUrl, Label: 'a', ...permission });
      await call('RemovePermission', { QueueUrl, Label: 'a' });
      expect(await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['Policy'] })).toEqual({});
      const { Attributes } = await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] });
      expect(Attributes).not.toHaveProperty('Policy');
    });

    it('works on a policy that SetQueueAttributes set, with a statement that is not in a list', async () => {
      const { call, queue } = await fixture();
      const Statement = { Sid: 'mine', Effect: 'Allow', Principal: '*', Action: 'sqs:SendMessage' };
      const QueueUrl = await queue('q', { Policy: JSON.stringify({ Version: '2012-10-17', Statement }) });
      await call('RemovePermission', { QueueUrl, Label: 'mine' });
      expect(await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['Policy'] })).toEqual({});
    });
  });

  describe('rejects', () => {
    it('an unknown label, with and without a policy', async () => {
      const { call, queue } = await fixture();
      const QueueUrl = await queue();
      await expect(call('RemovePermission', { QueueUrl, Label: 'none' })).rejects.toMatchObject(notFound);
      await call('AddPermission', { QueueUrl, Label: 'a', ...permission });
      await expect(call('RemovePermission', { QueueUrl, Label: 'none' })).rejects.toMatchObject(notFound);
    });

    it('a request without a label', async () => {
      const { call, queue } = await fixture();
      await expect(call('RemovePermission', { QueueUrl: await queue() })).rejects.toMatchObject({
        status: 400,
        code: 'MissingParameter',
        message: 'The request must contain the parameter Label.',
      });
    });

    it('a queue that does not exist', async () => {
      const { call } = await fixture();
      await expect(call('RemovePermission', { QueueUrl: 'none', Label: 'a' })).rejects.toMatchObject({
        code: 'AWS.SimpleQueueService.NonExistentQueue',
      });
    });
  });
});
