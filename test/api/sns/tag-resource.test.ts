/** Adding tags to a topic. */

import { expect, it } from 'vitest';
import { invalid, MISSING, withSns } from '../../sns-client.ts';

const tag = (Key: string, Value = 'v') => ({ Key, Value });

it('adds tags, and overwrites those with the same key', async () => {
  const { sns, topic, squab } = await withSns();
  const ResourceArn = await topic();
  expect(await sns('TagResource', { ResourceArn, Tags: [tag('a'), tag('b')] })).toEqual({});
  await sns('TagResource', { ResourceArn, Tags: [tag('b', 'new'), tag('c', '')] });
  const { Tags } = await sns('ListTagsForResource', { ResourceArn });
  expect(Tags).toEqual([tag('a'), tag('b', 'new'), tag('c', '')]);
  const query = new URLSearchParams({ Action: 'TagResource', ResourceArn, 'Tags.member.1.Key': 'x' });
  query.set('Tags.member.1.Value', 'y');
  query.set('Version', '2010-03-31');
  expect(await (await fetch(`${squab.url}/?${query}`)).text()).toContain('<TagResourceResult/>');
});

it('refuses a key twice, a key that is too long, and more than 50 tags', async () => {
  const { sns, topic } = await withSns();
  const ResourceArn = await topic();
  await expect(sns('TagResource', { ResourceArn, Tags: [tag('a'), tag('a')] })).rejects.toMatchObject(
    invalid('Duplicated keys are not allowed.'),
  );
  const long = 'k'.repeat(129);
  await expect(sns('TagResource', { ResourceArn, Tags: [tag('a'), tag(long)] })).rejects.toMatchObject({
    ...{ status: 400, code: 'ValidationError' },
    message:
      `1 validation error detected: Value '${long}' at 'tags.2.member.key' failed to satisfy constraint: ` +
      'Member must have length less than or equal to 128',
  });
  const many = Array.from({ length: 50 }, (_, index) => tag(`k${index}`));
  await sns('TagResource', { ResourceArn, Tags: many });
  const over = { status: 400, code: 'TagLimitExceeded' };
  const message = 'Could not complete request: tag quota of per resource exceeded';
  await expect(sns('TagResource', { ResourceArn, Tags: [tag('one more')] })).rejects.toMatchObject({
    ...over,
    message,
  });
  await expect(sns('CreateTopic', { Name: 'u', Tags: [...many, tag('x')] })).rejects.toMatchObject({
    ...over,
    message,
  });
});

it('refuses a topic that does not exist', async () => {
  const { sns } = await withSns();
  await expect(sns('TagResource', { ResourceArn: MISSING, Tags: [tag('a')] })).rejects.toMatchObject({
    ...{ status: 404, code: 'ResourceNotFound', message: 'Resource does not exist' },
  });
});
