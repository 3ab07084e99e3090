import { describe, expect, it } from 'vitest';
import { overBothWires } from '../../helpers.ts';

overBothWires('UntagQueue', (fixture) => {
  describe('behaviour', () => {
    it('removes the tags with the given keys, and ignores unknown keys', async () => {
      const { call, queue } = await fixture();
      const QueueUrl = await queue();
      await call('TagQueue', { QueueUrl, Tags: { a: '1', b: '2', c: '3' } });
      expect(await call('UntagQueue', { QueueUrl, TagKeys: ['a', 'c', 'none'] })).toEqual({});
      expect(await call('ListQueueTags', { QueueUrl })).toEqual({ Tags: { b: '2' } });
    });

    it('makes room for the same number of new tags', async () => {
      const { call, queue } = await fixture();
      const QueueUrl = await queue();
      const full = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`k${index}`, 'v']));
      await call('TagQueue', { QueueUrl, Tags: full });
      await call('UntagQueue', { QueueUrl, TagKeys: ['k7'] });
      await call('TagQueue', { QueueUrl, Tags: { new: 'v' } });
      expect(Object.keys((await call('ListQueueTags', { QueueUrl })).Tags)).toHaveLength(50);
    });
  });

  describe('rejects', () => {
    it('a request without keys', async () => {
      const { call, queue } = await fixture();
      const QueueUrl = await queue();
      const refusal = {
        status: 400,
        code: 'MissingParameter',
        message: 'The request must contain the parameter TagKeys.',
      };
      await expect(call('UntagQueue', { QueueUrl })).rejects.toMatchObject(refusal);
      await expect(call('UntagQueue', { QueueUrl, TagKeys: [] })).rejects.toMatchObject(refusal);
    });

    it('a queue that does not exist', async () => {
      const { call } = await fixture();
      await expect(call('UntagQueue', { QueueUrl: 'none', TagKeys: ['a'] })).rejects.toMatchObject({
        code: 'AWS.SimpleQueueService.NonExistentQueue',
      });
    });
  });
});
