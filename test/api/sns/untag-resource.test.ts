/** Removing tags from a topic. */

import { expect, it } from 'vitest';
import { MISSING, withSns } from '../../sns-client.ts';

it('removes tags, and ignores unknown keys', async () => {
  const { sns } = await withSns();
  const Tags = ['a', 'b', 'c'].map((Key) => ({ Key, Value: Key }));
  const { TopicArn: ResourceArn } = await sns('CreateTopic', { Name: 't', Tags });
  expect(await sns('UntagResource', { ResourceArn, TagKeys: ['a', 'c', 'x'] })).toEqual({});
  expect(await sns('ListTagsForResource', { ResourceArn })).toEqual({ Tags: [{ Key: 'b', Value: 'b' }] });
});

it('refuses a topic that does not exist', async () => {
  const { sns } = await withSns();
  await expect(sns('UntagResource', { ResourceArn: MISSING, TagKeys: ['a'] })).rejects.toMatchObject({
    ...{ status: 404, code: 'ResourceNotFound', message: 'Resource does not exist' },
  });
});
