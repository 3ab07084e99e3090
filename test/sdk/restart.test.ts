/** What survives a restart with a data folder, as seen by the AWS SDK for JavaScript. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { ATTRIBUTES, atEnd, fixture, sdk, squabWith } from './javascript.ts';
import { WatchedClock } from './watched-clock.ts';

describe('a restart with a data folder, with the AWS SDK for JavaScript', () => {
  /** Returns a Squab that can be restarted with the same clock and data folder. */
  async function restartable() {
    const data = await mkdtemp(join(tmpdir(), 'squab-restart-'));
    atEnd(() => rm(data, { recursive: true }));
    const clock = new WatchedClock();
    let squab = await squabWith({ clock, data });
    // The port changes with each start, so the client looks up the endpoint. The paths of queue URLs stay the same.
    const endpoint = async () => {
      const { hostname, port } = new URL(squab.url);
      return { protocol: 'http:', hostname, port: Number(port), path: '/' };
    };
    const sqs = sdk({ endpoint });
    const restart = async () => {
      await squab.stop();
      squab = await squabWith({ clock, data });
    };
    return { clock, sqs, restart };
  }

  it('keeps queues and messages with their attributes', async () => {
    const { sqs, restart } = await restartable();
    const Attributes = { VisibilityTimeout: '77', MessageRetentionPeriod: '3600' };
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'orders', Attributes }));
    const MessageBody = 'line 1\r\nline 2 🐟';
    const sent = await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, MessageAttributes: ATTRIBUTES }));
    await restart();
    const AttributeNames = ['VisibilityTimeout' as const, 'MessageRetentionPeriod' as const];
    expect(await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }))).toMatchObject({ Attributes });
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ['All'] }));
    expect(Messages).toMatchObject([{ MessageId: sent.MessageId, Body: MessageBody, MessageAttributes: ATTRIBUTES }]);
  });

  it('keeps visibility timeouts, receive counts and receipt handles', async () => {
    const { clock, sqs, restart } = await restartable();
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'orders' }));
    for (const MessageBody of ['kept', 'deleted']) await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    const receive = async () => {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: 10,
          MessageSystemAttributeNames: ['ApproximateReceiveCount'],
        }),
      );
      return Messages;
    };
    const before = await receive();
    await clock.advance(10_000);
    await restart();
    const { ReceiptHandle } = before.find(({ Body }) => Body === 'deleted')!;
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    await clock.advance(19_999);
    expect(await receive()).toEqual([]);
    await clock.advance(1);
    expect(await receive()).toMatchObject([{ Body: 'kept', Attributes: { ApproximateReceiveCount: '2' } }]);
  });

  it('keeps delays, and wakes a long poll when one ends', async () => {
    const { clock, sqs, restart } = await restartable();
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'orders' }));
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'later', DelaySeconds: 15 }));
    await clock.advance(5000);
    await restart();
    const polled = clock.untilPolled(20);
    const received = sqs.send(
      new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20, MessageSystemAttributeNames: ['All'] }),
    );
    await polled;
    await clock.advance(20_000);
    const { Messages } = await received;
    const { SentTimestamp, ApproximateFirstReceiveTimestamp } = Messages![0]!.Attributes!;
    expect(Number(ApproximateFirstReceiveTimestamp) - Number(SentTimestamp)).toBe(15_000);
  });

  it('does not restore deleted queues and messages', async () => {
    const { sqs, restart } = await restartable();
    const { QueueUrl: gone } = await sqs.send(new CreateQueueCommand({ QueueName: 'gone' }));
    const { QueueUrl: purged } = await sqs.send(new CreateQueueCommand({ QueueName: 'purged' }));
    await sqs.send(new SendMessageCommand({ QueueUrl: purged, MessageBody: 'x' }));
    await sqs.send(new PurgeQueueCommand({ QueueUrl: purged }));
    await sqs.send(new DeleteQueueCommand({ QueueUrl: gone }));
    await restart();
    const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
    expect(QueueUrls.map((url) => new URL(url).pathname)).toEqual(['/000000000000/purged']);
    expect((await sqs.send(new ReceiveMessageCommand({ QueueUrl: purged }))).Messages).toBeUndefined();
  });

  it('forgets everything without a data folder', async () => {
    const first = await fixture();
    await first.queue('orders');
    await first.squab.stop();
    const second = await fixture();
    expect((await second.sqs.send(new ListQueuesCommand({}))).QueueUrls).toBeUndefined();
  });
});
