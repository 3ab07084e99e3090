/**
 * Clients of two nodes behind a load balancer, which are killed under load in turn: SDKs and libraries notice no more than a
 * retry. `npm run test:cluster` kills them more often.
 */

import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import * as aws from '@aws-sdk/client-sqs';
import { Consumer } from 'sqs-consumer';
import { Producer } from 'sqs-producer';
import { Squiss } from 'squiss-ts';
import { describe, expect, it } from 'vitest';
import { run } from '../commands/command.ts';
import { eventually } from '../eventually.ts';
import { database, newSchema } from '../postgres.ts';
import { environment, KEY, lack } from '../sdk/programs.ts';
import { atEnd, startBalancer } from './cluster.ts';
import { startNode } from './processes.ts';

const url = await database();
const KILLS = process.env.SQUAB_CLUSTER_ROUNDS === undefined ? 2 : 40;
const hasBoto3 = lack('boto3', 'python3', ['-c', 'import boto3']) === '';

/** Longer than a client works on its messages. Those of a response that is lost with its node are invisible for as long. */
const VISIBILITY_SECONDS = 5;

interface Work {
  sqs: aws.SQSClient;
  endpoint: string;
  QueueUrl: string;
  /** Is aborted when nothing more is to be sent. */
  sending: AbortSignal;
  /** Is aborted when everything has been received. */
  receiving: AbortSignal;
  sent: Set<string>;
  /** In the order of time. */
  received: { client: string; body: string }[];
  /** Errors of which a library has told its user. Those of the SDK, and of processes, end the test. */
  noticed: unknown[];
}

type Client = (work: Work) => Promise<void>;

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

let workers = 0;

/** In a FIFO queue, each of them sends to a group of its own. */
const sdkSender: Client = async ({ sqs, QueueUrl, sending, sent }) => {
  const group = `sdk-${++workers}`;
  for (let number = 0; !sending.aborted; number++) {
    const MessageBody = `${group}/${number}`;
    const fifo = QueueUrl.endsWith('.fifo') && { MessageGroupId: group, MessageDeduplicationId: MessageBody };
    await sqs.send(new aws.SendMessageCommand({ QueueUrl, MessageBody, ...fifo }));
    sent.add(MessageBody);
  }
};

const sdkReceiver: Client = async (work) => {
  const { sqs, QueueUrl, receiving } = work;
  const client = `sdk-${++workers}`;
  while (!receiving.aborted) {
    const input = { QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 };
    const { Messages = [] } = await sqs.send(new aws.ReceiveMessageCommand(input));
    for (const { Body } of Messages) work.received.push({ client, body: Body! });
    if (Messages.length === 0) continue;
    const Entries = Messages.map(({ ReceiptHandle }, at) => ({ Id: `${at}`, ReceiptHandle: ReceiptHandle! }));
    await sqs.send(new aws.DeleteMessageBatchCommand({ QueueUrl, Entries }));
  }
};

const sqsProducer: Client = async ({ sqs, QueueUrl, sending, sent }) => {
  const producer = Producer.create({ queueUrl: QueueUrl, sqs });
  for (let batch = 0; !sending.aborted; batch++) {
    const messages = ['a', 'b', 'c'].map((id) => ({ id, body: `sqs-producer/${batch}${id}` }));
    await producer.send(messages);
    for (const { body } of messages) sent.add(body);
  }
};

const sqsConsumer: Client = async (work) => {
  const consumer = Consumer.create({
    ...{ queueUrl: work.QueueUrl, sqs: work.sqs, batchSize: 10, waitTimeSeconds: 1, strictReturn: true },
    async handleMessageBatch(messages) {
      for (const { Body } of messages) work.received.push({ client: 'sqs-consumer', body: Body! });
      return messages;
    },
  });
  for (const event of ['error', 'processing_error', 'timeout_error'] as const) {
    consumer.on(event, (...[error]) => void work.noticed.push(error));
  }
  consumer.start();
  await untilAborted(work.receiving);
  const stopped = once(consumer, 'stopped');
  consumer.stop();
  await stopped;
};

/** The library makes its own client of SQS. */
function squissOf({ endpoint, QueueUrl, noticed }: Work): Squiss {
  const squiss = new Squiss({
    awsConfig: { endpoint, region: 'us-east-1', credentials: KEY },
    ...{ queueUrl: QueueUrl, bodyFormat: 'plain', receiveWaitTimeSecs: 1, deleteWaitMs: 10 },
  });
  squiss.on('error', (error) => noticed.push(error));
  squiss.on('delError', ({ error }) => noticed.push(error));
  return squiss;
}

const squissSender: Client = async (work) => {
  const squiss = squissOf(work);
  for (let number = 0; !work.sending.aborted; number++) {
    await squiss.sendMessage(`squiss-ts/${number}`);
    work.sent.add(`squiss-ts/${number}`);
  }
};

const squissReceiver: Client = async (work) => {
  const squiss = squissOf(work);
  squiss.on('message', (message) => {
    work.received.push({ client: 'squiss-ts', body: message.body as string });
    message.del().catch((error) => work.noticed.push(error));
  });
  await squiss.start();
  await untilAborted(work.receiving);
  await squiss.stop();
};

/** A process of its own. */
async function boto3(work: Work, what: 'send' | 'receive', until: AbortSignal, onBody: (body: string) => void) {
  const script = join(import.meta.dirname, 'boto3_worker.py');
  const { child, ended } = run('python3', [script, what, work.QueueUrl], { env: environment(work.endpoint) });
  const lines = createInterface(child.stdout).on('line', onBody);
  const allRead = once(lines, 'close');
  await Promise.race([untilAborted(until), ended]);
  child.stdin.end();
  expect(await ended).toMatchObject({ code: 0, stderr: '' });
  await allRead;
}

const boto3Sender: Client = (work) => boto3(work, 'send', work.sending, (body) => void work.sent.add(body));
const boto3Receiver: Client = (work) =>
  boto3(work, 'receive', work.receiving, (body) => void work.received.push({ client: 'boto3', body }));

/** Counts the requests that an SDK repeats. */
function countRetries(sqs: aws.SQSClient): { retries: number } {
  const counted = { retries: 0 };
  sqs.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      counted.retries += ((result.output as aws.SendMessageCommandOutput).$metadata.attempts ?? 1) - 1;
      return result;
    },
    { step: 'initialize' },
  );
  return counted;
}

/** Has clients work while nodes are killed. Resolves to what they did, once everything that was sent has been received. */
async function workDuringKills(QueueName: string, senders: readonly Client[], receivers: readonly Client[]) {
  const place = { database: url!, databaseSchema: newSchema() };
  const nodes = [await startNode('a', place), await startNode('b', place)];
  const endpoint = await startBalancer(() => nodes.map((node) => node.url));
  // Everything about retries is as the SDK has it by default.
  const sqs = new aws.SQSClient({ endpoint, region: 'us-east-1', credentials: KEY });
  atEnd(() => sqs.destroy());
  const counted = countRetries(sqs);
  const fifo = QueueName.endsWith('.fifo') && { FifoQueue: 'true' };
  const Attributes = { VisibilityTimeout: String(VISIBILITY_SECONDS), ...fifo };
  const { QueueUrl } = await sqs.send(new aws.CreateQueueCommand({ QueueName, Attributes }));
  const counts: aws.GetQueueAttributesRequest = { QueueUrl, AttributeNames: ['All'] };
  const [sending, receiving] = [new AbortController(), new AbortController()];
  const work: Work = {
    ...{ sqs, endpoint, QueueUrl: QueueUrl!, sending: sending.signal, receiving: receiving.signal },
    ...{ sent: new Set(), received: [], noticed: [] },
  };
  const receivingAll = receivers.map((client) => client(work));
  const sendingAll = senders.map((client) => client(work));
  const kill = async () => {
    for (let round = 0; round < KILLS; round++) {
      await pause(1000);
      const { name, child, ended } = nodes[round % 2]!;
      child.kill('SIGKILL');
      await ended;
      nodes[round % 2] = await startNode(name, place);
    }
    sending.abort();
    await Promise.all(sendingAll);
    await eventually(async () => {
      const { Attributes: left } = await sqs.send(new aws.GetQueueAttributesCommand(counts));
      expect(left).toMatchObject({ ApproximateNumberOfMessages: '0', ApproximateNumberOfMessagesNotVisible: '0' });
    }, 60_000);
    receiving.abort();
  };
  await Promise.all([kill(), ...sendingAll, ...receivingAll]);
  expect(work.noticed).toEqual([]);
  // Otherwise the kills have hit nothing.
  expect(counted.retries).toBeGreaterThan(0);
  const received = new Set(work.received.map(({ body }) => body));
  for (const body of work.sent) expect(received).toContain(body);
  expect(new Set(work.received.map(({ client }) => client)).size, 'clients that had work').toBe(receivers.length);
  return work.received.map(({ body }) => body);
}

describe.skipIf(!url)(
  'While nodes are killed, clients behind a load balancer notice no more than a retry',
  {
    timeout: 120_000 + KILLS * 10_000,
  },
  () => {
    it('of a standard queue: the SDK, consumer libraries, and boto3 if it is installed', async () => {
      const senders = [sdkSender, sdkSender, sqsProducer, squissSender, ...(hasBoto3 ? [boto3Sender] : [])];
      const receivers = [sdkReceiver, sdkReceiver, sqsConsumer, squissReceiver, ...(hasBoto3 ? [boto3Receiver] : [])];
      await workDuringKills('q', senders, receivers);
    });

    it('of a FIFO queue, whose groups stay in order: the SDK and a consumer library', async () => {
      const bodies = await workDuringKills('q.fifo', [sdkSender, sdkSender, sdkSender], [sdkReceiver, sqsConsumer]);
      // A message whose response was lost, or was late, is received again.
      const groups = Map.groupBy(new Set(bodies), (body) => body.split('/')[0]!);
      expect(groups.size).toBe(3);
      for (const [group, inOrder] of groups) expect(inOrder).toEqual(inOrder.map((_, number) => `${group}/${number}`));
    });
  },
);
