/** A queue to measure on: how it is made, filled, and brought back to its depth. */

import { type Ask, type Step, withConnections } from './load.ts';
import type { Server } from './servers.ts';

export interface QueuePlan {
  name: string;
  attributes: Readonly<Record<string, string>>;
  /** Messages in it when a round begins. */
  depth: number;
  /** Of a FIFO queue: over how many message groups its messages are spread. */
  groups?: number;
  /** Of a FIFO queue: nine tenths of its messages are in one more group, which is locked for as long as all this takes. */
  locked?: true;
}

/** Writes a request about one queue. */
export type Write = (operation: string, input?: object) => Buffer;

/** 1 KiB of JSON, as most messages are. */
export const BODY = orderOf(1024);

export const BATCH = 10;
const PREPARING_CONNECTIONS = 16;

/** What SDKs send along; a server has to read it, whatever it makes of it. */
const SDK_HEADERS = [
  'user-agent: aws-sdk-js/3.1169.0 ua/2.1 os/linux#6.1 lang/js md/nodejs#24.21.0 api/sqs#3.1169.0',
  'amz-sdk-invocation-id: 3b0f7a62-52c5-4a0e-8a35-6a1de0bb9d3c',
  'amz-sdk-request: attempt=1; max=3',
  'x-amz-date: 20261123T120000Z',
  `x-amz-content-sha256: ${'0123456789abcdef'.repeat(4)}`,
  'authorization: AWS4-HMAC-SHA256 Credential=local/20261123/us-east-1/sqs/aws4_request, ' +
    'SignedHeaders=amz-sdk-invocation-id;amz-sdk-request;host;x-amz-content-sha256;x-amz-date;x-amz-target, ' +
    `Signature=${'fedcba9876543210'.repeat(4)}`,
].join('\r\n');

function writeRequest(url: string, operation: string, input: object): Buffer {
  const body = JSON.stringify(input);
  return Buffer.from(
    `POST / HTTP/1.1\r\nhost: ${new URL(url).host}\r\nconnection: keep-alive\r\n${SDK_HEADERS}\r\n` +
      `content-type: application/x-amz-json-1.0\r\nx-amz-target: AmazonSQS.${operation}\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** Requests about the queue of that name; the queue need not be there. */
export function writer(url: string, queueUrl: string): Write {
  return (operation, input) => writeRequest(url, operation, { QueueUrl: queueUrl, ...input });
}

/** Makes a queue and fills it. */
export async function makeQueue({ url }: Server, plan: QueuePlan): Promise<Write> {
  const { name, attributes, depth, locked } = plan;
  return withConnections(url, PREPARING_CONNECTIONS, async (connections) => {
    const created = await connections[0]!.ask(
      writeRequest(url, 'CreateQueue', { QueueName: name, Attributes: attributes }),
    );
    const write = writer(url, (JSON.parse(created.toString()) as { QueueUrl: string }).QueueUrl);
    const send = sendBatch(plan)(write);
    let missing = depth;
    if (locked) {
      missing -= depth * 0.9;
      await lockGroup(connections[0]!.ask, write, depth * 0.9);
    }
    const fill = async ({ ask }: { ask: Ask }) => {
      for (; missing > 0; await send(ask)) missing -= BATCH;
    };
    await Promise.all(connections.map(fill));
    return write;
  });
}

/** Fills a group whose first message is in flight. */
async function lockGroup(ask: Ask, write: Write, count: number): Promise<void> {
  const entries = (size: number) => batchOf(size, () => 'locked');
  await ask(write('SendMessageBatch', { Entries: entries(1) }));
  await ask(write('ReceiveMessage', { VisibilityTimeout: 43_200 }));
  for (let sent = 1; sent < count; sent += BATCH) await ask(write('SendMessageBatch', { Entries: entries(BATCH) }));
}

/** Takes out as many messages as a round has left behind. */
export async function drain({ url }: Server, write: Write, { groups }: QueuePlan, count: number): Promise<void> {
  let missing = count;
  // In a FIFO queue, what one connection holds would hide messages from the others.
  await withConnections(url, groups ? 1 : PREPARING_CONNECTIONS, (connections) =>
    Promise.all(
      connections.map(async ({ ask }) => {
        while (missing > 0) {
          const share = Math.min(missing, BATCH);
          missing -= share;
          const taken = await receiveAndDelete(ask, write, write('ReceiveMessage', { MaxNumberOfMessages: share }));
          if (taken === 0) throw new Error('A queue has fewer messages than were sent to it.');
          missing += share - taken;
        }
      }),
    ),
  );
}

/** Sends ten messages at once; to a FIFO queue, each to the next of its groups. */
export function sendBatch({ groups }: QueuePlan): (write: Write) => Step {
  return (write) => {
    const request = groups ? undefined : write('SendMessageBatch', { Entries: batchOf(BATCH) });
    const nextGroup = () => `group-${sentToFifo % groups!}`;
    return async (ask) => {
      await ask(request ?? write('SendMessageBatch', { Entries: batchOf(BATCH, nextGroup) }));
      return BATCH;
    };
  };
}

/** Counts messages that were sent to FIFO queues: each needs a deduplication id of its own. */
let sentToFifo = 0;

function batchOf(size: number, nextGroup?: () => string): object[] {
  return Array.from({ length: size }, (_, index) => {
    const entry = { Id: `entry-${index}`, MessageBody: BODY };
    if (!nextGroup) return entry;
    sentToFifo++;
    return { ...entry, MessageGroupId: nextGroup(), MessageDeduplicationId: `${sentToFifo}` };
  });
}

/** Returns how many messages it was. */
export async function receiveAndDelete(ask: Ask, write: Write, receive: Buffer): Promise<number> {
  const answer = JSON.parse((await ask(receive)).toString()) as { Messages?: { ReceiptHandle: string }[] };
  const entries = (answer.Messages ?? []).map(({ ReceiptHandle }, index) => ({ Id: `entry-${index}`, ReceiptHandle }));
  if (entries.length > 0) await ask(write('DeleteMessageBatch', { Entries: entries }));
  return entries.length;
}

function orderOf(bytes: number): string {
  const items = Array.from({ length: 8 }, (_, index) => ({
    sku: `SKU-${1000 + index}`,
    quantity: index,
    price: 19.99,
  }));
  const order = { type: 'order-placed', id: '5f0c2a57-7a52-4b7c-9f6e-0d8a7e2b1c34', items, note: '' };
  order.note = '.'.repeat(bytes - JSON.stringify(order).length);
  return JSON.stringify(order);
}
