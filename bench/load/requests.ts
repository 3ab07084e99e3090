/** Requests as bytes that are ready to send. Most are built only once. */

import type { Ask } from './load.ts';

export type Protocol = 'JSON' | 'Query';

/** Builds requests for one queue. */
export interface Requests {
  /** In the protocol that the server speaks: JSON, unless it speaks only Query. */
  build(operation: string, input?: object): Buffer;
  /** The same queue, over the Query protocol. */
  readonly overQuery: Requests;
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
export function requestTo(url: string, operation: string, input: object, protocol: Protocol = 'JSON'): Buffer {
  if (protocol === 'Query') return queryRequest(url, '/', operation, membersOf(operation, input));
  const headers = `content-type: application/x-amz-json-1.0\r\nx-amz-target: AmazonSQS.${operation}`;
  return post(url, '/', headers, JSON.stringify(input));
}

export function requestsAbout(url: string, queueUrl: string, protocol: Protocol = 'JSON'): Requests {
  const { pathname } = new URL(queueUrl);
  const overQuery: Requests = {
    build: (operation, input) =>
      queryRequest(url, pathname, operation, { QueueUrl: queueUrl, ...membersOf(operation, input) }),
    get overQuery() {
      return overQuery;
    },
  };
  if (protocol === 'Query') return overQuery;
  return { build: (operation, input) => requestTo(url, operation, { QueueUrl: queueUrl, ...input }), overQuery };
}

function queryRequest(url: string, path: string, operation: string, input: Readonly<Record<string, string>>): Buffer {
  const form = new URLSearchParams({ Action: operation, Version: '2012-11-05', ...input });
  return post(url, path, 'content-type: application/x-www-form-urlencoded; charset=utf-8', `${form}`);
}

/** An input as the Query protocol writes it: lists and maps as numbered members, under names of their own. */
function membersOf(operation: string, input: object = {}): Record<string, string> {
  const members: Record<string, string> = {};
  for (const [name, value] of Object.entries(input)) {
    if (name === 'Entries') {
      for (const [index, entry] of (value as object[]).entries())
        for (const [member, one] of Object.entries(entry))
          members[`${operation}RequestEntry.${index + 1}.${member}`] = `${one}`;
    } else if (name === 'AttributeNames') {
      for (const [index, one] of (value as string[]).entries()) members[`AttributeName.${index + 1}`] = one;
    } else if (name === 'Attributes') {
      for (const [index, [key, one]] of Object.entries<string>(value).entries()) {
        members[`Attribute.${index + 1}.Name`] = key;
        members[`Attribute.${index + 1}.Value`] = one;
      }
    } else members[name] = `${value}`;
  }
  return members;
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

// Both protocols write these characters as they are.
const ID_MARK = '-id--------';
const GROUP_MARK = '-group-----';

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
const BRACE = '{'.charCodeAt(0);
/** How a receipt handle begins and ends, in JSON and in XML. */
const HANDLE = { start: '"ReceiptHandle":"', end: '"' };
const XML_HANDLE = { start: '<ReceiptHandle>', end: '<' };

/** Returns the queue URL in the response to CreateQueue. */
export function queueUrlIn(answer: Buffer): string {
  const [, json, xml] = /"QueueUrl":"([^"]*)"|<QueueUrl>([^<]*)</.exec(answer.toString()) ?? [];
  return (json ?? xml)!;
}

/**
 * Sends a batch request. Rejects if one of its entries failed, over JSON: the peer that speaks only Query reports all
 * entries of a DeleteMessageBatch as failed, and deletes them.
 */
export async function askBatch(ask: Ask, request: Buffer): Promise<void> {
  const answer = await ask(request);
  if (answer.includes(FAILED)) throw new Error(`Some entries of ${operationOf(request)} failed: ${answer}`);
}

/** Receives messages and deletes them. Resolves to the number of messages. */
export async function receiveAndDelete(ask: Ask, { build }: Requests, receive: Buffer): Promise<number> {
  const handles = receiptHandles(await ask(receive));
  const deleted = handles.map((ReceiptHandle, index) => ({ Id: `entry-${index}`, ReceiptHandle }));
  if (deleted.length > 0) await askBatch(ask, build('DeleteMessageBatch', { Entries: deleted }));
  return deleted.length;
}

/**
 * The receipt handles in a response. Parsing the whole response would cost the load generator more than everything
 * else. (A body cannot be mistaken for a handle, because the quotes in it are escaped.)
 */
export function receiptHandles(answer: Buffer): string[] {
  const { start, end } = answer[0] === BRACE ? HANDLE : XML_HANDLE;
  const handles: string[] = [];
  for (let at = answer.indexOf(start); at !== -1; at = answer.indexOf(start, at)) {
    const endAt = answer.indexOf(end, at + start.length);
    handles.push(answer.toString('latin1', at + start.length, endAt));
    at = endAt;
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
