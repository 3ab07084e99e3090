/** Helpers that fill and inspect dead-letter queues, for tests of message move tasks. */

import type { Fixture, Output } from '../../helpers.ts';

export const arnOf = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;

/**
 * Creates the queue `dlq` and source queues, whose given messages are dead-lettered to it:
 * `deadLetters(fixture, { orders: ['a'] })`. Resolves to the URL of `dlq`.
 */
export async function deadLetters({ call, queue }: Fixture, sources: Record<string, string[]>): Promise<string> {
  const dlq = await queue('dlq');
  const policy = { deadLetterTargetArn: arnOf('dlq'), maxReceiveCount: 1 };
  for (const [name, bodies] of Object.entries(sources)) {
    const QueueUrl = await queue(name, { RedrivePolicy: JSON.stringify(policy) });
    for (const MessageBody of bodies) {
      const MessageAttributes = { kind: { DataType: 'String', StringValue: `of ${MessageBody}` } };
      await call('SendMessage', { QueueUrl, MessageBody, MessageAttributes });
    }
    // Messages may be received only once; the second receive moves them to the dead-letter queue.
    for (let count = 0; count < 2 && bodies.length > 0; count++) {
      await call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 0 });
    }
  }
  return dlq;
}

/** Receives all visible messages of a queue, with the longest visibility timeout. */
export async function drain({ call }: Fixture, QueueUrl: string): Promise<Output[]> {
  const all: Output[] = [];
  for (;;) {
    const { Messages } = await call('ReceiveMessage', {
      ...{ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 43_200 },
      ...{ AttributeNames: ['All'], MessageAttributeNames: ['All'] },
    });
    if (!Messages) return all;
    all.push(...Messages);
  }
}

/** Receives all visible messages of a queue like `drain`, and resolves to their bodies. */
export async function bodiesIn(fixture: Fixture, QueueUrl: string): Promise<string[]> {
  return (await drain(fixture, QueueUrl)).map(({ Body }) => Body);
}

/** Resolves to the latest task of `dlq`, after everything that is due now has happened. */
export async function latestTask({ call, clock }: Fixture): Promise<Output> {
  await clock.advance(0);
  const { Results } = await call('ListMessageMoveTasks', { SourceArn: arnOf('dlq') });
  return Results[0];
}

/** Resolves to the numbers of visible, in-flight and delayed messages. */
export async function countsOf({ call }: Fixture, QueueUrl: string): Promise<string[]> {
  const { Attributes } = await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] });
  return ['', 'NotVisible', 'Delayed'].map((state) => Attributes[`ApproximateNumberOfMessages${state}`]);
}
