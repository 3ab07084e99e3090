/**
 * The part of an engine's contract that goes beyond SQS: inspecting messages without receiving them, and removing,
 * dead-lettering or showing a single one. The rules in store.ts apply here too. An inspection changes neither counts nor
 * receives nor the order of messages. It works in portions, so that none is slow however deep the queue is: a page
 * may have fewer messages than its limit, or none, and still say where to continue.
 */

import type { Millis } from '../time/clock.ts';
import type { MessageContent, Queue, ReceiveRequest, Redrive } from './store.ts';

/**
 * `blocked`: FIFO queues only. The message itself is visible, but an earlier message of its group is hidden.
 * The other states are those of `Counts`, except that a blocked message is not `visible` here.
 */
export type MessageState = 'visible' | 'in-flight' | 'delayed' | 'blocked';

/** A message and its state at one instant. */
export interface PeekedMessage extends MessageContent {
  /** The engine's key. In a FIFO queue the sequence number is derived from it. */
  key: number;
  state: MessageState;
  sentAt: Millis;
  /** When its delay or visibility timeout ends or ended; if it never had either, when it arrived in the queue. */
  visibleAt: Millis;
  /** When its retention period ends. */
  expiresAt: Millis;
  /** Receives since it was sent. */
  receiveCount: number;
  /** Receives from this queue, which are the ones that a redrive policy counts. */
  receivesHere: number;
  firstReceivedAt?: Millis | undefined;
  /** ARN of the queue that dead-lettered the message. */
  deadLetterSource?: string | undefined;
  /** The message that blocks this one: the first hidden message of its group. */
  blockedBy?: { key: number; messageId: string; visibleAt: Millis } | undefined;
}

/** Marks the end of a page. The next page continues after it. */
export interface PeekMark {
  key: number;
  visibleAt: Millis;
  rank: number;
}

export interface Peek {
  /**
   * Selects only messages in this state, in the order in which they became or will become visible. Without it, a peek
   * returns all messages, in the order in which they were sent.
   */
  state?: MessageState | undefined;
  /** Selects only messages whose bodies contain this text. */
  bodyContains?: string | undefined;
  /** The largest number of messages on the page. */
  limit: number;
  /** The end of the previous page (its `next`), after which to continue. */
  after?: PeekMark | undefined;
}

export interface PeekedPage {
  messages: PeekedMessage[];
  /** Where to continue; undefined at the end. */
  next?: PeekMark | undefined;
}

/** The result of a hypothetical receive. The messages are as they were before it. */
export interface ReceivePreview {
  /**
   * The messages that it would hand out, or `over-limit` (see `Delivery`). `unfinished`: it would move so many messages
   * to the dead-letter queue that the preview stopped early.
   */
  delivery: PeekedMessage[] | 'over-limit' | 'unfinished';
  /** The messages that it would move to the dead-letter queue, in this order. */
  deadLettered: PeekedMessage[];
  /** What `Store.nextVisibleAt` would return after it. */
  nextVisibleAt: Millis | undefined;
}

export interface Search {
  messageId: string;
  /** Searches only this queue. */
  queueId?: number | undefined;
  /** The end of the previous portion (its `next`), after which to continue. */
  after?: number | undefined;
}

/** Where the message was found, or else where to continue. If both are missing, there is no such message. */
export interface SearchedPortion {
  found?: { queueId: number; key: number } | undefined;
  next?: number | undefined;
}

/** A remembered send: until the instant `until`, a send with the same deduplication key is a duplicate of it. */
export interface RememberedSend {
  messageId: string;
  key: number;
  until: Millis;
}

export interface Inspection {
  /**
   * Lists every queue of every account and region, except hidden ones. Engines that do not keep all queues in memory leave
   * out tags and policies: these may be longer than all of memory.
   */
  queues(): Promise<Queue[]>;
  /** Returns a page of a queue's messages. */
  peek(queueId: number, peek: Peek, now: Millis): Promise<PeekedPage | undefined>;
  /** Returns one message by its key; undefined if it is not in this queue (any more). */
  look(queueId: number, key: number, now: Millis): Promise<PeekedMessage | undefined>;
  /** Returns what a receive would do, without doing it. The attempt, the signal and the receiver have no effect. */
  preview(queueId: number, request: ReceiveRequest, now: Millis): Promise<ReceivePreview | undefined>;
  /** Carries out a portion of a search for a message by its ID, in all queues except hidden ones. */
  search(search: Search, now: Millis): Promise<SearchedPortion | undefined>;
  /** Returns the remembered send that a new message with this deduplication key would be a duplicate of. */
  remembered(queueId: number, deduplicationKey: string, now: Millis): Promise<RememberedSend | undefined>;

  /** Deletes a message, whatever its state. Resolves to false if it is not in the queue. */
  remove(queueId: number, key: number, now: Millis): Promise<boolean | undefined>;
  /**
   * Dead-letters a message at once, whatever its state. Resolves to false if the message is not in the queue, or the
   * target queue does not exist.
   */
  deadLetter(queueId: number, key: number, redrive: Redrive, now: Millis): Promise<boolean | undefined>;
  /**
   * Ends the delay or visibility timeout of a message: it becomes visible at `now`, after those that are visible
   * already. Has no effect on a message that is not hidden. Resolves to false if it is not in the queue.
   */
  makeVisible(queueId: number, key: number, now: Millis): Promise<boolean | undefined>;
}
