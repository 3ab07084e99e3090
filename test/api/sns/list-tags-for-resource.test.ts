/** Listing the tags of a topic. */

import { expect, it } from 'vitest';
import { badArns, invalid, MISSING, withSns } from '../../sns-client.ts';

it('lists the tags of a topic, an empty list too', async () => {
  const { sns, topic, squab } = await withSns();
  const ResourceArn = await topic();
  expect(await sns('ListTagsForResource', { ResourceArn })).toEqual({ Tags: [] });
  const url = `${squab.url}/?Action=ListTagsForResource&ResourceArn=${ResourceArn}`;
  expect(await (await fetch(url)).text()).toContain('<ListTagsForResourceResult><Tags/></ListTagsForResourceResult>');
  await sns('TagResource', { ResourceArn, Tags: [{ Key: 'a<b', Value: 'c&d' }] });
  expect(await sns('ListTagsForResource', { ResourceArn })).toEqual({ Tags: [{ Key: 'a<b', Value: 'c&d' }] });
});

it('refuses a topic that does not exist', async () => {
  const { sns } = await withSns();
  await expect(sns('ListTagsForResource', { ResourceArn: MISSING })).rejects.toMatchObject({
    ...{ status: 404, code: 'ResourceNotFound', message: 'Resource does not exist' },
  });
});

it.each(badArns('ResourceArn'))('refuses the ARN %j', async (ResourceArn, what) => {
  const { sns } = await withSns();
  await expect(sns('ListTagsForResource', { ResourceArn })).rejects.toMatchObject(invalid(what));
});
