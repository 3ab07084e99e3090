/** Names of topics, and what happens if a topic of that name exists. */

import { describe, expect, it } from 'vitest';
import { ACCOUNT, invalid, withSns } from '../../sns-client.ts';

const arnOf = (name: string) => `arn:aws:sns:us-east-1:${ACCOUNT}:${name}`;

it('creates a topic and returns its ARN', async () => {
  const { sns } = await withSns();
  expect(await sns('CreateTopic', { Name: 'orders' })).toEqual({ TopicArn: arnOf('orders') });
  expect(await sns('CreateTopic', { Name: 'orders' }, { account: '111122223333', region: 'cn-north-1' })).toEqual({
    TopicArn: 'arn:aws-cn:sns:cn-north-1:111122223333:orders',
  });
});

describe('the name of a topic', () => {
  it.each(['a', 'A-b_9', 'n'.repeat(256)])('can be %j', async (Name) => {
    const { sns } = await withSns();
    expect(await sns('CreateTopic', { Name })).toEqual({ TopicArn: arnOf(Name) });
  });

  const bad = [
    '',
    'n'.repeat(257),
    'a b',
    'a.b',
    'a:b',
    'a;b',
    'a!b',
    'a@b',
    'a|b',
    'a^b',
    'a%b',
    'ä',
    'a.fifo',
    '.fifo',
  ];
  it.each(bad)('cannot be %j', async (Name) => {
    const { sns } = await withSns();
    await expect(sns('CreateTopic', { Name })).rejects.toMatchObject(invalid('Topic Name'));
  });

  it.each(['a', '.fifo', 'a.b.fifo', `${'n'.repeat(252)}.fifo`])('of a FIFO topic cannot be %j', async (Name) => {
    const { sns } = await withSns();
    const refused = expect(sns('CreateTopic', { Name, Attributes: { FifoTopic: 'true' } })).rejects;
    await refused.toMatchObject(invalid('Topic Name'));
  });

  it('is checked before the existing topic is looked at', async () => {
    const { sns, topic } = await withSns();
    await topic('a');
    const refused = expect(sns('CreateTopic', { Name: 'a', Attributes: { FifoTopic: 'true' } })).rejects;
    await refused.toMatchObject(invalid('Topic Name'));
  });

  it('must be given', async () => {
    const { sns } = await withSns();
    await expect(sns('CreateTopic')).rejects.toMatchObject({
      ...{ status: 400, code: 'ValidationError' },
      message:
        "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null",
    });
  });
});

describe('a topic that exists', () => {
  const Attributes = { DisplayName: 'd', SQSSuccessFeedbackSampleRate: '5' };
  const Tags = [
    { Key: 'a', Value: '1' },
    { Key: 'b', Value: '2' },
  ];
  const different = invalid('Attributes Reason: Topic already exists with different attributes');
  const otherTags = invalid('Tags Reason: Topic already exists with different tags');

  it.each([
    ['nothing', {}],
    ['the same attributes', { Attributes }],
    ['some of them', { Attributes: { DisplayName: 'd' } }],
    ['FifoTopic=false', { Attributes: { FifoTopic: 'false' } }],
    ['the same tags', { Tags }],
    ['some of the tags', { Tags: Tags.slice(1) }],
    ['an empty list of tags', { Tags: [] }],
  ])('is returned for a request with %s', async (_what, request) => {
    const { sns } = await withSns();
    const created = await sns('CreateTopic', { Name: 't', Attributes, Tags });
    expect(await sns('CreateTopic', { Name: 't', ...request })).toEqual(created);
  });

  it.each([
    ['another value', { Attributes: { DisplayName: 'other' } }, different],
    ['an attribute that is not set', { Attributes: { SignatureVersion: '1' } }, different],
    ['one that is not set, among equal ones', { Attributes: { ...Attributes, SignatureVersion: '2' } }, different],
    ['another tag', { Tags: [{ Key: 'c', Value: '3' }] }, otherTags],
    ['another value of a tag', { Tags: [{ Key: 'a', Value: '9' }] }, otherTags],
    ['other attributes and tags', { Attributes: { DisplayName: 'x' }, Tags: [{ Key: 'c', Value: '' }] }, different],
  ])('is an error for a request with %s', async (_what, request, error) => {
    const { sns } = await withSns();
    await sns('CreateTopic', { Name: 't', Attributes, Tags });
    await expect(sns('CreateTopic', { Name: 't', ...request })).rejects.toMatchObject(error);
  });

  it('keeps attributes that were set later', async () => {
    const { sns } = await withSns();
    const { TopicArn } = await sns('CreateTopic', { Name: 't', Attributes });
    await sns('SetTopicAttributes', { TopicArn, AttributeName: 'DisplayName', AttributeValue: 'later' });
    await sns('CreateTopic', { Name: 't' });
    const { Attributes: report } = await sns('GetTopicAttributes', { TopicArn });
    expect(report.DisplayName).toBe('later');
  });

  it('loses its tags when it is deleted', async () => {
    const { sns } = await withSns();
    const { TopicArn } = await sns('CreateTopic', { Name: 't', Tags });
    await sns('DeleteTopic', { TopicArn });
    await sns('CreateTopic', { Name: 't', Tags: [{ Key: 'c', Value: '3' }] });
    expect(await sns('ListTagsForResource', { ResourceArn: TopicArn })).toEqual({ Tags: [{ Key: 'c', Value: '3' }] });
  });
});

it('refuses an attribute that does not exist', async () => {
  const { sns } = await withSns();
  await expect(sns('CreateTopic', { Name: 't', Attributes: { Foo: 'x' } })).rejects.toMatchObject(
    invalid('Attributes Reason: Unknown attribute Foo'),
  );
});

it('accepts the names of attributes and tags in several spellings', async () => {
  const { squab, sns } = await withSns();
  const spellings = [
    'Attributes.entry.1.key=DisplayName&Attributes.entry.1.value=d&Tags.member.1.Key=a&Tags.member.1.Value=1',
    'Attributes.entry.1.Key=DisplayName&Attributes.entry.1.Value=d&Tags.1.Key=a&Tags.1.Value=1',
  ];
  for (const [index, spelling] of spellings.entries()) {
    await fetch(`${squab.url}/?Action=CreateTopic&Name=t${index}&${spelling}`);
    const ResourceArn = arnOf(`t${index}`);
    expect((await sns('GetTopicAttributes', { TopicArn: ResourceArn })).Attributes.DisplayName).toBe('d');
    expect(await sns('ListTagsForResource', { ResourceArn })).toEqual({ Tags: [{ Key: 'a', Value: '1' }] });
  }
});
