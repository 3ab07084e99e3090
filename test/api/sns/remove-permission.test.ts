/** Removing statements from the policy of a topic. */

import { expect, it } from 'vitest';
import { MISSING, withSns } from '../../sns-client.ts';

it('removes the statement with the label, and leaves the others', async () => {
  const { sns, topic } = await withSns();
  const TopicArn = await topic();
  const policy = async () => (await sns('GetTopicAttributes', { TopicArn })).Attributes.Policy;
  const initial = await policy();
  await sns('AddPermission', { TopicArn, Label: 'l', AWSAccountId: ['111122223333'], ActionName: ['Publish'] });
  expect(await policy()).not.toBe(initial);
  expect(await sns('RemovePermission', { TopicArn, Label: 'l' })).toBeUndefined();
  expect(await policy()).toBe(initial);
  await sns('RemovePermission', { TopicArn, Label: 'unknown' });
  expect(await policy()).toBe(initial);
});

it('refuses a topic that does not exist', async () => {
  const { sns } = await withSns();
  const refused = expect(sns('RemovePermission', { TopicArn: MISSING, Label: 'l' })).rejects;
  await refused.toMatchObject({ status: 404, code: 'NotFound', message: 'Topic does not exist' });
});
