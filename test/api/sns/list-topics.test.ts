/** Listing topics in pages of 100. */

import { expect, it } from 'vitest';
import { invalid, withSns } from '../../sns-client.ts';

it('lists the topics of the account and region, a page at a time', async () => {
  const { sns, topic } = await withSns();
  expect(await sns('ListTopics')).toEqual({ Topics: [] });
  const arns = await Promise.all(
    Array.from({ length: 201 }, (_, index) => topic(`t${String(index).padStart(3, '0')}`)),
  );
  await sns('CreateTopic', { Name: 'other' }, { account: '111122223333' });
  await sns('CreateTopic', { Name: 'other' }, { region: 'eu-west-1' });
  const listed: string[] = [];
  const sizes: number[] = [];
  let NextToken: string | undefined;
  do {
    const page = await sns('ListTopics', { NextToken });
    sizes.push(page.Topics.length);
    listed.push(...page.Topics.map(({ TopicArn }: { TopicArn: string }) => TopicArn));
    NextToken = page.NextToken;
    if (NextToken !== undefined) expect(NextToken).toMatch(/^[A-Za-z0-9+/]+=*$/);
  } while (NextToken !== undefined);
  expect(listed).toEqual(arns);
  expect(sizes).toEqual([100, 100, 1]);
});

it.each(['x', 'not base64!', 'a'.repeat(5000)])('refuses the token %j', async (NextToken) => {
  const { sns } = await withSns();
  await expect(sns('ListTopics', { NextToken })).rejects.toMatchObject(invalid('NextToken'));
});
