import { describe, expect, it } from 'vitest';
import { overBothWires } from '../../helpers.ts';

overBothWires('GetQueueUrl', (fixture) => {
  describe('behaviour', () => {
    it('returns the URL of a queue by its name', async () => {
      const { call, queue } = await fixture();
      const QueueUrl = await queue('q');
      expect(await call('GetQueueUrl', { QueueName: 'q' })).toEqual({ QueueUrl });
    });

    it('finds the queue of another account', async () => {
      const { call } = await fixture();
      const owner = '111122223333';
      const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' }, { account: owner });
      expect(await call('GetQueueUrl', { QueueName: 'q', QueueOwnerAWSAccountId: owner })).toEqual({ QueueUrl });
    });

    it("works on another queue's URL too", async () => {
      const { call, queue } = await fixture();
      await queue('q');
      const QueueUrl = await queue('other');
      expect(await call('GetQueueUrl', { QueueName: 'other' }, { path: '/000000000000/q' })).toEqual({ QueueUrl });
    });
  });

  describe('rejects', () => {
    it('the name of a queue that does not exist', async () => {
      const { call, wire } = await fixture();
      for (const QueueName of ['missing', 'mis sing!', 'Q']) {
        await expect(call('GetQueueUrl', { QueueName })).rejects.toMatchObject({
          status: 400,
          code: 'AWS.SimpleQueueService.NonExistentQueue',
          message:
            wire === 'JSON'
              ? 'The specified queue does not exist.'
              : 'The specified queue does not exist for this wsdl version.',
        });
      }
    });

    it('a missing name, as an invalid value', async () => {
      const { call } = await fixture();
      await expect(call('GetQueueUrl')).rejects.toMatchObject({ status: 400, code: 'InvalidParameterValue' });
    });

    it('a queue of another account that does not exist', async () => {
      const { call } = await fixture();
      await expect(
        call('GetQueueUrl', { QueueName: 'q', QueueOwnerAWSAccountId: '1'.repeat(12) }),
      ).rejects.toMatchObject({
        message: 'The specified queue does not exist or you do not have access to it.',
      });
    });
  });
});
