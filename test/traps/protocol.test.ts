/** Common mistakes of SQS emulators: the wires. */

import { describe, expect, it } from 'vitest';
import { errorTable } from '../../src/errors.ts';
import { overBothWires, setup } from '../helpers.ts';
import { parseXml } from '../query-client.ts';

const JSON_TYPE = 'application/x-amz-json-1.0';

/** Sends a JSON request; resolves to the response as received. */
async function json(url: string, operation: string, input: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': JSON_TYPE, 'x-amz-target': `AmazonSQS.${operation}`, ...headers },
    body: JSON.stringify(input),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** Sends a form; resolves to the response as received. */
async function form(url: string, parameters: Record<string, string>, method = 'POST') {
  const spelled = new URLSearchParams(parameters);
  const response = await fetch(method === 'GET' ? `${url}?${spelled}` : url, {
    method,
    ...(method === 'POST' && { body: spelled }),
  });
  return { status: response.status, text: await response.text() };
}

async function withQueue() {
  const { squab, client } = await setup();
  const { call } = client('JSON');
  const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' });
  return { url: squab.url, call, QueueUrl: QueueUrl as string };
}

describe('the JSON wire', () => {
  it.each([
    ['SendMessage', { QueueUrl: 'none', MessageBody: 'b' }, 'AWS.SimpleQueueService.NonExistentQueue;Sender'],
    ['SendMessage', { QueueUrl: 'q' }, 'MissingParameter;Sender'],
    ['SendMessage', { QueueUrl: 1 }, 'MalformedInput;Sender'],
    ['DeleteMessage', { QueueUrl: 'q', ReceiptHandle: 'x' }, 'ReceiptHandleIsInvalid;Sender'],
    ['FooBar', {}, 'InvalidAction;Sender'],
  ])(
    'sends the Query code of every error in a header, even if not requested (%s %j)',
    async (operation, input, header) => {
      const { url } = await withQueue();
      for (const headers of [undefined, { 'x-amzn-query-mode': 'true' }]) {
        const answer = await json(url, operation, input, headers);
        expect(answer.headers.get('x-amzn-query-error')).toBe(header);
      }
    },
  );

  it.each([
    ['SendMessage', { QueueUrl: 'none', MessageBody: 'b' }, 'com.amazonaws.sqs#QueueDoesNotExist'],
    ['ReceiveMessage', { QueueUrl: 'q', AttributeNames: ['X'] }, 'com.amazonaws.sqs#InvalidAttributeName'],
    ['SendMessage', { QueueUrl: 'q' }, 'com.amazon.coral.service#MissingRequiredParameterException'],
    ['SendMessage', { QueueUrl: 1 }, 'com.amazon.coral.service#SerializationException'],
    ['CreateQueue', {}, 'com.amazon.coral.service#InvalidParameterValueException'],
    ['FooBar', {}, 'com.amazon.coral.service#UnknownOperationException'],
  ])(
    "distinguishes SQS's own errors from those of its framework by namespace (%s %j)",
    async (operation, input, type) => {
      const { url } = await withQueue();
      expect(JSON.parse((await json(url, operation, input)).text).__type).toBe(type);
    },
  );

  it('responds to operations without output with an empty body of the JSON type', async () => {
    const { url, call, QueueUrl } = await withQueue();
    await call('SendMessage', { QueueUrl, MessageBody: 'b' });
    const [{ ReceiptHandle }] = (await call('ReceiveMessage', { QueueUrl })).Messages;
    const permission = { Label: 'l', AWSAccountIds: ['111122223333'], Actions: ['*'] };
    const calls: [string, object][] = [
      ['AddPermission', permission],
      ['RemovePermission', permission],
      ['ChangeMessageVisibility', { ReceiptHandle, VisibilityTimeout: 1 }],
      ['DeleteMessage', { ReceiptHandle }],
      ['SetQueueAttributes', { Attributes: { DelaySeconds: '1' } }],
      ['TagQueue', { Tags: { a: '1' } }],
      ['UntagQueue', { TagKeys: ['a'] }],
      ['PurgeQueue', {}],
      ['DeleteQueue', {}],
    ];
    for (const [operation, input] of calls) {
      const { status, headers, text } = await json(url, operation, { QueueUrl, ...input });
      expect([operation, status, text]).toEqual([operation, 200, '']);
      expect(headers.get('content-type')).toBe(JSON_TYPE);
    }
  });

  it('omits empty lists and maps', async () => {
    const { url, call, QueueUrl } = await withQueue();
    for (const operation of ['ReceiveMessage', 'GetQueueAttributes', 'ListQueueTags', 'ListDeadLetterSourceQueues']) {
      expect([operation, (await json(url, operation, { QueueUrl })).text]).toEqual([operation, '{}']);
    }
    expect((await json(url, 'ListQueues', { QueueNamePrefix: 'none' })).text).toBe('{}');
    const entry = { Id: 'a', MessageBody: 'b' };
    const sent = await call('SendMessageBatch', { QueueUrl, Entries: [entry] });
    expect(Object.keys(sent)).toEqual(['Successful']);
    const failed = await call('SendMessageBatch', { QueueUrl, Entries: [{ ...entry, DelaySeconds: -1 }] });
    expect(Object.keys(failed)).toEqual(['Failed']);
  });

  it('spells tags of CreateQueue and queueUrls of ListDeadLetterSourceQueues in lower case', async () => {
    const { call, QueueUrl } = await withQueue();
    const lower = await call('CreateQueue', { QueueName: 'lower', tags: { a: '1' } });
    const upper = await call('CreateQueue', { QueueName: 'upper', Tags: { a: '1' } });
    expect(await call('ListQueueTags', lower)).toEqual({ Tags: { a: '1' } });
    expect(await call('ListQueueTags', upper)).toEqual({});
    const RedrivePolicy = '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:q","maxReceiveCount":1}';
    await call('SetQueueAttributes', { ...lower, Attributes: { RedrivePolicy } });
    expect(await call('ListDeadLetterSourceQueues', { QueueUrl })).toEqual({ queueUrls: [lower.QueueUrl] });
  });

  it('accepts requests to the path of a queue, whether or not the body names the queue', async () => {
    const { call, url, QueueUrl } = await withQueue();
    const path = new URL(QueueUrl).pathname;
    await call('SendMessage', { QueueUrl, MessageBody: 'named' }, { path });
    expect((await json(url + path, 'SendMessage', { MessageBody: 'by path' })).status).toBe(200);
    const { Messages } = await call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 });
    expect(Messages).toHaveLength(2);
  });

  it('transfers queue attributes as strings, both ways', async () => {
    const { call, QueueUrl } = await withQueue();
    const { Attributes } = await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] });
    expect(new Set(Object.values(Attributes).map((value) => typeof value))).toEqual(new Set(['string']));
    const number = call('SetQueueAttributes', { QueueUrl, Attributes: { DelaySeconds: 1 } });
    await expect(number).rejects.toMatchObject({ status: 400, code: 'MalformedInput' });
  });
});

describe('the Query wire', () => {
  it('sends a result element only for operations with output, and always for these', async () => {
    const { url } = await withQueue();
    const elements = async (parameters: Record<string, string>) =>
      parseXml((await form(url, { QueueUrl: 'q', ...parameters })).text).children.map(({ name }) => name);
    expect(await elements({ Action: 'PurgeQueue' })).toEqual(['ResponseMetadata']);
    expect(await elements({ Action: 'ReceiveMessage' })).toEqual(['ReceiveMessageResult', 'ResponseMetadata']);
    expect(await elements({ Action: 'DeleteQueue' })).toEqual(['ResponseMetadata']);
  });

  it.each(['GET', 'POST'])('takes the queue from the path with %s, unless a parameter names it', async (method) => {
    const { url, call } = await withQueue();
    const other = await call('CreateQueue', { QueueName: 'other' });
    const send = { Action: 'SendMessage', MessageBody: 'by path' };
    expect((await form(`${url}/000000000000/q`, send, method)).status).toBe(200);
    await form(`${url}/000000000000/q`, { ...send, MessageBody: 'by parameter', ...other }, method);
    expect((await call('ReceiveMessage', { QueueUrl: 'q' })).Messages).toMatchObject([{ Body: 'by path' }]);
    expect((await call('ReceiveMessage', other)).Messages).toMatchObject([{ Body: 'by parameter' }]);
  });

  it('preserves a carriage return in XML', async () => {
    const { url } = await withQueue();
    await form(url, { Action: 'SendMessage', QueueUrl: 'q', MessageBody: 'a\r\nb' });
    const { text } = await form(url, { Action: 'ReceiveMessage', QueueUrl: 'q' });
    expect(text).toContain('<Body>a&#xD;\nb</Body>');
  });

  it('accepts a single attribute, tag or name without a number, as boto 2 sends it', async () => {
    const { url, call, QueueUrl } = await withQueue();
    const timeout = { 'Attribute.Name': 'VisibilityTimeout', 'Attribute.Value': '45' };
    expect(await form(url, { Action: 'SetQueueAttributes', QueueUrl, ...timeout })).toMatchObject({ status: 200 });
    const { text } = await form(url, { Action: 'GetQueueAttributes', QueueUrl, AttributeName: 'VisibilityTimeout' });
    expect(text).toContain('<Attribute><Name>VisibilityTimeout</Name><Value>45</Value></Attribute>');
    await form(url, { Action: 'TagQueue', QueueUrl, 'Tag.Key': 'k', 'Tag.Value': 'v' });
    expect(await call('ListQueueTags', { QueueUrl })).toEqual({ Tags: { k: 'v' } });
  });

  it('accepts the names AttributeName.N for both lists of system attributes', async () => {
    const { url } = await withQueue();
    await form(url, { Action: 'SendMessage', QueueUrl: 'q', MessageBody: 'b' });
    const receive = { Action: 'ReceiveMessage', QueueUrl: 'q', VisibilityTimeout: '0' };
    for (const name of ['AttributeName.1', 'MessageSystemAttributeName.1']) {
      const { text } = await form(url, { ...receive, [name]: 'SenderId' });
      expect(text).toContain('<Attribute><Name>SenderId</Name><Value>000000000000</Value></Attribute>');
    }
  });
});

overBothWires('either wire', (fixture) => {
  it('returns some errors with status 403 or 404', async () => {
    const { call, queue } = await fixture({ inFlightLimit: 1 });
    const QueueUrl = await queue();
    await expect(call('DeleteMessage', { QueueUrl, ReceiptHandle: 'x' })).rejects.toMatchObject({ status: 404 });
    await call('SendMessage', { QueueUrl, MessageBody: 'b' });
    await call('ReceiveMessage', { QueueUrl });
    await expect(call('ReceiveMessage', { QueueUrl })).rejects.toMatchObject({ status: 403, code: 'OverLimit' });
    const statuses = [errorTable.ResourceNotFoundException, errorTable.InvalidAddress, errorTable.PurgeQueueInProgress];
    expect([...statuses, errorTable.InvalidSecurity].map(({ status }) => status)).toEqual([404, 404, 403, 403]);
  });

  it('mentions the WSDL only over Query if a queue does not exist', async () => {
    const { call, wire } = await fixture();
    await expect(call('PurgeQueue', { QueueUrl: 'none' })).rejects.toMatchObject({
      status: 400,
      message: `The specified queue does not exist${wire === 'Query' ? ' for this wsdl version' : ''}.`,
    });
  });

  it('returns queue URLs with the host that the client used, and accepts any host', async () => {
    const { call, queue, squab } = await fixture();
    const QueueUrl = await queue();
    expect(new URL(QueueUrl).origin).toBe(squab.url);
    for (const host of ['https://sqs.eu-west-2.amazonaws.com', 'http://elsewhere:1']) {
      await call('SendMessage', { QueueUrl: host + new URL(QueueUrl).pathname, MessageBody: 'b' });
    }
  });

  it('treats a missing QueueUrl as a missing queue, and a missing QueueName as an invalid value', async () => {
    const { call } = await fixture();
    const noQueue = { status: 400, code: 'AWS.SimpleQueueService.NonExistentQueue' };
    await expect(call('SendMessage', { MessageBody: 'b' })).rejects.toMatchObject(noQueue);
    await expect(call('SendMessage', { QueueUrl: '', MessageBody: 'b' })).rejects.toMatchObject(noQueue);
    const badValue = { status: 400, code: 'InvalidParameterValue' };
    await expect(call('GetQueueUrl', {})).rejects.toMatchObject(badValue);
  });
});
