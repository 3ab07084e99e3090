/** What clients prepare before Squab is killed, and what has to hold afterwards, whatever the engine. */

import { expect } from 'vitest';
import { type StartOptions, start } from '../../src/index.ts';
import { VirtualClock } from '../../src/time/virtual-clock.ts';
import { type Client, client } from '../helpers.ts';
import type { Ledger } from './ledger.ts';
import { HIDDEN_SECONDS } from './load.ts';
import { type Found, type Publications, SUBSCRIBED } from './publications.ts';

const ARN = 'arn:aws:sqs:us-east-1:000000000000';
export const QUEUES = ['plain', 'groups.fifo', 'purged', 'work', 'dead'];
/** Messages for a move task, and its rate: it runs for ten seconds, which is many rounds. */
export const TO_MOVE = 400;
export const MOVED_PER_SECOND = 40;

const queueUrl = (url: string, queue: string) => `${url}/000000000000/${queue}`;

/** Creates the queues, and starts a move task. */
export async function prepare(call: Client['call'], url: string, ledger: Ledger): Promise<void> {
  const redrive = { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: `${ARN}:dead`, maxReceiveCount: 1000 }) };
  for (const queue of QUEUES.toReversed()) {
    const Attributes = queue.endsWith('.fifo') ? { FifoQueue: 'true' } : queue === 'work' ? redrive : {};
    await call('CreateQueue', { QueueName: queue, Attributes });
  }
  for (let sent = 0; sent < TO_MOVE; sent += 10) {
    const bodies = Array.from({ length: 10 }, (_, at) => `moved-${sent + at}`);
    // They are sent to `dead`, and the task moves all of them to `work`.
    for (const body of bodies) ledger.sending('work', body);
    const Entries = bodies.map((body, at) => ({ Id: `${at}`, MessageBody: body }));
    const { Successful } = await call('SendMessageBatch', { QueueUrl: queueUrl(url, 'dead'), Entries });
    for (const { Id } of Successful) ledger.sent(bodies[Id]!);
  }
  await call('StartMessageMoveTask', {
    SourceArn: `${ARN}:dead`,
    DestinationArn: `${ARN}:work`,
    MaxNumberOfMessagesPerSecond: MOVED_PER_SECOND,
  });
}

/** Returns the number of messages of a queue, in all states. */
export async function count(call: Client['call'], url: string, queue: string): Promise<number> {
  const { Attributes } = await call('GetQueueAttributes', {
    QueueUrl: queueUrl(url, queue),
    AttributeNames: ['All'],
  });
  const parts = [
    'ApproximateNumberOfMessages',
    'ApproximateNumberOfMessagesNotVisible',
    'ApproximateNumberOfMessagesDelayed',
  ];
  return parts.reduce((sum, part) => sum + Number(Attributes[part]), 0);
}

/** Receives and deletes messages until the queue is empty. Returns their bodies. */
async function drain(call: Client['call'], url: string, queue: string): Promise<string[]> {
  const QueueUrl = queueUrl(url, queue);
  const left: string[] = [];
  for (;;) {
    const { Messages = [] } = await call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 });
    if (Messages.length === 0) return left;
    const messages = Messages as { Body: string; ReceiptHandle: string }[];
    left.push(...messages.map(({ Body }) => Body));
    const Entries = messages.map(({ ReceiptHandle }, at) => ({ Id: `${at}`, ReceiptHandle }));
    await call('DeleteMessageBatch', { QueueUrl, Entries });
  }
}

/** Expects that the queues have as many messages as the ledger allows. */
export async function checkCounts(call: Client['call'], url: string, ledger: Ledger, about: string): Promise<void> {
  for (const queue of ['plain', 'groups.fifo', 'purged']) {
    const counted = await count(call, url, queue);
    const { least, most } = ledger.bounds(queue);
    expect(counted, `${about}: the counts of ${queue}`).toBeGreaterThanOrEqual(least);
    expect(counted, `${about}: the counts of ${queue}`).toBeLessThanOrEqual(most);
  }
}

/** Returns the messages of the queues that are subscribed to topics. */
async function drainSubscribed(call: Client['call'], url: string): Promise<Map<string, Found[]>> {
  const found = new Map<string, Found[]>();
  for (const { queue, wrapped } of SUBSCRIBED) {
    const bodies = await drain(call, url, queue);
    const unwrapped = (body: string): Found => {
      const { Message: text, MessageId: messageId } = JSON.parse(body);
      return { text, messageId };
    };
    found.set(queue, wrapped ? bodies.map(unwrapped) : bodies.map((text) => ({ text })));
  }
  return found;
}

/**
 * Half a day later all messages are visible. Expects exactly those that the ledger and the publications have left, and
 * that the endpoint got its messages.
 */
export async function finalCheck(
  place: StartOptions,
  { ledger, publications, delivered }: { ledger: Ledger; publications: Publications; delivered: Set<string> },
): Promise<void> {
  const clock = new VirtualClock(Date.now() + (HIDDEN_SECONDS + 3600) * 1000);
  const squab = await start({ port: 0, ...place, clock });
  try {
    const { call } = client('JSON', squab.url);
    await clock.advance((TO_MOVE / MOVED_PER_SECOND + 2) * 1000);
    const { Results } = await call('ListMessageMoveTasks', { SourceArn: `${ARN}:dead` });
    expect(Results[0]).toMatchObject({ Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: TO_MOVE });
    for (const queue of QUEUES) {
      const counted = await count(call, squab.url, queue);
      const left = await drain(call, squab.url, queue);
      expect(ledger.verdict(queue, left)).toEqual([]);
      expect(counted, `the counts of ${queue}`).toBe(left.length);
    }
    expect(publications.verdict(await drainSubscribed(call, squab.url))).toEqual([]);
    expect(publications.missing('news', delivered)).toEqual([]);
  } finally {
    await squab.stop();
  }
}

/** Sums up what the clients have done. */
export function summaryOf(ledger: Ledger, publications: Publications): string {
  const facts = [...ledger.facts.values()];
  const removedCount = (wanted: string) => facts.filter(({ removed }) => removed === wanted).length;
  return (
    `of ${facts.length} messages, ${removedCount('yes')} were certainly removed, ${removedCount('maybe')} possibly, ` +
    `and ${removedCount('no')} not. ${publications.count} were published.`
  );
}
