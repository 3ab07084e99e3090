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

it('leaves the default policy, if no statement is left', async () => {
  const { sns, topic } = await withSns();
  const TopicArn = await topic();
  const policy = async () => (await sns('GetTopicAttributes', { TopicArn })).Attributes.Policy;
  const initial = await policy();
  await sns('AddPermission', { TopicArn, Label: 'l', AWSAccountId: ['111122223333'], ActionName: ['Publish'] });
  await sns('RemovePermission', { TopicArn, Label: '__default_statement_ID' });
  expect(JSON.parse(await policy()).Statement).toMatchObject([{ Sid: 'l' }]);
  await sns('RemovePermission', { TopicArn, Label: 'l' });
  expect(await policy()).toBe(initial);
  // Whatever the policy is, it can be set again, as infrastructure tools and imports do.
  await sns('SetTopicAttributes', { TopicArn, AttributeName: 'Policy', AttributeValue: await policy() });
});

it('refuses a topic that does not exist', async () => {
  const { sns } = await withSns();
  const refused = expect(sns('RemovePermission', { TopicArn: MISSING, Label: 'l' })).rejects;
  await refused.toMatchObject({ status: 404, code: 'NotFound', message: 'Topic does not exist' });
});
