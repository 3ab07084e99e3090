/** Adding statements to the policy of a topic. */

import { expect, it } from 'vitest';
import { invalid, MISSING, withSns } from '../../sns-client.ts';

const input = { Label: 'l', AWSAccountId: ['111122223333'], ActionName: ['Publish'] };

it('appends a statement to the policy, which is the default one at first', async () => {
  const { sns, topic } = await withSns();
  const TopicArn = await topic();
  const statements = async () =>
    JSON.parse((await sns('GetTopicAttributes', { TopicArn })).Attributes.Policy).Statement as unknown[];
  const initial = await statements();
  expect(await sns('AddPermission', { TopicArn, ...input })).toBeUndefined();
  const several = { AWSAccountId: ['111122223333', '444455556666'], ActionName: ['publish', 'Subscribe'] };
  await sns('AddPermission', { TopicArn, Label: 'm', ...several });
  const [first, second] = ['111122223333', '444455556666'].map((account) => `arn:aws:iam::${account}:root`);
  expect(await statements()).toEqual([
    ...initial,
    { Sid: 'l', Effect: 'Allow', Principal: { AWS: first }, Action: 'SNS:Publish', Resource: TopicArn },
    {
      ...{ Sid: 'm', Effect: 'Allow', Principal: { AWS: [first, second] } },
      ...{ Action: ['SNS:Publish', 'SNS:Subscribe'], Resource: TopicArn },
    },
  ]);
});

it.each([
  ['a label that exists', { ...input, Label: '__default_statement_ID' }, 'Statement already exists'],
  ['an unknown action', { ...input, ActionName: ['SendMessage'] }, 'Policy statement action out of service scope!'],
  ['a bad account', { ...input, AWSAccountId: ['12345'] }, 'A provided account ID is not valid'],
  ['no account', { ...input, AWSAccountId: [] }, 'Policy Error: null'],
  ['no action', { ...input, ActionName: [] }, 'Policy Error: null'],
])('refuses %s', async (_what, bad, reason) => {
  const { sns, topic } = await withSns();
  const refused = expect(sns('AddPermission', { TopicArn: await topic(), ...bad })).rejects;
  await refused.toMatchObject(invalid(reason));
});

it('refuses a topic that does not exist', async () => {
  const { sns } = await withSns();
  const refused = expect(sns('AddPermission', { TopicArn: MISSING, ...input })).rejects;
  await refused.toMatchObject({ status: 404, code: 'NotFound', message: 'Topic does not exist' });
});

it('keeps all of the permissions that are added at the same time', async () => {
  const { sns, topic } = await withSns();
  const TopicArn = await topic();
  const labels = ['a', 'b', 'c', 'd'];
  await Promise.all(labels.map((Label) => sns('AddPermission', { TopicArn, ...input, Label })));
  const { Statement } = JSON.parse((await sns('GetTopicAttributes', { TopicArn })).Attributes.Policy);
  const found = Statement.map(({ Sid }: { Sid: string }) => Sid);
  expect(found.slice(1).sort()).toEqual(labels);
});
