/**
 * LocalStack's developer endpoint, which shows a queue's messages in the format of ReceiveMessage without receiving
 * them.
 * Source: LocalStack, localstack/services/sqs/developer_api.py; its SQS documentation, "Developer endpoints".
 */

import { queueDoesNotExist, SqsError } from '../errors.ts';
import { findQueue } from '../queues/catalog.ts';
import type { Env } from '../queues/env.ts';
import { PRINTED_BYTES_MAX, printedBytes } from '../queues/printed-size.ts';
import type { Inspection, MessageState, PeekedMessage, PeekMark } from '../storage/inspection.ts';
import type { QueueKey } from '../storage/store.ts';
import { type Caller, queueKeyOf } from './names.ts';
import { sqs } from './sqs/index.ts';
import { allAttributes, allSystemNames, printMessage, receiveMessage } from './sqs/receive-message.ts';
import type { Request, Response, Wire } from './wire.ts';
import { JsonWire } from './wires/json.ts';
import { QueryWire, readCall } from './wires/query.ts';
import { optional, string, structure } from './wires/shape.ts';
import { xmlAsJson } from './wires/xml-as-json.ts';

/** LocalStack's placeholder for a receipt handle. */
const NO_HANDLE = 'SQS/BACKDOOR/ACCESS';

/** How many messages are read from storage at a time. */
const PAGE = 500;
/** A response ends at this limit or at that of a receive, so that it fits into memory however deep the queue is. */
const MOST_MESSAGES = 10_000;

const input = structure({
  QueueUrl: optional(string),
  ShowInvisible: optional(string),
  ShowDelayed: optional(string),
});

type Input = Partial<Record<keyof typeof input.members, string>>;

export interface DeveloperContext {
  env: Env;
  inspection: Inspection;
  /** Returns the caller; `credential` comes from the parameters of a presigned request. */
  callerOf(credential: string | undefined): Caller;
}

/** Returns the wire of a request to this endpoint: JSON if an SDK sent it, otherwise Query. */
export function developerWire(request: Request): Wire {
  const isJson = /^application\/x-amz-json/.test(String(request.headers['content-type'] ?? ''));
  if (!isJson) return new QueryWire(readCall(request), sqs.query);
  return new JsonWire(request, String(request.headers['x-amz-target'] ?? '').replace(/^AmazonSQS\./, ''));
}

/**
 * Returns up to 10,000 messages of the queue that `path` or `QueueUrl` names, or fewer if they would make the response
 * too long: the visible ones; with `ShowInvisible`, also those in flight (and, in a FIFO queue, those blocked behind
 * them); with `ShowDelayed`, also delayed ones.
 * Throws `QueueDoesNotExist`, `InvalidAddress`, `InvalidRequest`, `MalformedInput`.
 */
export async function showMessages(
  request: Request,
  wire: Wire,
  path: QueueKey | undefined,
  requestId: string,
  context: DeveloperContext,
): Promise<Response> {
  if (wire.action !== '' && wire.action !== receiveMessage.name) {
    throw new SqsError('InvalidRequest', 'This endpoint only accepts ReceiveMessage calls');
  }
  const given = { ...queryOf(request), ...(wire.decode(input) as Input) };
  const key = path ?? keyOf(given.QueueUrl, context.callerOf(wire.credential));
  const queue = await findQueue(context.env, key);
  const show = { invisible: isTrue(given.ShowInvisible), delayed: isTrue(given.ShowDelayed) };
  const output = { Messages: await printAll(context, queue.id, show) };
  const response = wire.reply(receiveMessage, output, requestId);
  if (response.headers['content-type'] !== 'application/json') return response;
  return { ...response, body: xmlAsJson(receiveMessage, output, requestId) };
}

/**
 * Returns an error in the format of the wire. Like LocalStack's, its JSON includes the enclosing element of the XML.
 */
export function developerRefusal(wire: Wire, error: SqsError, requestId: string): Response {
  const response = wire.refusal(error, requestId);
  if (response.headers['content-type'] !== 'application/json') return response;
  return { ...response, body: `{"ErrorResponse":${response.body}}` };
}

/** Returns the parameters in the query string, which are accepted on both wires. */
function queryOf({ query }: Request): Input {
  return Object.fromEntries(new URLSearchParams(query));
}

function keyOf(url: string | undefined, caller: Caller): QueueKey | undefined {
  if (!url) throw queueDoesNotExist();
  const parts = url
    .replace(/^[a-z]+:\/\/[^/]*/i, '')
    .split('/')
    .filter(Boolean);
  if (parts.length === 2 || (parts.length === 4 && parts[0] === 'queue')) return queueKeyOf(url, caller);
  throw new SqsError('InvalidAddress', 'The address https://queue.amazonaws.com/ is not valid for this endpoint.');
}

function isTrue(value: string | undefined): boolean {
  return /^(true|1)$/i.test(value ?? '');
}

interface Show {
  invisible: boolean;
  delayed: boolean;
}

/** Returns the states of the messages to show, in LocalStack's order. */
function statesOf({ invisible, delayed }: Show): MessageState[] {
  return [
    ...(invisible ? (['in-flight', 'blocked'] as const) : []),
    'visible',
    ...(delayed ? (['delayed'] as const) : []),
  ];
}

/** Prints the messages as they are read, a page in each turn of the event loop. */
async function printAll({ env, inspection }: DeveloperContext, queueId: number, show: Show): Promise<Printed[]> {
  const messages: Printed[] = [];
  const most = Math.min(PRINTED_BYTES_MAX, env.responseRoom?.() ?? PRINTED_BYTES_MAX);
  let bytes = 0;
  for (const state of statesOf(show)) {
    let after: PeekMark | undefined;
    do {
      const limit = Math.min(PAGE, MOST_MESSAGES - messages.length);
      const page = await inspection.peek(queueId, { state, limit, after }, env.clock.now());
      if (!page) throw queueDoesNotExist();
      for (const message of page.messages) {
        bytes += bytesOf(message);
        if (messages.length > 0 && bytes > most) return messages;
        messages.push(print(message, show));
      }
      if (messages.length >= MOST_MESSAGES) return messages;
      after = page.next;
    } while (after);
  }
  return messages;
}

/** Returns how many bytes the contents of a message take in a response. */
function bytesOf({ body, traceHeader = '', attributes = new Map() }: PeekedMessage): number {
  const texts = [...attributes].flatMap(([name, { dataType, stringValue = '', binaryValue = '' }]) => [
    ...[name, dataType, stringValue, binaryValue],
  ]);
  return [body, traceHeader, ...texts].reduce((sum, text) => sum + printedBytes(text), 0);
}

type Printed = ReturnType<typeof printMessage>;

function print(message: PeekedMessage, show: Show): Printed {
  const { key, receiveCount, firstReceivedAt = 0 } = message;
  const received = {
    ...message,
    firstReceivedAt,
    receipt: { key, receive: receiveCount, receivedAt: firstReceivedAt },
  };
  const printed = printMessage({ message: received, receiptHandle: NO_HANDLE }, allSystemNames, allAttributes);
  // To LocalStack, only messages in flight are invisible, not delayed or blocked ones.
  if (show.invisible) printed.Attributes.set('IsVisible', String(message.state !== 'in-flight'));
  if (show.delayed) printed.Attributes.set('IsDelayed', String(message.state === 'delayed'));
  return printed;
}
