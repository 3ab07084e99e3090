/** Confirming a subscription with its token. */

import { expect, it } from 'vitest';
import { invalid, withSns } from '../../sns-client.ts';

it.each([
  ['a'.repeat(256), 'Invalid parameter: Token'],
  ['abc123', 'Invalid parameter: Token'],
  ['randomtoken', 'Invalid token'],
  ['', 'Invalid token'],
])('refuses the token %j', async (Token, message) => {
  const { sns, topic } = await withSns();
  await expect(sns('ConfirmSubscription', { TopicArn: await topic(), Token })).rejects.toMatchObject({
    ...{ status: 400, code: 'InvalidParameter', message },
  });
});

it.each(['x', 'arn:aws:sns:eu-west-1:000000000000:t', 'arn:aws:sqs:us-east-1:000000000000:t'])(
  'refuses the topic %s',
  async (TopicArn) => {
    const { sns } = await withSns();
    await expect(sns('ConfirmSubscription', { TopicArn, Token: 'abc' })).rejects.toMatchObject(invalid('Topic'));
  },
);
