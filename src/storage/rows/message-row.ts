/** The rows of messages, as engines that keep them in tables read them. */

import type { Millis } from '../../time/clock.ts';
import type { Message, MessageAttribute, Receipt } from '../message.ts';

/** The columns of a message that change while it exists. */
export interface MessageRow {
  key: number;
  sent_at: Millis;
  visible_at: Millis;
  /** Receives from this queue. */
  receives: number;
  /** Receives from the queues that the message was in before. */
  earlier_receives: number;
  /** Negative in a standard queue, where a group is a tenant. */
  group_number: number | null;
}

/** A message with its content, which a receive may hand out. */
export interface Candidate extends MessageRow {
  first_received_at: Millis | null;
  source_arn: string | null;
  message_id: string;
  body: string;
  body_md5: string;
  attributes: string | null;
  sender_id: string;
  trace_header: string | null;
  group_id: string | null;
  deduplication_id: string | null;
  /** Orders messages that became visible at the same instant; see schema.ts. */
  rank: number;
}

/** Issues the receipt of the latest receive of a message, which was `at` an instant. */
export function receiptOf(row: MessageRow, at: Millis): Receipt {
  return { key: row.key, receive: row.earlier_receives + row.receives, receivedAt: Math.max(at, row.sent_at) };
}

/** Converts a row to a message, given the receipt of its latest receive. */
export function messageOf(row: Candidate, receipt: Receipt): Message {
  return {
    receipt,
    messageId: row.message_id,
    body: row.body,
    bodyMd5: row.body_md5,
    senderId: row.sender_id,
    sentAt: row.sent_at,
    firstReceivedAt: row.first_received_at!,
    receiveCount: receipt.receive,
    attributes: row.attributes === null ? undefined : unpacked(row.attributes),
    traceHeader: row.trace_header ?? undefined,
    groupId: row.group_id ?? undefined,
    deduplicationId: row.deduplication_id ?? undefined,
    deadLetterSource: row.source_arn ?? undefined,
  };
}

/** Whether a receipt was issued before the message with its key was sent, and so for another message. */
export function isOfEarlier({ receivedAt }: Receipt, sentAt: Millis): boolean {
  return sentAt > receivedAt;
}

/** Returns the size of a message's body and attributes, which limits the portions of verbs. */
export function sizeOf({ body, attributes }: Candidate): number {
  return body.length + (attributes?.length ?? 0);
}

/** Parses the stored form of message attributes. */
export function unpacked(text: string): Map<string, MessageAttribute> {
  return new Map(JSON.parse(text) as [string, MessageAttribute][]);
}
