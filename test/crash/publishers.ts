/**
 * Clients that publish to topics until Squab is killed, and go on after its restart: those of a FIFO topic publish
 * messages without an answer again. Nobody receives from the subscribed queues before the final check.
 */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Client, Output } from '../helpers.ts';
import type { CallSns } from '../sns-client.ts';
import { type Publications, SUBSCRIBED, TOPICS, type Topic } from './publications.ts';

export const topicArn = (topic: Topic) => `arn:aws:sns:us-east-1:000000000000:${topic}`;

/** Creates the topics, their queues and subscriptions, and subscribes an endpoint to the topic `news`. */
export async function prepareTopics(sns: CallSns, call: Client['call'], endpoint: string): Promise<void> {
  for (const Name of TOPICS) {
    await sns('CreateTopic', { Name, Attributes: Name.endsWith('.fifo') ? { FifoTopic: 'true' } : {} });
  }
  for (const { queue, topic, kind, wrapped } of SUBSCRIBED) {
    await call('CreateQueue', { QueueName: queue, Attributes: queue.endsWith('.fifo') ? { FifoQueue: 'true' } : {} });
    await sns('Subscribe', {
      TopicArn: topicArn(topic),
      Protocol: 'sqs',
      Endpoint: `arn:aws:sqs:us-east-1:000000000000:${queue}`,
      Attributes: {
        ...(kind && { FilterPolicy: JSON.stringify({ kind: [kind] }) }),
        ...(!wrapped && { RawMessageDelivery: 'true' }),
      },
    });
  }
  await sns('Subscribe', { TopicArn: topicArn('news'), Protocol: 'http', Endpoint: endpoint });
}

/** Starts an HTTP endpoint, which records the IDs of the messages that it gets. */
export async function startEndpoint() {
  const delivered = new Set<string>();
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      delivered.add(String(request.headers['x-amz-sns-message-id']));
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, delivered, stop };
}

/** Returns publishers. Each call of one of them publishes once. */
export function publishers(
  publications: Publications,
  random: () => number,
  call: (operation: string, input: Record<string, unknown>) => Promise<Output>,
): (() => Promise<void>)[] {
  const below = (limit: number) => Math.floor(random() * limit);

  /** Publishes one message with Publish, or several with PublishBatch. */
  async function publish(topic: Topic, texts: readonly string[], more: (text: string) => object): Promise<void> {
    const messages = texts.map((text) => ({
      Message: text,
      MessageAttributes: { kind: { DataType: 'String', StringValue: publications.publishing(topic, text) } },
      ...more(text),
    }));
    const TopicArn = topicArn(topic);
    if (messages.length === 1) {
      const { MessageId } = await call('Publish', { TopicArn, ...messages[0] });
      publications.published(texts[0]!, MessageId);
      return;
    }
    const PublishBatchRequestEntries = messages.map((message, at) => ({ Id: `${at}`, ...message }));
    const { Successful } = await call('PublishBatch', { TopicArn, PublishBatchRequestEntries });
    for (const { Id, MessageId } of Successful) publications.published(texts[Id]!, MessageId);
  }

  let serial = 0;
  const newsPublisher = () =>
    publish(
      'news',
      Array.from({ length: 1 + below(4) }, () => `news-${++serial}`),
      () => ({}),
    );

  const groupPublisher = (group: string) => {
    let pending: string[] = [];
    let number = 0;
    return async () => {
      if (pending.length === 0) pending = Array.from({ length: 1 + below(3) }, () => `order/${group}/${++number}`);
      await publish('order.fifo', pending, (text) => ({ MessageGroupId: group, MessageDeduplicationId: text }));
      pending = [];
    };
  };

  return [newsPublisher, newsPublisher, ...['x', 'y'].map(groupPublisher)];
}
