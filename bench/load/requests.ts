/** The requests of the load, as bytes that are ready to be sent: written once wherever they can be. */

import type { Ask } from './load.ts';

/** Requests about one queue. */
export interface Requests {
  json(operation: string, input?: object): Buffer;
  query(operation: string, input?: Readonly<Record<string, string>>): Buffer;
}

/** 1 KiB of JSON, as most messages are. */
export const KIB = orderOf(1024);
export const KIB_64 = orderOf(64 * 1024);

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

/** A request that is about no queue, or about one that its input names. */
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

/** By what the floor knows the operation of a request: the value of `X-Amz-Target`, or `Action`. */
export function operationOf(request: Buffer): string {
  const [, target, action] = /\r\nx-amz-target: (\S+)|\r\n\r\nAction=(\w+)/.exec(request.toString()) ?? [];
  return (target ?? action)!;
}

const ID_MARK = '#id########';
const GROUP_MARK = '#group#####';

/** What a message to a FIFO queue needs besides; `numbered` puts numbers in the place of the marks. */
export const FIFO_MARKS = { MessageGroupId: GROUP_MARK, MessageDeduplicationId: ID_MARK };

/** Counts messages that were sent to FIFO queues: each needs a deduplication id of its own. */
let sentToFifo = 0;

/**
 * Gives a request again and again, each time with the next deduplication ids, and with groups (if marked) in turn. A number
 * always has as many digits as its mark has characters: nothing else of the request changes.
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

/** The entries of a batch that is sent: all alike. */
export function entries(count: number, message: object): object[] {
  return Array.from({ length: count }, (_, index) => ({ Id: `entry-${index}`, ...message }));
}

const FAILED = '"Failed":[{';
const HANDLE = '"ReceiptHandle":"';

/** Asks for a batch, and rejects when an entry of it was refused. */
export async function askBatch(ask: Ask, request: Buffer): Promise<void> {
  const answer = await ask(request);
  if (answer.includes(FAILED)) throw new Error(`${operationOf(request)} was refused in part: ${answer}`);
}

/** Returns how many messages it was. */
export async function receiveAndDelete(ask: Ask, { json }: Requests, receive: Buffer): Promise<number> {
  const handles = receiptHandles(await ask(receive));
  const deleted = handles.map((ReceiptHandle, index) => ({ Id: `entry-${index}`, ReceiptHandle }));
  if (deleted.length > 0) await askBatch(ask, json('DeleteMessageBatch', { Entries: deleted }));
  return deleted.length;
}

/** Reading the whole answer would cost the load more than all else. (In a body, the quotes of the name are escaped.) */
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
