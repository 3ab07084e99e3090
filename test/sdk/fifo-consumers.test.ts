/** Many consumers of one FIFO queue, with the AWS SDK for JavaScript, over a socket and in real time. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ChangeMessageVisibilityBatchCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import type { StartOptions } from '../../src/index.ts';
import { serve } from '../stores.ts';

const CONSUMERS = 8;
const GROUPS = 50;
/** Per group. */
const MESSAGES = 10;

interface Work {
  sqs: SQSClient;
  QueueUrl: string;
  /** The messages that were processed, in order, by group. */
  processed: Map<string, number[]>;
  /** Groups with messages that a consumer is processing. */
  held: Set<string>;
  done: AbortController;
}

/** Sends the messages of each group in order, round-robin over the groups, in batches of ten. */
async function produce({ sqs, QueueUrl }: Work): Promise<void> {
  for (let number = 0; number < MESSAGES; number++) {
    for (let first = 0; first < GROUPS; first += 10) {
      const Entries = Array.from({ length: 10 }, (_, index) => ({
        Id: String(index),
        MessageBody: String(number),
        MessageGroupId: `group-${first + index}`,
        MessageDeduplicationId: `${first + index}-${number}`,
      }));
      expect((await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }))).Successful).toHaveLength(10);
    }
  }
}

/** Consumes until everything is processed. The receive that is waiting at that time is aborted. */
async function consume(work: Work): Promise<void> {
  const { sqs, QueueUrl, done } = work;
  const receive = new ReceiveMessageCommand({
    QueueUrl,
    MaxNumberOfMessages: 10,
    WaitTimeSeconds: 20,
    MessageSystemAttributeNames: ['MessageGroupId'],
  });
  while (!done.signal.aborted) {
    const messages = await sqs.send(receive, { abortSignal: done.signal }).then(
      ({ Messages = [] }) => Messages,
      (error: unknown) => {
        if (done.signal.aborted) return [];
        throw error;
      },
    );
    if (messages.length > 0) await process(work, messages);
  }
}

async function process({ sqs, QueueUrl, processed, held, done }: Work, messages: Message[]): Promise<void> {
  const groups = new Set(messages.map(({ Attributes }) => Attributes!.MessageGroupId!));
  for (const group of groups) {
    expect(held, 'no other consumer is processing messages of the group').not.toContain(group);
    held.add(group);
  }
  const handles = messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
  // A request in between gives the other consumers a turn while this one is processing its messages.
  const Extended = handles.map((handle) => ({ ...handle, VisibilityTimeout: 60 }));
  const extended = await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries: Extended }));
  expect(extended).not.toHaveProperty('Failed');
  for (const { Attributes, Body } of messages) {
    const group = Attributes!.MessageGroupId!;
    processed.set(group, [...(processed.get(group) ?? []), Number(Body)]);
  }
  // The group must be removed before the delete: another consumer may receive the group before the delete returns.
  for (const group of groups) held.delete(group);
  expect(await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries: handles }))).not.toHaveProperty('Failed');
  const count = [...processed.values()].reduce((sum, numbers) => sum + numbers.length, 0);
  if (count >= GROUPS * MESSAGES) done.abort();
}

async function workTogether(options: StartOptions): Promise<void> {
  const squab = await serve(options);
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const sqs = new SQSClient({ endpoint: squab.url, region: 'us-east-1', credentials });
  try {
    const Attributes = { FifoQueue: 'true' };
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'orders.fifo', Attributes }));
    const done = new AbortController();
    const work: Work = { sqs, QueueUrl: QueueUrl!, processed: new Map(), held: new Set(), done };
    await Promise.all([produce(work), ...Array.from({ length: CONSUMERS }, () => consume(work))]);
    const inOrder = Array.from({ length: MESSAGES }, (_, number) => number);
    expect(work.processed.size).toBe(GROUPS);
    for (const [group, numbers] of work.processed) expect(numbers, group).toEqual(inOrder);
    expect(await sqs.send(new ReceiveMessageCommand({ QueueUrl }))).not.toHaveProperty('Messages');
  } finally {
    sqs.destroy();
    await squab.stop();
  }
}

describe(`${CONSUMERS} consumers process the messages of ${GROUPS} groups in order, each once`, () => {
  it('in memory', () => workTogether({}));

  it('in a data folder', async () => {
    const data = mkdtempSync(join(tmpdir(), 'squab-consumers-'));
    try {
      await workTogether({ data });
    } finally {
      rmSync(data, { recursive: true });
    }
  });
});
