/** Requests as bytes that are ready to send. Most are built only once. */

import type { Ask } from './load.ts';

/** Builds requests for one queue. */
export interface Requests {
  json(operation: string, input?: object): Buffer;
  query(operation: string, input?: Readonly<Record<string, string>>): Buffer;
}

/** 1 KiB of JSON, like a typical message. */
export const KIB = orderOf(1024);
export const KIB_64 = orderOf(64 * 1024);

/** The headers that SDKs send. A server has to read them, even if it ignores them. */
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

/** A request without a queue, or whose `input` names the queue. */
export function jsonRequest(url: string, operation: string, input: object): Buffer {
  const headers = `content-type: application/x-amz-json-1.0\r\nx-amz-target: AmazonSQS.${operation}`;
  return post(url, '/', headers, JSON.stringify(input));
}

export function requestsAbout(url: string, queueUrl: string): Requests {
  const path = new URL(queueUrl).pathname;
  return {
    json: (operation, input) => jsonRequest(url, operation, { QueueUrl: queueUrl, ...input }),
    query: (operation, input) => {
      const form = new URLSearchParams({ Action: operation, Version: '2012-11-05', QueueUrl: queueUrl, ...input });
      return post(url, path, 'content-type: application/x-www-form-urlencoded; charset=utf-8', `${form}`);
    },
  };
}

function post(url: string, path: string, headers: string, body: string): Buffer {
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: ${new URL(url).host}\r\nconnection: keep-alive\r\n${SDK_HEADERS}\r\n` +
      `${headers}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** The operation of a request, as the floor identifies it: the value of `X-Amz-Target`, or `Action`. */
export function operationOf(request: Buffer): string {
  const [, target, action] = /\r\nx-amz-target: (\S+)|\r\n\r\nAction=(\w+)/.exec(request.toString()) ?? [];
  return (target ?? action)!;
}

const ID_MARK = '#id########';
const GROUP_MARK = '#group#####';

/** The extra members of a message to a FIFO queue; `numbered` replaces these marks with numbers. */
export const FIFO_MARKS = { MessageGroupId: GROUP_MARK, MessageDeduplicationId: ID_MARK };

/** Counts the messages sent to FIFO queues, because each needs its own deduplication ID. */
let sentToFifo = 0;

/**
 * Returns a function that copies a request, each time with the next deduplication IDs and, if it has marks for them,
 * the next message groups. A number has as many digits as its mark has characters, so nothing else in the request
 * changes.
 */
export function numbered(request: Buffer, groups: number): () => Buffer {
  const ids = placesOf(request, ID_MARK);
  const groupIds = placesOf(request, GROUP_MARK);
  return () => {
    const copy = Buffer.from(request);
    for (const [index, place] of ids.entries()) {
      copy.write(String(sentToFifo).padStart(ID_MARK.length, '0'), place, 'latin1');
      const groupId = groupIds[index];
      if (groupId !== undefined)
        copy.write(String(sentToFifo % groups).padStart(GROUP_MARK.length, '0'), groupId, 'latin1');
      sentToFifo++;
    }
    return copy;
  };
}

function placesOf(request: Buffer, mark: string): number[] {
  const places: number[] = [];
  for (let at = request.indexOf(mark); at !== -1; at = request.indexOf(mark, at + 1)) places.push(at);
  return places;
}

/** The entries of a batch to send, all with the same message. */
export function entries(count: number, message: object): object[] {
  return Array.from({ length: count }, (_, index) => ({ Id: `entry-${index}`, ...message }));
}

const FAILED = '"Failed":[{';
const HANDLE = '"ReceiptHandle":"';

/** Sends a batch request. Rejects if one of its entries failed. */
export async function askBatch(ask: Ask, request: Buffer): Promise<void> {
  const answer = await ask(request);
  if (answer.includes(FAILED)) throw new Error(`Some entries of ${operationOf(request)} failed: ${answer}`);
}

/** Receives messages and deletes them. Resolves to the number of messages. */
export async function receiveAndDelete(ask: Ask, { json }: Requests, receive: Buffer): Promise<number> {
  const handles = receiptHandles(await ask(receive));
  const deleted = handles.map((ReceiptHandle, index) => ({ Id: `entry-${index}`, ReceiptHandle }));
  if (deleted.length > 0) await askBatch(ask, json('DeleteMessageBatch', { Entries: deleted }));
  return deleted.length;
}

/**
 * The receipt handles in a response. Parsing the whole response would cost the load generator more than everything
 * else. (A body cannot be mistaken for a handle, because the quotes in it are escaped.)
 */
export function receiptHandles(answer: Buffer): string[] {
  const handles: string[] = [];
  for (let at = answer.indexOf(HANDLE); at !== -1; at = answer.indexOf(HANDLE, at)) {
    const end = answer.indexOf('"', at + HANDLE.length);
    handles.push(answer.toString('latin1', at + HANDLE.length, end));
    at = end;
  }
  return handles;
}

function orderOf(bytes: number): string {
  const items = Array.from({ length: bytes / 128 }, (_, index) => ({
    sku: `SKU-${1000 + index}`,
    quantity: index,
    price: 19.99,
  }));
  const order = { type: 'order-placed', id: '5f0c2a57-7a52-4b7c-9f6e-0d8a7e2b1c34', items, note: '' };
  order.note = '.'.repeat(bytes - JSON.stringify(order).length);
  return JSON.stringify(order);
}
