/** Popular libraries on top of the SDK: sqs-producer, sqs-consumer and squiss-ts. */

import { once } from 'node:events';
import { GetQueueAttributesCommand, type Message } from '@aws-sdk/client-sqs';
import { Consumer, type ConsumerOptions } from 'sqs-consumer';
import { Producer } from 'sqs-producer';
import { Squiss } from 'squiss-ts';
import { describe, expect, it } from 'vitest';
import { ATTRIBUTES, atEnd, fixture } from './javascript.ts';
import { KEY } from './programs.ts';

async function libraries() {
  const { sqs, clock, queue } = await fixture();
  const queueUrl = await queue();
  const consumer = (options: Partial<ConsumerOptions>) => {
    const created = Consumer.create({ queueUrl, sqs, strictReturn: true, ...options } as ConsumerOptions);
    atEnd(() => {
      // The last poll is aborted and ends with an error.
      created.on('error', () => {});
      created.stop({ abort: true });
    });
    return created;
  };
  const inFlight = async () => {
    const AttributeNames = ['ApproximateNumberOfMessagesNotVisible' as const];
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames }));
    return Number(Attributes?.ApproximateNumberOfMessagesNotVisible);
  };
  return { clock, queueUrl, consumer, producer: Producer.create({ queueUrl, sqs }), inFlight };
}

describe('sqs-producer', () => {
  it('sends more messages than fit into a batch, and returns the queue size', async () => {
    const { producer } = await libraries();
    const sent = await producer.send(Array.from({ length: 23 }, (_, index) => ({ id: `${index}`, body: `n${index}` })));
    expect(sent).toHaveLength(23);
    expect(await producer.queueSize()).toBe(23);
  });

  it('reports the messages that failed', async () => {
    const { producer } = await libraries();
    const messages = [
      { id: 'good', body: 'x' },
      { id: 'bad', body: 'no text: \u0000' },
    ];
    await expect(producer.send(messages)).rejects.toThrow('Failed to send messages: bad');
    expect(await producer.queueSize()).toBe(1);
  });
});

describe('sqs-consumer', () => {
  it('waits for messages, handles them and deletes them', async () => {
    const { clock, consumer, producer, inFlight } = await libraries();
    const handled: Message[] = [];
    const one = consumer({
      messageAttributeNames: ['All'],
      async handleMessage(message) {
        handled.push(message);
        return message;
      },
    });
    const polled = clock.untilPolled(20);
    one.start();
    await polled;
    const processed = once(one, 'message_processed');
    await producer.send({ id: '1', body: 'é 🐟', messageAttributes: ATTRIBUTES });
    await processed;
    expect(handled).toMatchObject([{ Body: 'é 🐟', MessageAttributes: ATTRIBUTES }]);
    expect(await producer.queueSize()).toBe(0);
    expect(await inFlight()).toBe(0);
  });

  it('receives a message again immediately after its handler failed', async () => {
    const { consumer, producer } = await libraries();
    const counts: (string | undefined)[] = [];
    const one = consumer({
      messageSystemAttributeNames: ['ApproximateReceiveCount'],
      terminateVisibilityTimeout: true,
      async handleMessage(message) {
        counts.push(message.Attributes?.ApproximateReceiveCount);
        if (counts.length < 3) throw new Error('not yet');
        return message;
      },
    });
    // Without a listener, an error event would end the process.
    one.on('processing_error', () => {});
    await producer.send('x');
    const processed = once(one, 'message_processed');
    one.start();
    await processed;
    expect(counts).toEqual(['1', '2', '3']);
  });

  it('handles batches, and does not delete messages that its handler does not return', async () => {
    const { consumer, producer, inFlight } = await libraries();
    await producer.send(['a', 'b', 'c']);
    const one = consumer({
      batchSize: 10,
      waitTimeSeconds: 0,
      handleMessageBatch: async (messages) => messages.filter(({ Body }) => Body !== 'b'),
    });
    const finished = once(one, 'response_processed');
    one.start();
    await finished;
    expect(await producer.queueSize()).toBe(0);
    expect(await inFlight()).toBe(1);
  });

  it('reports that its queue does not exist', async () => {
    const { queueUrl, consumer } = await libraries();
    const one = consumer({ queueUrl: `${queueUrl}-nowhere`, handleMessage: async (message) => message });
    const failed = once(one, 'error');
    one.start();
    const [error] = await failed;
    expect(error.message).toMatch(/The specified queue does not exist\.$/);
    expect(error.code).toBe('QueueDoesNotExist');
  });
});

describe('squiss-ts', () => {
  it('finds its queue by name, and sends, polls and deletes in batches', async () => {
    const { squab, queue } = await fixture();
    await queue('orders');
    const squiss = new Squiss({
      awsConfig: { endpoint: squab.url, region: 'us-east-1', credentials: KEY },
      queueName: 'orders',
      bodyFormat: 'json',
      receiveWaitTimeSecs: 1,
      deleteWaitMs: 1,
    });
    atEnd(() => squiss.stop());
    const sent = Array.from({ length: 12 }, (_, number) => ({ number }));
    await squiss.sendMessages(sent, 0, { kind: 'order' });
    const handled: unknown[] = [];
    const allDeleted = new Promise<void>((resolve, reject) => {
      squiss.on('message', (message) => {
        handled.push(message.body);
        expect(message.attributes).toMatchObject({ kind: 'order' });
        message.del().catch(reject);
      });
      let deleted = 0;
      squiss.on('deleted', () => {
        deleted++;
        if (deleted === sent.length) resolve();
      });
    });
    await squiss.start();
    await allDeleted;
    expect(handled).toEqual(expect.arrayContaining(sent));
    expect(handled).toHaveLength(sent.length);
  });
});
