/** Reading a data protection policy. */

import { expect, it } from 'vitest';
import { MISSING, withSns } from '../../sns-client.ts';

it('returns the policy that the topic was created with, or nothing', async () => {
  const { sns, topic } = await withSns();
  expect(await sns('GetDataProtectionPolicy', { ResourceArn: await topic() })).toEqual({});
  const DataProtectionPolicy = '{"Name":"p"}';
  const { TopicArn } = await sns('CreateTopic', { Name: 'protected', DataProtectionPolicy });
  expect(await sns('GetDataProtectionPolicy', { ResourceArn: TopicArn })).toEqual({ DataProtectionPolicy });
});

it('refuses a topic that does not exist', async () => {
  const { sns } = await withSns();
  const get = sns('GetDataProtectionPolicy', { ResourceArn: MISSING });
  await expect(get).rejects.toMatchObject({ status: 404, code: 'NotFound' });
});
