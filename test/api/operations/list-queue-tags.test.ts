import { describe, expect, it } from 'vitest';
import { overBothWires } from '../../helpers.ts';

overBothWires('ListQueueTags', (fixture) => {
  describe('does', () => {
    it('tells the tags that the queue was made with', async () => {
      const { call } = await fixture();
      const { QueueUrl } = await call('CreateQueue', { QueueName: 'q', tags: { team: 'red', empty: '' } });
      expect(await call('ListQueueTags', { QueueUrl })).toEqual({ Tags: { team: 'red', empty: '' } });
    });

    it('leaves Tags out when there are none', async () => {
      const { call, queue } = await fixture();
      expect(await call('ListQueueTags', { QueueUrl: await queue() })).toEqual({});
    });
  });

  describe('refuses', () => {
    it('a queue that does not exist', async () => {
      const { call } = await fixture();
      await expect(call('ListQueueTags', { QueueUrl: 'none' })).rejects.toMatchObject({
        status: 400,
        code: 'AWS.SimpleQueueService.NonExistentQueue',
      });
    });
  });
});
