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

/** AWS documents no error for these. The value that counts is the same on both wires, and as in moto and LocalStack. */
describe('a name that is given twice', () => {
  const JSON_TEXT = {
    CreateQueue: '{"QueueName":"q","Attributes":{"DelaySeconds":"1","DelaySeconds":"2"},"tags":{"a":"1","a":"2"}}',
    SendMessage:
      '{"QueueUrl":"q","MessageBody":"m","MessageAttributes":{"a":{"DataType":"String","StringValue":"1"},' +
      '"a":{"DataType":"String","StringValue":"2"}}}',
  };
  const FORM = {
    CreateQueue:
      'Action=CreateQueue&QueueName=q&Attribute.2.Name=DelaySeconds&Attribute.2.Value=2&Attribute.1.Name=DelaySeconds' +
      '&Attribute.1.Value=1&Tag.1.Key=a&Tag.1.Value=1&Tag.2.Key=a&Tag.2.Value=2',
    SendMessage:
      'Action=SendMessage&QueueUrl=q&MessageBody=m&MessageAttribute.1.Name=a&MessageAttribute.1.Value.DataType=String' +
      '&MessageAttribute.1.Value.StringValue=1&MessageAttribute.2.Name=a&MessageAttribute.2.Value.DataType=String' +
      '&MessageAttribute.2.Value.StringValue=2',
  };

  it.each([
    ['JSON', JSON_TEXT],
    ['Query', FORM],
  ])('in a map has its last value, over %s', async (wire, texts) => {
    const { client, squab } = await setup();
    for (const [operation, body] of Object.entries(texts)) {
      const target = { 'x-amz-target': `AmazonSQS.${operation}`, 'content-type': 'application/x-amz-json-1.0' };
      const form = { 'content-type': 'application/x-www-form-urlencoded' };
      const response = await fetch(squab.url, { method: 'POST', headers: wire === 'JSON' ? target : form, body });
      expect(response.status).toBe(200);
    }
    const { call } = client('JSON');
    const QueueUrl = `${squab.url}/000000000000/q`;
    const { Attributes } = await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['DelaySeconds'] });
    expect(Attributes).toEqual({ DelaySeconds: '2' });
    expect(await call('ListQueueTags', { QueueUrl })).toEqual({ Tags: { a: '2' } });
    await squab.control.clock.advance('2s');
    const { Messages } = await call('ReceiveMessage', { QueueUrl, MessageAttributeNames: ['All'] });
    expect(Messages[0].MessageAttributes).toMatchObject({ a: { StringValue: '2' } });
  });

  it('as a parameter of a form has its first value, as in moto and LocalStack', async () => {
    const { squab } = await setup();
    const text = await (await fetch(`${squab.url}/?Action=CreateQueue&QueueName=first&QueueName=second`)).text();
    expect(text).toContain('/first</QueueUrl>');
  });
});
