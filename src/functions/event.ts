/**
 * The event that a function gets: the messages of a batch as JSON.
 * Source: Lambda developer guide, "Using Lambda with Amazon SQS"; the order of members as observed on the service.
 */

import { queueArn } from '../queues/arn.ts';
import { md5OfAttributes } from '../queues/digest.ts';
import { sequenceNumber } from '../queues/fifo.ts';
import type { Received } from '../queues/receive.ts';
import type { Message, MessageAttribute, Queue } from '../storage/store.ts';
import type { Millis } from '../time/clock.ts';

/** A received message with its record. */
export interface Entry extends Received {
  /** The message's record in the event, as JSON. */
  record: string;
  bytes: number;
  receivedAt: Millis;
  /** When the message becomes visible again. */
  visibleAt: Millis;
}

const [START, END] = ['{"Records":[', ']}'];

/** Bytes of an event without records. */
export const EMPTY_EVENT_BYTES = START.length + END.length;

/** Returns the event with these records, which are JSON. */
export function eventOf(records: readonly string[]): string {
  return `${START}${records.join(',')}${END}`;
}

/** Returns the record of a received message. */
export function recordOf({ message, receiptHandle }: Received, queue: Queue) {
  const { messageId, body, bodyMd5, attributes = new Map() } = message;
  return {
    messageId,
    receiptHandle,
    body,
    attributes: systemAttributes(message),
    messageAttributes: Object.fromEntries([...attributes].map(([name, value]) => [name, printed(value)])),
    md5OfMessageAttributes: attributes.size > 0 ? md5OfAttributes(attributes) : null,
    md5OfBody: bodyMd5,
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn(queue),
    awsRegion: queue.region,
  };
}

function systemAttributes(message: Message): Record<string, string | undefined> {
  const { receiveCount, sentAt, groupId, deduplicationId, senderId, firstReceivedAt } = message;
  return {
    ApproximateReceiveCount: String(receiveCount),
    AWSTraceHeader: message.traceHeader,
    SentTimestamp: String(sentAt),
    // Only messages of FIFO queues have a deduplication ID.
    SequenceNumber: deduplicationId && sequenceNumber(message.receipt.key),
    MessageGroupId: groupId,
    SenderId: senderId,
    MessageDeduplicationId: deduplicationId,
    ApproximateFirstReceiveTimestamp: String(firstReceivedAt),
    DeadLetterQueueSourceArn: message.deadLetterSource,
  };
}

function printed({ dataType, stringValue, binaryValue }: MessageAttribute) {
  return { stringValue, binaryValue, stringListValues: [], binaryListValues: [], dataType };
}
