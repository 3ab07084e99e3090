/** Messages as the engine keeps them. */

import type { Millis } from '../../time/clock.ts';
import type { Message, MessageAttribute, MessageContent, Receipt } from '../store.ts';

/** What the sender wrote, in a form that needs little memory. */
export interface StoredContent extends Omit<MessageContent, 'attributes'> {
  /** As JSON. */
  readonly attributes: string | undefined;
}

/** The place of a message in line. */
export interface Place {
  readonly visibleAt: Millis;
  /**
   * Orders messages that became visible at the same instant: the message's key, or the number of the verb that put the
   * message at the back of the line.
   */
  readonly rank: number;
  readonly key: number;
}

/** What changes about a message while it is in a queue. In another queue it is another object. */
export interface Changing {
  visibleAt: Millis;
  rank: number;
  /** Receives from this queue. */
  receives: number;
  firstReceivedAt: Millis | undefined;
}

export interface StoredMessage extends Changing {
  readonly key: number;
  readonly content: StoredContent;
  /** How much memory it needs; see memory.ts. */
  readonly bytes: number;
  readonly sentAt: Millis;
  /** Receives from the queues that the message was in before. */
  readonly earlierReceives: number;
  readonly deadLetterSource: string | undefined;
}

export const byKey = (a: Pick<Place, 'key'>, b: Pick<Place, 'key'>): number => a.key - b.key;

export const inLine = (a: Place, b: Place): number => a.visibleAt - b.visibleAt || a.rank - b.rank || a.key - b.key;

/** Returns a place after all messages that become visible at this instant or earlier. */
export const endOf = (visibleAt: Millis): Place => ({ visibleAt, rank: Number.POSITIVE_INFINITY, key: 0 });

/** Returns the content to store. Throws a TypeError if it cannot be stored. */
export function contentOf(message: MessageContent): StoredContent {
  const { messageId, body, bodyMd5, attributes, senderId, traceHeader, groupId, deduplicationId } = message;
  if (typeof body !== 'string') throw new TypeError(`A message has the body ${body}.`);
  const packed = attributes && JSON.stringify([...attributes]);
  return { messageId, body, bodyMd5, attributes: packed, senderId, traceHeader, groupId, deduplicationId };
}

/** Returns the size of a message's body and attributes, which limits the portions of verbs. */
export function sizeOf({ content: { body, attributes } }: StoredMessage): number {
  return body.length + (attributes?.length ?? 0);
}

/** Counts the receives since the message was sent. */
export function receivesOf({ earlierReceives, receives }: StoredMessage): number {
  return earlierReceives + receives;
}

/** Returns a message with the receipt of its latest receive. */
export function toMessage(message: StoredMessage, receipt: Receipt): Message {
  const { content, sentAt, deadLetterSource } = message;
  const { messageId, body, bodyMd5, attributes, senderId, traceHeader, groupId, deduplicationId } = content;
  return {
    messageId,
    body,
    bodyMd5,
    senderId,
    traceHeader,
    groupId,
    deduplicationId,
    receipt,
    sentAt,
    firstReceivedAt: message.firstReceivedAt!,
    receiveCount: receivesOf(message),
    attributes: attributes === undefined ? undefined : unpacked(attributes),
    deadLetterSource,
  };
}

function unpacked(text: string): Map<string, MessageAttribute> {
  return new Map(JSON.parse(text) as [string, MessageAttribute][]);
}
