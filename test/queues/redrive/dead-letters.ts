/** Dead-letter queues with something in them, for the tests of message move tasks. */

import type { Fixture, Output } from '../../helpers.ts';

export const arnOf = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;

/**
 * Makes the queue `dlq`, and queues that give the messages named up to it: `deadLetters(fixture, { orders: ['a'] })`.
 * Resolves to the URL of `dlq`.
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
    // The first receive is the last that they may have; the second moves them to the dead-letter queue.
    for (let count = 0; count < 2 && bodies.length > 0; count++) {
      await call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 0 });
    }
  }
  return dlq;
}

/** The messages of a queue that are visible, received for good. */
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

export async function bodiesIn(fixture: Fixture, QueueUrl: string): Promise<string[]> {
  return (await drain(fixture, QueueUrl)).map(({ Body }) => Body);
}

/** The latest task of `dlq`, after everything has happened that needs no time. */
export async function latestTask({ call, clock }: Fixture): Promise<Output> {
  await clock.advance(0);
  const { Results } = await call('ListMessageMoveTasks', { SourceArn: arnOf('dlq') });
  return Results[0];
}

/** Numbers of visible, in-flight and delayed messages. */
export async function countsOf({ call }: Fixture, QueueUrl: string): Promise<string[]> {
  const { Attributes } = await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] });
  return ['', 'NotVisible', 'Delayed'].map((state) => Attributes[`ApproximateNumberOfMessages${state}`]);
}
