/** Messages in an engine's contract: as they are sent, stored and received. */

import type { Millis } from '../time/clock.ts';

/** Has exactly one of the two values. `binaryValue` is base64. */
export interface MessageAttribute {
  dataType: string;
  stringValue?: string;
  binaryValue?: string;
}

/** What the sender wrote. It never changes while the message exists. */
export interface MessageContent {
  messageId: string;
  body: string;
  /** MD5 of the body's UTF-8 bytes, in lower-case hex. */
  bodyMd5: string;
  attributes?: ReadonlyMap<string, MessageAttribute> | undefined;
  senderId: string;
  traceHeader?: string | undefined;
  groupId?: string | undefined;
  deduplicationId?: string | undefined;
}

/** A message to send. In a FIFO queue it has a `groupId`. */
export interface NewMessage extends MessageContent {
  /** How long the message is delayed, in milliseconds. */
  delayMs: Millis;
  /** For `windowMs` after the first message with this key, others with the same key are duplicates and not stored. */
  deduplication?: { key: string; windowMs: Millis };
  /** For a copy of a dead-lettered message: ARN of the queue that dead-lettered it. */
  deadLetterSource?: string | undefined;
  /** The publication that it comes from. Only for the event: an engine does not store it. */
  publication?: Publication | undefined;
}

/** A publication to a topic, which becomes a message in each subscribed queue. */
export interface Publication {
  topicArn: string;
  messageId: string;
}

/** A sent message; for a duplicate, the original. */
export interface Sent {
  messageId: string;
  key: number;
}

/** A message as one receive hands it out. */
export interface Message extends MessageContent {
  receipt: Receipt;
  sentAt: Millis;
  firstReceivedAt: Millis;
  /** Receives since the message was sent, this one included. */
  receiveCount: number;
  /** ARN of the queue that dead-lettered the message, if one did. */
  deadLetterSource?: string | undefined;
}

/** The secret that authenticates receipt handles, so that a client cannot forge one for a message it never received. */
export interface ReceiptSecret {
  /** 32 random bytes. */
  key: Uint8Array;
  /**
   * Handles without authentication, which end with a checksum, are accepted for messages with smaller keys. 0, unless
   * the data is older than the authentication of receipt handles.
   */
  checksummedBelow: number;
}

/** Identifies one receive of one message. */
export interface Receipt {
  /** The engine's key of the message. */
  key: number;
  /** The number of this receive: 1 for the first one since the message was sent. */
  receive: number;
  /**
   * The time of this receive; if it repeats an attempt, of the first one; if the clock has gone back, of the send. The
   * receipt matches no message that was sent later: keys are used again when the data is put back to an earlier state,
   * because a backup was restored, or because a database has lost its last commits.
   */
  receivedAt: Millis;
  /** Distinguishes receives before and after a restored snapshot; absent until the first snapshot is taken. */
  era?: number;
}
