/** LocalStack's developer endpoint, which shows messages without receiving them. */

import { renameSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { overBothWires, setup, temporaryFolder } from '../helpers.ts';

const BOTH = 'ShowInvisible=true&ShowDelayed=1';

/** Sends requests as a script would, and reads the XML, or the JSON that LocalStack converts it to. */
function developer(url: string) {
  const ask = async (query: string, init: RequestInit = {}) => {
    const response = await fetch(`${url}/_aws/sqs/messages${query}`, init);
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
  };
  const json = async (query: string) => {
    const { status, text } = await ask(query, { headers: { accept: 'application/json' } });
    expect(status).toBe(200);
    return JSON.parse(text).ReceiveMessageResponse.ReceiveMessageResult;
  };
  return { ask, json };
}

overBothWires('LocalStack’s developer endpoint', (fixture) => {
  it('shows visible messages with all their attributes, and does not change them', async () => {
    const { call, queue, squab } = await fixture();
    const QueueUrl = await queue();
    const MessageAttributes = { kind: { DataType: 'String', StringValue: 'test' } };
    const sent = await call('SendMessage', { QueueUrl, MessageBody: 'hello', MessageAttributes });
    const { json } = developer(squab.url);
    for (const query of [`?QueueUrl=${QueueUrl}`, '/us-east-1/000000000000/q']) {
      expect(await json(query)).toEqual({
        Message: {
          MessageId: sent.MessageId,
          ReceiptHandle: 'SQS/BACKDOOR/ACCESS',
          MD5OfBody: sent.MD5OfMessageBody,
          Body: 'hello',
          Attribute: [
            { Name: 'SenderId', Value: '000000000000' },
            { Name: 'SentTimestamp', Value: expect.stringMatching(/^\d+$/) },
            { Name: 'ApproximateReceiveCount', Value: '0' },
            { Name: 'ApproximateFirstReceiveTimestamp', Value: '0' },
          ],
          MD5OfMessageAttributes: sent.MD5OfMessageAttributes,
          MessageAttribute: { Name: 'kind', Value: { StringValue: 'test', DataType: 'String' } },
        },
      });
    }
    const AttributeNames = ['ApproximateReceiveCount'];
    const { Messages } = await call('ReceiveMessage', { QueueUrl, AttributeNames });
    expect(Messages[0].Attributes.ApproximateReceiveCount).toBe('1');
  });

  it('shows messages in flight or delayed if requested, and labels them', async () => {
    const { call, queue, squab } = await fixture();
    const QueueUrl = await queue();
    await call('SendMessage', { QueueUrl, MessageBody: 'in-flight' });
    await call('ReceiveMessage', { QueueUrl });
    await call('SendMessage', { QueueUrl, MessageBody: 'visible' });
    await call('SendMessage', { QueueUrl, MessageBody: 'delayed', DelaySeconds: 60 });
    const { json } = developer(squab.url);
    const shown = async (query: string) => {
      const { Message } = await json(`?QueueUrl=${QueueUrl}&${query}`);
      return [Message].flat().map(({ Body, Attribute }) => {
        const found = (name: string) => Attribute.find(({ Name }: { Name: string }) => Name === name)?.Value;
        return [Body, found('IsVisible'), found('IsDelayed')];
      });
    };
    expect(await shown('')).toEqual([['visible', undefined, undefined]]);
    expect(await shown('ShowInvisible=true')).toEqual([
      ['in-flight', 'false', undefined],
      ['visible', 'true', undefined],
    ]);
    expect(await shown('ShowDelayed=True')).toEqual([
      ['visible', undefined, 'false'],
      ['delayed', undefined, 'true'],
    ]);
    expect(await shown(BOTH)).toHaveLength(3);
  });

  it('hides blocked messages of a FIFO queue, unless invisible ones are requested', async () => {
    const { call, queue, squab } = await fixture();
    const QueueUrl = await queue('q.fifo', { FifoQueue: 'true', ContentBasedDeduplication: 'true' });
    const send = (MessageBody: string, MessageGroupId: string) =>
      call('SendMessage', { QueueUrl, MessageBody, MessageGroupId });
    for (const body of ['a1', 'a2']) await send(body, 'a');
    await call('ReceiveMessage', { QueueUrl });
    for (const body of ['b1', 'b2']) await send(body, 'b');
    const { json } = developer(squab.url);
    const bodies = async (query: string) =>
      (await json(`?QueueUrl=${QueueUrl}&${query}`)).Message.map(({ Body }: { Body: string }) => Body);
    expect(await bodies('')).toEqual(['b1', 'b2']);
    expect(await bodies('ShowInvisible=1')).toEqual(['a1', 'a2', 'b1', 'b2']);
  });

  it('takes the region from the queue URL, otherwise from the credential', async () => {
    const { call, squab } = await fixture();
    const region = 'eu-west-2';
    const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' }, { region });
    await call('SendMessage', { QueueUrl, MessageBody: 'b' }, { region });
    const { ask } = developer(squab.url);
    const authorization = `AWS4-HMAC-SHA256 Credential=test/20260101/${region}/sqs/aws4_request`;
    for (const url of [
      'http://sqs.eu-west-2.localhost.localstack.cloud:4566/000000000000/q',
      'http://localhost:4566/queue/eu-west-2/000000000000/q',
    ]) {
      expect((await ask(`?QueueUrl=${url}`)).text).toContain('<Body>b</Body>');
    }
    expect((await ask(`?QueueUrl=${QueueUrl}`, { headers: { authorization } })).text).toContain('<Body>b</Body>');
    expect((await ask(`?QueueUrl=${QueueUrl}`)).status).toBe(400);
  });

  it('works as an SDK’s endpoint for ReceiveMessage', async () => {
    const { call, queue } = await fixture();
    const QueueUrl = await queue();
    await call('SendMessage', { QueueUrl, MessageBody: 'b' });
    const path = '/_aws/sqs/messages?ShowInvisible=true';
    for (const _twice of [1, 2]) {
      const { Messages } = await call('ReceiveMessage', { QueueUrl }, { path });
      expect(Messages).toMatchObject([{ Body: 'b', Attributes: { IsVisible: 'true' } }]);
    }
    await expect(call('PurgeQueue', { QueueUrl }, { path })).rejects.toMatchObject({ code: 'InvalidRequest' });
    await expect(call('ReceiveMessage', {}, { path })).rejects.toMatchObject({
      code: 'AWS.SimpleQueueService.NonExistentQueue',
    });
  });
});

describe('LocalStack’s developer endpoint', () => {
  it('returns XML, or JSON if requested: an empty result as null, and several messages as a list', async () => {
    const { client, squab } = await setup();
    const { call } = client('JSON');
    const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' });
    const { ask, json } = developer(squab.url);
    const xml = await ask(`?QueueUrl=${QueueUrl}`);
    expect(xml).toMatchObject({ status: 200, type: 'text/xml' });
    expect(xml.text).toContain('<ReceiveMessageResult/>');
    expect(await json(`?QueueUrl=${QueueUrl}`)).toBeNull();
    for (const MessageBody of ['1', '2']) await call('SendMessage', { QueueUrl, MessageBody });
    const { Message } = await json(`?QueueUrl=${QueueUrl}`);
    expect(Message.map(({ Body }: { Body: string }) => Body)).toEqual(['1', '2']);
  });

  it('returns errors in JSON within the element of the XML', async () => {
    const { squab } = await setup();
    const response = await fetch(`${squab.url}/_aws/sqs/messages?QueueUrl=http://localhost/000000000000/none`, {
      headers: { accept: 'application/json' },
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      ErrorResponse: { Error: { Code: 'AWS.SimpleQueueService.NonExistentQueue', Type: 'Sender' } },
    });
  });

  it('accepts a form too', async () => {
    const { client, squab } = await setup();
    const { QueueUrl } = await client('JSON').call('CreateQueue', { QueueName: 'q' });
    await client('JSON').call('SendMessage', { QueueUrl, MessageBody: 'b', DelaySeconds: 5 });
    const body = new URLSearchParams({ QueueUrl, ShowDelayed: 'true' });
    expect((await developer(squab.url).ask('', { method: 'POST', body })).text).toContain('<Body>b</Body>');
  });

  it.each([
    ['', 400, 'AWS.SimpleQueueService.NonExistentQueue'],
    ['?QueueUrl=http://localhost:4566/000000000000/none', 400, 'AWS.SimpleQueueService.NonExistentQueue'],
    ['?QueueUrl=http://localhost:4566/a/b/c', 404, 'InvalidAddress'],
    ['/us-east-1/000000000000/none', 400, 'AWS.SimpleQueueService.NonExistentQueue'],
  ])('rejects %j', async (query, status, code) => {
    const { squab } = await setup();
    const answer = await developer(squab.url).ask(query);
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(`<Code>${code}</Code>`);
  });

  it('shows at most 10,000 messages, so that no response takes all memory', async () => {
    const { client, squab } = await setup();
    const { call } = client('JSON');
    const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' });
    const Entries = Array.from({ length: 10 }, (_, at) => ({ Id: `${at}`, MessageBody: 'b' }));
    await Promise.all(Array.from({ length: 1001 }, () => call('SendMessageBatch', { QueueUrl, Entries })));
    expect((await developer(squab.url).json(`?QueueUrl=${QueueUrl}`)).Message).toHaveLength(10_000);
  });

  it('shows fewer messages if the response would be longer than 20 MiB', async () => {
    const { client, squab } = await setup();
    const { call } = client('JSON');
    const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' });
    const MessageAttributes = { long: { DataType: 'String', StringValue: '"'.repeat(500_000) } };
    for (let n = 0; n < 10; n++) await call('SendMessage', { QueueUrl, MessageBody: 'b', MessageAttributes });
    const { text } = await developer(squab.url).ask(`?QueueUrl=${QueueUrl}`);
    expect(text.split('<Message>')).toHaveLength(1 + 6);
    expect(text.length).toBeLessThan(20 * 2 ** 20);
  });

  it('is off without the control interface, like every endpoint that shows messages', async () => {
    const { squab } = await setup({ control: false });
    expect((await developer(squab.url).ask('?QueueUrl=q')).text).toBe('<UnknownOperationException/>');
  });

  it('accepts only clients on this machine if credentials are checked', async () => {
    const credentials = [{ accessKeyId: 'AKIDTEST', secretAccessKey: 'secret' }];
    const { squab } = await setup({ auth: 'sigv4', credentials });
    const { ask } = developer(squab.url);
    const query = '?QueueUrl=http://localhost:4566/000000000000/none';
    expect((await ask(query)).status).toBe(400);
    const forwarded = await ask(query, { headers: { 'x-forwarded-for': '192.0.2.1' } });
    expect(forwarded).toMatchObject({ status: 403, text: expect.stringContaining('<Code>AccessDenied</Code>') });
  });

  it('reports that the storage does not work', async () => {
    const data = temporaryFolder();
    const { client, squab } = await setup({ data });
    const { QueueUrl } = await client('JSON').call('CreateQueue', { QueueName: 'q' });
    renameSync(`${data}/squab.db`, `${data}/gone.db`);
    expect((await developer(squab.url).ask(`?QueueUrl=${QueueUrl}`)).status).toBe(503);
    renameSync(`${data}/gone.db`, `${data}/squab.db`);
  });
});
