/** Common mistakes of SQS emulators: messages. */

import { expect, it } from 'vitest';
import { overBothWires } from '../helpers.ts';

const HOUR_MS = 3_600_000;
const text = (StringValue: string, DataType = 'String') => ({ StringValue, DataType });

overBothWires('a message', (fixture) => {
  it('has a size that includes its body and the names, types and values of its attributes, in bytes', async () => {
    const { call, queue } = await fixture();
    const QueueUrl = await queue('q', { MaximumMessageSize: '1024' });
    // The attribute has 1 + 8 + 2 bytes, and each ä two bytes.
    const MessageAttributes = { a: { DataType: 'Binary.x', BinaryValue: 'AQI=' } };
    const fits = { QueueUrl, MessageBody: `${'ä'.repeat(506)}b`, MessageAttributes };
    await call('SendMessage', fits);
    const longer = call('SendMessage', { ...fits, MessageBody: `${fits.MessageBody}b` });
    await expect(longer).rejects.toMatchObject({ code: 'InvalidParameterValue' });
  });

  it('in a batch shares 1 MiB with the others, whatever the queue allows for one message', async () => {
    const { call, queue } = await fixture();
    const QueueUrl = await queue('q', { MaximumMessageSize: '1024' });
    const entries = (count: number, size: number) =>
      Array.from({ length: count }, (_, index) => ({ Id: `${index}`, MessageBody: 'x'.repeat(size) }));
    const { Failed } = await call('SendMessageBatch', { QueueUrl, Entries: entries(10, 1024) });
    expect(Failed).toBeUndefined();
    const tooLong = call('SendMessageBatch', { QueueUrl, Entries: entries(2, 524_289) });
    await expect(tooLong).rejects.toMatchObject({
      code: 'AWS.SimpleQueueService.BatchRequestTooLong',
      message: 'Batch requests cannot be longer than 1048576 bytes. You have sent 1048578 bytes.',
    });
  });

  it('that is too long has a different error message in a batch', async () => {
    const { call, queue } = await fixture();
    const QueueUrl = await queue('q', { MaximumMessageSize: '1024' });
    const MessageBody = 'x'.repeat(1025);
    const reason = 'Reason: Message must be shorter than 1024 bytes.';
    await expect(call('SendMessage', { QueueUrl, MessageBody })).rejects.toMatchObject({
      message: `One or more parameters are invalid. ${reason}`,
    });
    const { Failed } = await call('SendMessageBatch', { QueueUrl, Entries: [{ Id: 'a', MessageBody }] });
    expect(Failed).toEqual([
      {
        Id: 'a',
        SenderFault: true,
        Code: 'InvalidParameterValue',
        Message: `One or more parameters cannot be validated. ${reason}`,
      },
    ]);
  });

  it('needs a body, and cannot have list attributes', async () => {
    const { call, queue } = await fixture();
    const QueueUrl = await queue();
    await expect(call('SendMessage', { QueueUrl, MessageBody: '' })).rejects.toMatchObject({
      code: 'MissingParameter',
      message: 'The request must contain the parameter MessageBody.',
    });
    for (const list of [{ StringListValues: ['a'] }, { BinaryListValues: ['AQ=='] }]) {
      const MessageAttributes = { a: { DataType: 'String', ...list } };
      await expect(call('SendMessage', { QueueUrl, MessageBody: 'b', MessageAttributes })).rejects.toMatchObject({
        code: 'AWS.SimpleQueueService.UnsupportedOperation',
        message: 'Message attribute list values in SendMessage operation are not supported.',
      });
    }
  });

  it('has a digest of its attributes with their full types; a receive covers only those that it returns', async () => {
    const { call, queue } = await fixture();
    const QueueUrl = await queue('q', { VisibilityTimeout: '0' });
    const custom = { timestamp: text('1493147359900', 'Number.java.lang.Long') };
    const sent = await call('SendMessage', { QueueUrl, MessageBody: 'b', MessageAttributes: custom });
    expect(sent.MD5OfMessageAttributes).toBe('2e2e4876d8e0bd6b8c2c8f556831c349');
    await call('PurgeQueue', { QueueUrl });
    const MessageAttributes = { ...custom, color: text('blue') };
    await call('SendMessage', { QueueUrl, MessageBody: 'b', MessageAttributes });
    const received = await call('ReceiveMessage', { QueueUrl, MessageAttributeNames: ['col.*'] });
    expect(received.Messages).toMatchObject([{ MD5OfMessageAttributes: 'da1b33cc3cbfe8b1630921e78e6b9880' }]);
    expect(received.Messages[0].MessageAttributes).toEqual({ color: text('blue') });
    const [bare] = (await call('ReceiveMessage', { QueueUrl })).Messages;
    expect(bare).not.toHaveProperty('MD5OfMessageAttributes');
  });

  it('that is deleted can be deleted again, but not hidden again', async () => {
    const { call, queue } = await fixture();
    const QueueUrl = await queue();
    await call('SendMessage', { QueueUrl, MessageBody: 'b' });
    const [{ ReceiptHandle }] = (await call('ReceiveMessage', { QueueUrl })).Messages;
    for (let times = 0; times < 3; times++) await call('DeleteMessage', { QueueUrl, ReceiptHandle });
    const hide = call('ChangeMessageVisibility', { QueueUrl, ReceiptHandle, VisibilityTimeout: 10 });
    await expect(hide).rejects.toMatchObject({
      code: 'InvalidParameterValue',
      message:
        `Value ${ReceiptHandle} for parameter ReceiptHandle is invalid. ` +
        'Reason: Message does not exist or is not available for visibility timeout change.',
    });
  });

  it('can be hidden and deleted by its latest receipt handle even after its visibility timeout', async () => {
    const { call, queue, clock } = await fixture();
    const QueueUrl = await queue('q', { VisibilityTimeout: '5' });
    await call('SendMessage', { QueueUrl, MessageBody: 'b' });
    const [{ ReceiptHandle }] = (await call('ReceiveMessage', { QueueUrl })).Messages;
    await clock.advance(6000);
    await call('ChangeMessageVisibility', { QueueUrl, ReceiptHandle, VisibilityTimeout: 5 });
    expect(await call('ReceiveMessage', { QueueUrl })).toEqual({});
    await clock.advance(6000);
    await call('DeleteMessage', { QueueUrl, ReceiptHandle });
    expect(await call('ReceiveMessage', { QueueUrl })).toEqual({});
  });

  it('can be hidden until twelve hours after its receive, not after the call', async () => {
    const { call, queue, clock } = await fixture();
    const QueueUrl = await queue();
    await call('SendMessage', { QueueUrl, MessageBody: 'b' });
    const [{ ReceiptHandle }] = (await call('ReceiveMessage', { QueueUrl })).Messages;
    await clock.advance(1000);
    const hide = (VisibilityTimeout: number) =>
      call('ChangeMessageVisibility', { QueueUrl, ReceiptHandle, VisibilityTimeout });
    await expect(hide(43_200)).rejects.toMatchObject({
      code: 'InvalidParameterValue',
      message:
        'Value 43200 for parameter VisibilityTimeout is invalid. ' +
        'Reason: Total VisibilityTimeout for the message is beyond the limit [43200 seconds]',
    });
    await hide(43_199);
  });

  it('is waited for as long as the queue says, unless the request says 0', async () => {
    const { call, queue, clock } = await fixture();
    const QueueUrl = await queue('q', { ReceiveMessageWaitTimeSeconds: '20' });
    expect(await call('ReceiveMessage', { QueueUrl, WaitTimeSeconds: 0 })).toEqual({});
    let waiting = true;
    const poll = call('ReceiveMessage', { QueueUrl }).finally(() => {
      waiting = false;
    });
    const start = clock.now();
    while (waiting) await clock.advance(100);
    expect(await poll).toEqual({});
    expect(clock.now() - start).toBeGreaterThanOrEqual(20_000);
  });

  it('can expire in flight, and in a dead-letter queue its age counts from the original send', async () => {
    const { call, queue, clock } = await fixture();
    const dead = await queue('dead', { MessageRetentionPeriod: String((3 * HOUR_MS) / 1000) });
    const RedrivePolicy = '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead","maxReceiveCount":1}';
    const QueueUrl = await queue('q', { VisibilityTimeout: '0', RedrivePolicy });
    await call('SendMessage', { QueueUrl, MessageBody: 'moved' });
    const sentAt = clock.now();
    await clock.advance(2 * HOUR_MS);
    await call('ReceiveMessage', { QueueUrl });
    await call('ReceiveMessage', { QueueUrl });
    const input = { QueueUrl: dead, MessageSystemAttributeNames: ['SentTimestamp'], VisibilityTimeout: 2 * 3600 };
    const [moved] = (await call('ReceiveMessage', input)).Messages;
    expect(moved.Attributes).toEqual({ SentTimestamp: String(sentAt) });
    await clock.advance(HOUR_MS + 1);
    const AttributeNames = ['ApproximateNumberOfMessagesNotVisible'];
    const { Attributes } = await call('GetQueueAttributes', { QueueUrl: dead, AttributeNames });
    expect(Attributes.ApproximateNumberOfMessagesNotVisible).toBe('0');
  });

  it('is not lost to a long poll whose client has disconnected', async () => {
    const { squab, call, queue } = await fixture();
    const QueueUrl = await queue();
    const waiting = async () => (await squab.control.queues.get('q')).waitingReceives;
    const gone = new AbortController();
    const poll = call('ReceiveMessage', { QueueUrl, WaitTimeSeconds: 20 }, { signal: gone.signal });
    await expect.poll(waiting).toBe(1);
    gone.abort();
    await expect(poll).rejects.toThrow('aborted');
    await expect.poll(waiting).toBe(0);
    await call('SendMessage', { QueueUrl, MessageBody: 'b' });
    expect((await call('ReceiveMessage', { QueueUrl })).Messages).toHaveLength(1);
  });

  it('has receipt handles with +, / and =, which a form transfers correctly', async () => {
    const { call, queue } = await fixture();
    const QueueUrl = await queue();
    let handles = '';
    for (let round = 0; round < 20; round++) {
      const bodies = Array.from({ length: 10 }, (_, index) => ({ Id: `${index}`, MessageBody: 'b' }));
      await call('SendMessageBatch', { QueueUrl, Entries: bodies });
      const { Messages } = await call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 });
      for (const { ReceiptHandle } of Messages) {
        await call('DeleteMessage', { QueueUrl, ReceiptHandle });
        handles += ReceiptHandle;
      }
    }
    for (const character of '+/=') expect(handles).toContain(character);
    const { Attributes } = await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] });
    expect(Attributes.ApproximateNumberOfMessagesNotVisible).toBe('0');
  });

  it('can have a message group on a standard queue, but no deduplication ID', async () => {
    const { call, queue } = await fixture();
    const QueueUrl = await queue();
    await call('SendMessage', { QueueUrl, MessageBody: 'b', MessageGroupId: 'tenant' });
    const { Messages } = await call('ReceiveMessage', { QueueUrl, MessageSystemAttributeNames: ['MessageGroupId'] });
    expect(Messages[0].Attributes).toEqual({ MessageGroupId: 'tenant' });
    const deduplicated = call('SendMessage', { QueueUrl, MessageBody: 'b', MessageDeduplicationId: 'd' });
    await expect(deduplicated).rejects.toMatchObject({ code: 'InvalidParameterValue' });
  });

  it('is dead-lettered by the receive after maxReceiveCount is reached, with its ID and receive count', async () => {
    const { call, queue } = await fixture();
    const dead = await queue('dead');
    const RedrivePolicy = '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead","maxReceiveCount":2}';
    const QueueUrl = await queue('q', { VisibilityTimeout: '0', RedrivePolicy });
    const { MessageId } = await call('SendMessage', { QueueUrl, MessageBody: 'b' });
    for (let times = 0; times < 2; times++) {
      expect((await call('ReceiveMessage', { QueueUrl })).Messages).toHaveLength(1);
      expect(await call('ReceiveMessage', { QueueUrl: dead })).toEqual({});
    }
    expect(await call('ReceiveMessage', { QueueUrl })).toEqual({});
    const MessageSystemAttributeNames = ['ApproximateReceiveCount', 'DeadLetterQueueSourceArn'];
    const { Messages } = await call('ReceiveMessage', { QueueUrl: dead, MessageSystemAttributeNames });
    expect(Messages).toMatchObject([{ MessageId, Body: 'b' }]);
    expect(Messages[0].Attributes).toEqual({
      ApproximateReceiveCount: '3',
      DeadLetterQueueSourceArn: 'arn:aws:sqs:us-east-1:000000000000:q',
    });
  });
});
