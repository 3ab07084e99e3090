/** What a function gets from its queue, and what becomes of the messages. */

import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../helpers.ts';
import { ACCOUNT, arnOf, fed } from './fed.ts';

const now = String(Date.UTC(2026, 0, 1));

describe('the event', () => {
  it('has the messages with all that Lambda gives, in its order', async () => {
    const { feed, call, functions } = await fed();
    const { QueueUrl } = await feed();
    const MessageAttributes = {
      colour: { DataType: 'String', StringValue: 'blue' },
      bytes: { DataType: 'Binary', BinaryValue: 'AAEC' },
      size: { DataType: 'Number.int', StringValue: '7' },
    };
    const trace = { AWSTraceHeader: { DataType: 'String', StringValue: 'Root=1-0' } };
    const input = { QueueUrl, MessageBody: 'héllo', MessageAttributes, MessageSystemAttributes: trace };
    const sent = await call('SendMessage', { ...input, MessageGroupId: 'tenant' });
    const { event, headers, path } = await functions.next();
    expect(path).toBe('/f');
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'x-amz-invocation-type': 'RequestResponse' });
    const [record] = event.Records;
    expect(Object.keys(record)).toEqual([
      ...['messageId', 'receiptHandle', 'body', 'attributes', 'messageAttributes', 'md5OfMessageAttributes'],
      ...['md5OfBody', 'eventSource', 'eventSourceARN', 'awsRegion'],
    ]);
    expect(record).toEqual({
      messageId: sent.MessageId,
      receiptHandle: expect.stringMatching(/./),
      body: 'héllo',
      attributes: {
        ApproximateReceiveCount: '1',
        AWSTraceHeader: 'Root=1-0',
        SentTimestamp: now,
        SenderId: ACCOUNT,
        MessageGroupId: 'tenant',
        ApproximateFirstReceiveTimestamp: now,
      },
      messageAttributes: {
        colour: { stringValue: 'blue', stringListValues: [], binaryListValues: [], dataType: 'String' },
        bytes: { binaryValue: 'AAEC', stringListValues: [], binaryListValues: [], dataType: 'Binary' },
        size: { stringValue: '7', stringListValues: [], binaryListValues: [], dataType: 'Number.int' },
      },
      md5OfMessageAttributes: sent.MD5OfMessageAttributes,
      md5OfBody: sent.MD5OfMessageBody,
      eventSource: 'aws:sqs',
      eventSourceARN: arnOf('q'),
      awsRegion: 'us-east-1',
    });
  });

  it('has the numbers and IDs of FIFO queues, and no digest of attributes that do not exist', async () => {
    const { feed, call, functions } = await fed();
    const { QueueUrl } = await feed({}, { ContentBasedDeduplication: 'true' }, 'q.fifo');
    const sent = await call('SendMessage', { QueueUrl, MessageBody: 'a', MessageGroupId: 'g' });
    const [record] = (await functions.next()).event.Records;
    expect(record).toMatchObject({ messageAttributes: {}, md5OfMessageAttributes: null });
    expect(record.attributes).toMatchObject({
      SequenceNumber: sent.SequenceNumber,
      MessageGroupId: 'g',
      MessageDeduplicationId: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it('has a receipt handle with which the function can delete its message', async () => {
    const { feed, send, call, functions, counts } = await fed();
    const { QueueUrl } = await feed();
    functions.handle = () => undefined;
    await send(QueueUrl, 'a');
    const { event, answer } = await functions.next();
    await call('DeleteMessage', { QueueUrl, ReceiptHandle: event.Records[0].receiptHandle });
    expect(await counts(QueueUrl)).toEqual([0, 0]);
    answer();
  });
});

describe('the messages of a batch', () => {
  it('are deleted once the function has succeeded, and not before', async () => {
    const { feed, send, functions, counts, clock } = await fed();
    functions.handle = () => undefined;
    const { QueueUrl } = await feed();
    await send(QueueUrl, 'hello');
    const { bodies, answer } = await functions.next();
    expect(bodies).toEqual(['hello']);
    expect(await counts(QueueUrl)).toEqual([0, 1]);
    answer();
    await clock.advance(0);
    expect(await counts(QueueUrl)).toEqual([0, 0]);
  });

  it('come again when their visibility timeout ends, if the function failed: the same IDs, counted, new handles', async () => {
    const { feed, send, functions, clock } = await fed();
    functions.handle = () => ({ status: 500 });
    const { QueueUrl } = await feed({}, { VisibilityTimeout: '30' });
    await send(QueueUrl, 'a');
    const [first] = (await functions.next()).event.Records;
    await clock.advance(29_999);
    expect(functions.invocations).toHaveLength(1);
    functions.handle = () => ({});
    await clock.advance(1);
    const [again] = (await functions.next()).event.Records;
    expect(again.messageId).toBe(first.messageId);
    expect(again.receiptHandle).not.toBe(first.receiptHandle);
    expect(again.attributes).toMatchObject({
      ApproximateReceiveCount: '2',
      ApproximateFirstReceiveTimestamp: first.attributes.ApproximateFirstReceiveTimestamp,
    });
    await clock.advance(60_000);
    expect(functions.invocations).toHaveLength(2);
  });

  it('go to the dead-letter queue of the queue once the function has failed too often', async () => {
    const { feed, send, call, functions, clock, counts } = await fed();
    functions.handle = () => ({ body: { errorType: 'Error', errorMessage: 'no' } });
    const { QueueUrl: dead } = await call('CreateQueue', { QueueName: 'dead' });
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arnOf('dead'), maxReceiveCount: 2 });
    const { QueueUrl } = await feed({}, { RedrivePolicy });
    await send(QueueUrl, 'poison');
    await clock.advance(90_000);
    expect(functions.bodies).toEqual([['poison'], ['poison']]);
    expect(await counts(QueueUrl)).toEqual([0, 0]);
    const { Messages } = await call('ReceiveMessage', { QueueUrl: dead });
    expect(Messages[0]).toMatchObject({
      Body: 'poison',
      MessageId: functions.invocations[0]!.event.Records[0].messageId,
    });
  });

  it('are kept with a data folder, and so is the mapping: another start goes on', async () => {
    const data = temporaryFolder();
    const first = await fed({ data });
    first.functions.handle = () => ({ status: 500 });
    const { QueueUrl } = await first.feed({}, { VisibilityTimeout: '60' });
    await first.send(QueueUrl, 'a');
    await first.functions.next();
    await first.squab.stop();
    const second = await fed({ data });
    await second.clock.advance(60_000);
    const { event } = await second.functions.next();
    expect(event.Records[0]).toMatchObject({ body: 'a', attributes: { ApproximateReceiveCount: '2' } });
  });
});

describe('a queue of the account and region of another client', () => {
  it('feeds the function that its mapping names', async () => {
    const { client, squab, functions, lambda } = await fed();
    const { call } = client('JSON');
    const place = { account: '111111111111', region: 'eu-west-1' };
    const { QueueUrl } = await call('CreateQueue', { QueueName: 'q' }, place);
    const mapping = { EventSourceArn: 'arn:aws:sqs:eu-west-1:111111111111:q', FunctionName: 'f' };
    const created = await lambda('POST', '/2015-03-31/event-source-mappings/', mapping, place);
    expect(created.FunctionArn).toBe('arn:aws:lambda:eu-west-1:111111111111:function:f');
    await call('SendMessage', { QueueUrl, MessageBody: 'a' }, place);
    const [record] = (await functions.next()).event.Records;
    expect(record).toMatchObject({ awsRegion: 'eu-west-1', eventSourceARN: mapping.EventSourceArn });
    expect(squab.url).toMatch(/^http/);
  });
});
