/** How queues, messages and what happened to them are told: as data, and in words. */

import { sequenceNumber } from '../../queues/fifo.ts';
import type { MessageState, PeekedMessage } from '../../storage/inspection.ts';
import type { MessageAttribute, MessageContent, QueueKey } from '../../storage/store.ts';
import { isoOf } from '../control-context.ts';
import type { Entry, Kind } from './entries.ts';

/** So much of a body is told with an event: what somebody reads slowly is kept until then. */
export const BODY_SHOWN = 1000;

export interface QueueReference {
  name: string;
  account: string;
  region: string;
}

/** What a message was sent with. */
export interface ContentReport {
  messageId: string;
  body: string;
  attributes?: Record<string, MessageAttribute>;
  groupId?: string;
  deduplicationId?: string;
  senderId: string;
  traceHeader?: string;
}

/** A message as it stands; instants are ISO 8601. */
export interface MessageReport extends ContentReport {
  state: MessageState;
  sequenceNumber?: string;
  sentAt: string;
  /** When its delay or visibility timeout ends, or ended. */
  visibleAt: string;
  expiresAt: string;
  receiveCount: number;
  firstReceivedAt?: string;
  /** Who received it last, as far as the journal knows. */
  receiver?: string;
  /** ARN of the queue that gave it up. */
  deadLetterSource?: string;
  blockedBy?: { messageId: string; visibleAt: string };
}

/** Something that happened; instants are ISO 8601. */
export interface EventReport {
  /** Grows by one with each event. */
  id: number;
  at: string;
  kind: Kind;
  queue: QueueReference;
  /** Missing for a message that the journal does not know. */
  messageId?: string;
  /** The beginning of the body, of what is sent. */
  body?: string;
  groupId?: string;
  visibleAt?: string;
  receiveCount?: number;
  receiver?: string;
  deduplicationKey?: string;
  /** Where it went. */
  to?: { queue: QueueReference; messageId?: string };
  /** The same in words. */
  text: string;
}

export function reference({ name, account, region }: QueueKey): QueueReference {
  return { name, account, region };
}

export function reportContent(content: MessageContent): ContentReport {
  const { messageId, body, groupId, deduplicationId, senderId, traceHeader } = content;
  return {
    messageId,
    body,
    ...(content.attributes && { attributes: Object.fromEntries(content.attributes) }),
    ...defined({ groupId, deduplicationId }),
    senderId,
    ...defined({ traceHeader }),
  };
}

export function reportMessage(message: PeekedMessage, fifo: boolean, receiver: string | undefined): MessageReport {
  const { state, sentAt, visibleAt, expiresAt, receiveCount, firstReceivedAt, deadLetterSource, blockedBy } = message;
  return {
    ...reportContent(message),
    state,
    ...(fifo && { sequenceNumber: sequenceNumber(message.key) }),
    sentAt: isoOf(sentAt),
    visibleAt: isoOf(visibleAt),
    expiresAt: isoOf(expiresAt),
    receiveCount,
    ...(firstReceivedAt !== undefined && { firstReceivedAt: isoOf(firstReceivedAt) }),
    ...defined({ receiver, deadLetterSource }),
    ...(blockedBy && { blockedBy: { messageId: blockedBy.messageId, visibleAt: isoOf(blockedBy.visibleAt) } }),
  };
}

/** `content` is told with what is sent. */
export function reportEvent(entry: Entry, content?: MessageContent): EventReport {
  const { id, at, kind, queue, messageId, visibleAt, receiveCount, receiver, deduplicationKey, to } = entry;
  return {
    id,
    at: isoOf(at),
    kind,
    queue: reference(queue),
    ...defined({ messageId }),
    ...(kind === 'sent' && content && { body: shown(content.body), ...defined({ groupId: content.groupId }) }),
    ...(visibleAt !== undefined && { visibleAt: isoOf(visibleAt) }),
    ...defined({ receiveCount, receiver, deduplicationKey }),
    ...(to && { to: { queue: reference(to.queue), ...defined({ messageId: to.messageId }) } }),
    text: wordsOf(entry),
  };
}

/** What happened, as a sentence about the message or, where it is about none, about the queue. */
export function wordsOf({ kind, at, queue, visibleAt, receiveCount, receiver, to }: Entry): string {
  switch (kind) {
    case 'sent':
      return visibleAt! > at ? `Sent to ${queue.name}, delayed until ${isoOf(visibleAt!)}.` : `Sent to ${queue.name}.`;
    case 'deduplicated':
      return `Sent to ${queue.name} again, which was taken for a repetition.`;
    case 'received': {
      const hidden = visibleAt! > at ? `hidden until ${isoOf(visibleAt!)}` : 'not hidden';
      return `Received for the ${ordinal(receiveCount!)} time${receiver ? `, by ${receiver}` : ''}; ${hidden}.`;
    }
    case 'empty-receive':
      return `A receive found nothing in ${queue.name}.`;
    case 'visibility-changed':
      return visibleAt! > at ? `Hidden until ${isoOf(visibleAt!)}.` : 'Made visible at once.';
    case 'deleted':
      return `Deleted from ${queue.name}.`;
    case 'expired':
      return `Expired in ${queue.name}: its retention was over.`;
    case 'dead-lettered':
      return `Moved from ${queue.name} to its dead-letter queue ${to!.queue.name}.`;
    case 'moved':
      return `Moved by a message move task from ${queue.name} to ${to!.queue.name}, as a new message.`;
    case 'queue-created':
    case 'queue-changed':
    case 'queue-deleted':
    case 'purged':
      return `The queue ${queue.name} was ${kind.replace('queue-', '')}.`;
  }
}

export function ordinal(number: number): string {
  const ending = /1[1-3]$/.test(String(number)) ? 'th' : (['th', 'st', 'nd', 'rd'][number % 10] ?? 'th');
  return `${number}${ending}`;
}

export function shown(body: string, characters = BODY_SHOWN): string {
  return body.length > characters ? `${body.slice(0, characters)}…` : body;
}

/** The members that have a value. */
export function defined<T extends object>(members: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Name in keyof T]?: Exclude<T[Name], undefined> };
}
