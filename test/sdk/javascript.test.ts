/** Everyday operations with the AWS SDK for JavaScript, over a socket. */

import { createHash } from 'node:crypto';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  paginateListQueues,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
} from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { ATTRIBUTES, fixture, sdk } from './javascript.ts';

describe('the AWS SDK for JavaScript', () => {
  it('creates a queue and finds it again', async () => {
    const { sqs, squab, queue } = await fixture();
    const QueueUrl = await queue('orders', { DelaySeconds: '5' });
    expect(QueueUrl).toBe(`${squab.url}/000000000000/orders`);
    expect(await queue('orders', { DelaySeconds: '5' })).toBe(QueueUrl);
    expect((await sqs.send(new GetQueueUrlCommand({ QueueName: 'orders' }))).QueueUrl).toBe(QueueUrl);
    expect((await sqs.send(new ListQueuesCommand({}))).QueueUrls).toEqual([QueueUrl]);
  });

  it('lists queues page by page', async () => {
    const { sqs, queue } = await fixture();
    const urls = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => queue(name)));
    const pages: string[][] = [];
    for await (const page of paginateListQueues({ client: sqs, pageSize: 2 }, {})) pages.push(page.QueueUrls ?? []);
    expect(pages).toEqual([urls.slice(0, 2), urls.slice(2, 4), urls.slice(4)]);
  });

  it('receives text and attributes as they were sent', async () => {
    const { sqs, queue } = await fixture();
    const QueueUrl = await queue();
    const MessageBody = 'line 1\r\nline 2\t<&>"\' é 漢 🐟 +%20';
    const sent = await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, MessageAttributes: ATTRIBUTES }));
    const { Messages } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ['All'], MessageSystemAttributeNames: ['All'] }),
    );
    expect(Messages).toMatchObject([{ MessageId: sent.MessageId, Body: MessageBody, MessageAttributes: ATTRIBUTES }]);
    expect(Messages![0]!.MD5OfMessageAttributes).toBe(sent.MD5OfMessageAttributes);
    expect(Messages![0]!.Attributes).toMatchObject({ ApproximateReceiveCount: '1', SentTimestamp: '1767225600000' });
  });

  it('receives only the requested attributes', async () => {
    const { sqs, queue } = await fixture();
    const QueueUrl = await queue();
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x', MessageAttributes: ATTRIBUTES }));
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ['t.*'] }));
    expect(Object.keys(Messages![0]!.MessageAttributes!)).toEqual(['total']);
    expect(Messages![0]!.Attributes).toBeUndefined();
  });

  it('verifies the MD5s of messages that it sends and receives', async () => {
    const { squab, queue } = await fixture();
    const QueueUrl = await queue();
    let digests = 0;
    class CountedMd5 {
      readonly #hash = createHash('md5');
      update(data: Uint8Array) {
        this.#hash.update(data);
      }
      async digest() {
        digests++;
        return new Uint8Array(this.#hash.digest());
      }
      reset() {
        throw new Error('The SDK makes a new hash for each text.');
      }
    }
    const sqs = sdk({ endpoint: squab.url, md5: CountedMd5 });
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'one 🐟' }));
    expect(digests).toBe(1);
    const Entries = [{ Id: 'a', MessageBody: 'two\r\n' }];
    await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    expect(digests).toBe(2);
    await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    expect(digests).toBe(4);
  });

  it('receives a message that is sent during its long poll', async () => {
    const { sqs, clock, queue } = await fixture();
    const QueueUrl = await queue();
    const polled = clock.untilPolled(20);
    const received = sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
    await polled;
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'at last' }));
    expect((await received).Messages).toMatchObject([{ Body: 'at last' }]);
  });

  it('receives a message whose delay ends during its long poll', async () => {
    const { sqs, clock, queue } = await fixture();
    const QueueUrl = await queue('orders', { DelaySeconds: '7', ReceiveMessageWaitTimeSeconds: '20' });
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'blocked' }));
    const polled = clock.untilPolled(20);
    const received = sqs.send(new ReceiveMessageCommand({ QueueUrl, MessageSystemAttributeNames: ['All'] }));
    await polled;
    await clock.advance(7000);
    const { Messages } = await received;
    expect(Messages).toMatchObject([{ Body: 'blocked' }]);
    const { SentTimestamp, ApproximateFirstReceiveTimestamp } = Messages![0]!.Attributes!;
    expect(Number(ApproximateFirstReceiveTimestamp) - Number(SentTimestamp)).toBe(7000);
  });

  it('gets no Messages member when a long poll ends without a message', async () => {
    const { sqs, clock, queue } = await fixture();
    const QueueUrl = await queue();
    const polled = clock.untilPolled(3);
    const received = sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 3 }));
    await polled;
    await clock.advance(3000);
    expect((await received).Messages).toBeUndefined();
  });

  it('loses no message to a long poll that it aborts', async () => {
    const { sqs, clock, queue } = await fixture();
    const QueueUrl = await queue();
    const polled = clock.untilPolled(20);
    const gone = new AbortController();
    const received = sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }), {
      abortSignal: gone.signal,
    });
    const { ended } = await polled;
    gone.abort();
    await expect(received).rejects.toThrow(/abort/i);
    await ended;
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'still here' }));
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    expect(Messages).toMatchObject([{ Body: 'still here' }]);
  });

  it('does not receive a message during its visibility timeout, even after the timeout is changed', async () => {
    const { sqs, clock, queue } = await fixture();
    const QueueUrl = await queue('orders', { VisibilityTimeout: '10' });
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }));
    const receive = async () => (await sqs.send(new ReceiveMessageCommand({ QueueUrl }))).Messages?.[0];
    expect(await receive()).toBeDefined();
    await clock.advance(9999);
    expect(await receive()).toBeUndefined();
    await clock.advance(1);
    const { ReceiptHandle } = (await receive())!;
    await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 60 }));
    await clock.advance(59_999);
    expect(await receive()).toBeUndefined();
    await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
    expect(await receive()).toBeDefined();
  });

  it('never receives a deleted message again', async () => {
    const { sqs, clock, queue } = await fixture();
    const QueueUrl = await queue();
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }));
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    const { ReceiptHandle } = Messages![0]!;
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    await clock.advance(30_000);
    expect((await sqs.send(new ReceiveMessageCommand({ QueueUrl }))).Messages).toBeUndefined();
  });

  it('gets the failed entries of a batch, with the reasons', async () => {
    const { sqs, queue } = await fixture();
    const QueueUrl = await queue();
    const Entries = [
      { Id: 'good', MessageBody: 'x', MessageAttributes: ATTRIBUTES },
      { Id: 'late', MessageBody: 'x', DelaySeconds: 901 },
      { Id: 'fine', MessageBody: 'y', DelaySeconds: 900 },
    ];
    const { Successful, Failed } = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    expect(Successful!.map(({ Id }) => Id)).toEqual(['good', 'fine']);
    expect(Failed).toMatchObject([{ Id: 'late', Code: 'InvalidParameterValue', SenderFault: true }]);
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    expect(Messages).toHaveLength(1);
    const removed = await sqs.send(
      new DeleteMessageBatchCommand({
        QueueUrl,
        Entries: [
          { Id: 'a', ReceiptHandle: Messages![0]!.ReceiptHandle! },
          { Id: 'b', ReceiptHandle: 'nonsense' },
        ],
      }),
    );
    expect(removed.Successful).toEqual([{ Id: 'a' }]);
    expect(removed.Failed).toMatchObject([{ Id: 'b', Code: 'ReceiptHandleIsInvalid' }]);
  });

  it('gets no Failed member when no entry failed', async () => {
    const { sqs, queue } = await fixture();
    const QueueUrl = await queue();
    const Entries = [{ Id: 'a', MessageBody: 'x' }];
    expect((await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }))).Failed).toBeUndefined();
  });

  it('counts the messages that are visible, in flight and delayed', async () => {
    const { sqs, queue } = await fixture();
    const QueueUrl = await queue();
    for (const DelaySeconds of [0, 0, 0, 60]) {
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x', DelaySeconds }));
    }
    await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
    expect(Attributes).toMatchObject({
      ApproximateNumberOfMessages: '2',
      ApproximateNumberOfMessagesNotVisible: '1',
      ApproximateNumberOfMessagesDelayed: '1',
      QueueArn: 'arn:aws:sqs:us-east-1:000000000000:orders',
    });
  });

  it('changes queue attributes', async () => {
    const { sqs, queue } = await fixture();
    const QueueUrl = await queue();
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: '99' } }));
    const AttributeNames = ['VisibilityTimeout' as const];
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }));
    expect(Attributes).toEqual({ VisibilityTimeout: '99' });
  });

  it('purges and deletes a queue', async () => {
    const { sqs, queue } = await fixture();
    const QueueUrl = await queue();
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }));
    await sqs.send(new PurgeQueueCommand({ QueueUrl }));
    expect((await sqs.send(new ReceiveMessageCommand({ QueueUrl }))).Messages).toBeUndefined();
    await sqs.send(new DeleteQueueCommand({ QueueUrl }));
    expect((await sqs.send(new ListQueuesCommand({}))).QueueUrls).toBeUndefined();
  });
});
