/** Keeping a data protection policy. */

import { expect, it } from 'vitest';
import { MISSING, withSns } from '../../sns-client.ts';

it('keeps the text of the policy, apart from the attributes', async () => {
  const { sns, topic } = await withSns();
  const ResourceArn = await topic();
  const before = await sns('GetTopicAttributes', { TopicArn: ResourceArn });
  const DataProtectionPolicy = '{ "Name": "p" }';
  expect(await sns('PutDataProtectionPolicy', { ResourceArn, DataProtectionPolicy })).toBeUndefined();
  expect(await sns('GetDataProtectionPolicy', { ResourceArn })).toEqual({ DataProtectionPolicy });
  expect(await sns('GetTopicAttributes', { TopicArn: ResourceArn })).toEqual(before);
});

it('refuses a topic that does not exist', async () => {
  const { sns } = await withSns();
  const put = sns('PutDataProtectionPolicy', { ResourceArn: MISSING, DataProtectionPolicy: '{}' });
  await expect(put).rejects.toMatchObject({ status: 404, code: 'NotFound' });
});
