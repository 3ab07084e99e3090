/**
 * What Squab asks of an engine beyond SQS's verbs: to look at messages without receiving them, and to lay hands on one.
 * The rules of an engine (store.ts) hold here too. A look changes nothing: no count, no receive, no order. It is done in
 * portions, so that none is slow however deep the queue is: a page may hold less than its limit, or nothing, and say where
 * to go on all the same.
 */

import type { Millis } from '../time/clock.ts';
import type { MessageContent, Queue, Redrive } from './store.ts';

/**
 * `blocked`: FIFO only; the message is visible by itself, but an earlier one of its group is hidden. The others are as
 * they are counted, but that `visible` leaves out what is blocked.
 */
export type MessageState = 'visible' | 'in-flight' | 'delayed' | 'blocked';

/** A message as it stands at one instant. */
export interface PeekedMessage extends MessageContent {
  /** The engine's; in a FIFO queue the sequence number follows from it. */
  key: number;
  state: MessageState;
  sentAt: Millis;
  /** When its delay or its visibility timeout ends, or ended; for one that never had either, when it came. */
  visibleAt: Millis;
  /** When its retention ends. */
  expiresAt: Millis;
  /** Receives since it was sent, and those of them from this queue, which a redrive policy counts. */
  receiveCount: number;
  receivesHere: number;
  firstReceivedAt?: Millis | undefined;
  /** ARN of the queue that gave the message up. */
  deadLetterSource?: string | undefined;
  /** What a blocked message waits for: the first hidden message of its group. */
  blockedBy?: { key: number; messageId: string; visibleAt: Millis } | undefined;
}

/** Where a page ended. */
export interface PeekMark {
  key: number;
  visibleAt: Millis;
}

export interface Peek {
  /** Only these. Without it: all, in the order of their sending. With it: in the order in which they are or get visible. */
  state?: MessageState | undefined;
  limit: number;
  /** Goes on behind a page. */
  after?: PeekMark | undefined;
}

export interface PeekedPage {
  messages: PeekedMessage[];
  /** Where to go on; undefined when there is nothing more. */
  next?: PeekMark | undefined;
}

export interface Search {
  messageId: string;
  /** Only in this queue. */
  queueId?: number | undefined;
  /** Goes on behind a portion of the search. */
  after?: number | undefined;
}

/** Where a message was found; else where to go on, or nothing when there is none such. */
export interface SearchedPortion {
  found?: { queueId: number; key: number } | undefined;
  next?: number | undefined;
}

/** A send that is remembered, so that another with the same key is taken for its repetition until `until`. */
export interface RememberedSend {
  messageId: string;
  key: number;
  until: Millis;
}

export interface Inspection {
  /** Every queue of every account and region. */
  queues(): Promise<Queue[]>;
  peek(queueId: number, peek: Peek, now: Millis): Promise<PeekedPage | undefined>;
  /** One message by its key; undefined when it is not in this queue (any more). */
  look(queueId: number, key: number, now: Millis): Promise<PeekedMessage | undefined>;
  /** What a receive of so many would find at the front, leaving aside how many are in flight and may be received how often. */
  front(queueId: number, max: number, now: Millis): Promise<PeekedMessage[] | undefined>;
  /** A portion of a search for a message by its id. */
  search(search: Search, now: Millis): Promise<SearchedPortion | undefined>;
  /** The send that a message with this deduplication key would be taken for a repetition of. */
  remembered(queueId: number, deduplicationKey: string, now: Millis): Promise<RememberedSend | undefined>;

  /** Deletes a message, whichever way it stands. False: it is not there. */
  remove(queueId: number, key: number, now: Millis): Promise<boolean | undefined>;
  /** Gives a message up to a dead-letter queue at once, whichever way it stands. False: it, or the target, is not there. */
  deadLetter(queueId: number, key: number, redrive: Redrive, now: Millis): Promise<boolean | undefined>;
}
