/** Bytes that are not text, on either wire. */

import { describe, expect, it } from 'vitest';
import { setup } from '../helpers.ts';

describe('bytes that are not UTF-8', () => {
  it.each([
    ['percent-encoded', 'MessageBody=%ff%fe'],
    ['unescaped', Buffer.from('MessageBody=\xff\xfe', 'latin1')],
    ['in a name', 'MessageBody=m&%ff=1'],
  ])('are rejected on the Query wire, %s', async (_how, text) => {
    const { client } = await setup();
    const { QueueUrl } = await client('Query').call('CreateQueue', { QueueName: 'q' });
    const response = await fetch(QueueUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: Buffer.concat([Buffer.from('Action=SendMessage&'), Buffer.from(text)]),
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('<Code>MalformedInput</Code>');
    expect(await client('JSON').call('ReceiveMessage', { QueueUrl })).toEqual({});
  });

  it.each([
    ['100%', '100%'],
    ['%zz', '%zz'],
    ['a+b%2Bc', 'a b+c'],
    ['%E2%82%AC', '€'],
  ])('do not include those of %s', async (encoded, body) => {
    const { client } = await setup();
    const { QueueUrl } = await client('Query').call('CreateQueue', { QueueName: 'q' });
    const form = { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' } };
    await fetch(QueueUrl, { ...form, body: `Action=SendMessage&MessageBody=${encoded}` });
    const { Messages } = await client('JSON').call('ReceiveMessage', { QueueUrl });
    expect(Messages).toMatchObject([{ Body: body }]);
  });
});
