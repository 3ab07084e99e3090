/** What a message is to an engine: as it is sent, kept and received. */

import type { Millis } from '../time/clock.ts';

/** Exactly one of the two values is there. `binaryValue` is base64. */
export interface MessageAttribute {
  dataType: string;
  stringValue?: string;
  binaryValue?: string;
}

/** What a sender wrote: it never changes while the message exists. */
export interface MessageContent {
  messageId: string;
  body: string;
  /** Lower-case hex. */
  bodyMd5: string;
  attributes?: ReadonlyMap<string, MessageAttribute> | undefined;
  senderId: string;
  traceHeader?: string | undefined;
  groupId?: string | undefined;
  deduplicationId?: string | undefined;
}

/** In a FIFO queue, a message has a group. */
export interface NewMessage extends MessageContent {
  delayMs: Millis;
  /** A message with the same key is not stored again while the window of the first one lasts. */
  deduplication?: { key: string; windowMs: Millis };
}

/** What became of a sent message; for a duplicate, of the message that it repeats. */
export interface Sent {
  messageId: string;
  key: number;
}

/** A message as one receive hands it out. */
export interface Message extends MessageContent {
  receipt: Receipt;
  sentAt: Millis;
  /** When this receive was; for one that repeats an attempt, when the first was. */
  receivedAt: Millis;
  firstReceivedAt: Millis;
  /** Receives since the message was sent, this one included. */
  receiveCount: number;
  /** ARN of the queue that gave the message up, for a message that came to a dead-letter queue. */
  deadLetterSource?: string | undefined;
}

/** Names one receive of one message: the engine's key of the message, and the how-manieth receive since it was sent. */
export interface Receipt {
  key: number;
  receive: number;
  /** Tells receives before and after a restored snapshot apart; absent until the first snapshot is taken. */
  era?: number;
}
