import { SqsError } from '../../errors.ts';
import { md5OfAttributes } from '../../queues/digest.ts';
import { sequenceNumber } from '../../queues/fifo.ts';
import { type Received, receive } from '../../queues/receive.ts';
import type { Message, MessageAttribute } from '../../storage/store.ts';
import { queueOperation } from '../operation.ts';
import { integer, list, map, nested, optional, required, string, structure } from '../wires/shape.ts';
import { attributeValues, messageAttributes } from './shapes.ts';

const receivedMessage = nested({
  MessageId: optional(string),
  ReceiptHandle: optional(string),
  MD5OfBody: optional(string),
  Body: optional(string),
  Attributes: optional(map(string, { name: 'Attribute', key: 'Name', value: 'Value' })),
  MD5OfMessageAttributes: optional(string),
  MessageAttributes: optional(messageAttributes),
});

export const receiveMessage = queueOperation({
  name: 'ReceiveMessage',
  summary: 'Receives up to ten messages, immediately or after waiting for the first one.',
  input: structure({
    QueueUrl: required(string),
    AttributeNames: optional(list(string, 'AttributeName')),
    MessageSystemAttributeNames: optional(list(string, 'AttributeName')),
    MessageAttributeNames: optional(list(string, 'MessageAttributeName')),
    MaxNumberOfMessages: optional(integer),
    VisibilityTimeout: optional(integer),
    WaitTimeSeconds: optional(integer),
    ReceiveRequestAttemptId: optional(string),
  }),
  output: structure({ Messages: optional(list(receivedMessage, 'Message')) }),
  async handle(queue, input, { env, signal, receiver, overrides }) {
    env.fifoQuotas?.spend(queue, 'ReceiveMessage', []);
    // The older list counts only if the newer one is absent.
    const systemNames = [...new Set(input.MessageSystemAttributeNames ?? input.AttributeNames)];
    checkSystemNames(systemNames);
    const wanted = attributeFilter(input.MessageAttributeNames ?? []);
    const request = {
      max: input.MaxNumberOfMessages,
      visibilitySeconds: input.VisibilityTimeout,
      waitSeconds: input.WaitTimeSeconds,
      attemptId: input.ReceiveRequestAttemptId,
      overrides,
    };
    const received = await receive(env, queue, request, signal, receiver);
    const system = systemNames.includes('All') ? allSystemNames : systemNames;
    return { Messages: received.map((one) => printMessage(one, system, wanted)) };
  },
});

/** The system attributes of a received message by name; the value is undefined if the message has none. */
const systemAttributes: Record<string, (message: Message) => string | undefined> = {
  SenderId: ({ senderId }) => senderId,
  SentTimestamp: ({ sentAt }) => String(sentAt),
  ApproximateReceiveCount: ({ receiveCount }) => String(receiveCount),
  ApproximateFirstReceiveTimestamp: ({ firstReceivedAt }) => String(firstReceivedAt),
  // Only messages of FIFO queues have a deduplication ID.
  SequenceNumber: ({ deduplicationId, receipt }) => deduplicationId && sequenceNumber(receipt.key),
  MessageDeduplicationId: ({ deduplicationId }) => deduplicationId,
  MessageGroupId: ({ groupId }) => groupId,
  AWSTraceHeader: ({ traceHeader }) => traceHeader,
  DeadLetterQueueSourceArn: ({ deadLetterSource }) => deadLetterSource,
};

/** What `All` stands for. */
export const allSystemNames: readonly string[] = Object.keys(systemAttributes);

function checkSystemNames(names: readonly string[]): void {
  for (const name of names) {
    if (name === 'All' || Object.hasOwn(systemAttributes, name)) continue;
    throw new SqsError('InvalidAttributeName', `Unknown Attribute ${name}.`);
  }
}

/**
 * Returns a message as the wires encode it, with the named system attributes and the message attributes that `wanted`
 * selects.
 */
export function printMessage(
  { message, receiptHandle }: Received,
  systemNames: readonly string[],
  wanted: AttributeFilter,
) {
  const system = new Map<string, string>();
  for (const name of systemNames) {
    const value = systemAttributes[name]!(message);
    if (value !== undefined) system.set(name, value);
  }
  return {
    MessageId: message.messageId,
    ReceiptHandle: receiptHandle,
    MD5OfBody: message.bodyMd5,
    Body: message.body,
    Attributes: system,
    ...(message.attributes && printAttributes(message.attributes, wanted)),
  };
}

/** The digest covers the returned attributes, not all attributes of the message. */
function printAttributes(all: ReadonlyMap<string, MessageAttribute>, wanted: AttributeFilter) {
  const attributes = new Map([...all].filter(([name]) => wanted(name)));
  if (attributes.size === 0) return undefined;
  return { MD5OfMessageAttributes: md5OfAttributes(attributes), MessageAttributes: attributeValues(attributes) };
}

type AttributeFilter = (name: string) => boolean;

export const allAttributes: AttributeFilter = () => true;

/**
 * `All`, `.*` and `*` select all attributes; `foo.*` selects all names that start with `foo`, not only with `foo.`. A
 * request can contain thousands of names and prefixes, and its response thousands of attributes.
 */
export function attributeFilter(names: readonly string[]): AttributeFilter {
  const wanted = new Set(names);
  if (wanted.has('All') || wanted.has('*')) return allAttributes;
  const prefixes = names.filter((name) => name.endsWith('.*')).map((name) => name.slice(0, -2));
  const startsWithAny = prefixSearch(prefixes);
  return (name) => wanted.has(name) || startsWithAny(name);
}

/** Returns a function that tells whether a text starts with any of the prefixes, by a binary search. */
function prefixSearch(prefixes: readonly string[]): (text: string) => boolean {
  const sorted: string[] = [];
  // A prefix that starts with another one is redundant. Without those, only the last one up to the text can match.
  for (const prefix of [...prefixes].sort()) {
    const last = sorted.at(-1);
    if (last === undefined || !prefix.startsWith(last)) sorted.push(prefix);
  }
  return (text) => {
    let [from, to] = [0, sorted.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (sorted[middle]! <= text) from = middle + 1;
      else to = middle;
    }
    return from > 0 && text.startsWith(sorted[from - 1]!);
  };
}
