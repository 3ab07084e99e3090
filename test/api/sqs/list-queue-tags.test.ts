import { describe, expect, it } from 'vitest';
import { overBothWires } from '../../helpers.ts';

overBothWires('ListQueueTags', (fixture) => {
  describe('behaviour', () => {
    it('returns the tags that the queue was created with', async () => {
      const { call } = await fixture();
      const { QueueUrl } = await call('CreateQueue', { QueueName: 'q', tags: { team: 'red', empty: '' } });
      expect(await call('ListQueueTags', { QueueUrl })).toEqual({ Tags: { team: 'red', empty: '' } });
    });

    it('omits Tags if there are none', async () => {
      const { call, queue } = await fixture();
      expect(await call('ListQueueTags', { QueueUrl: await queue() })).toEqual({});
    });
  });

  describe('rejects', () => {
    it('a queue that does not exist', async () => {
      const { call } = await fixture();
      await expect(call('ListQueueTags', { QueueUrl: 'none' })).rejects.toMatchObject({
        status: 400,
        code: 'AWS.SimpleQueueService.NonExistentQueue',
      });
    });
  });
});
