/** Converts queues, messages and events to their form in responses: as data and as sentences. */

import { sequenceNumber } from '../../queues/fifo.ts';
import { briefText } from '../../queues/own-text.ts';
import type { MessageState, PeekedMessage } from '../../storage/inspection.ts';
import type { MessageAttribute, MessageContent, QueueKey } from '../../storage/store.ts';
import { isoOf } from '../control-context.ts';
import type { Subscriber } from '../topics/outcomes.ts';
import type { Entry, Kind } from './entries.ts';
import { type TopicEvent, topicWords } from './topic-events.ts';

/**
 * How many characters of a body an event includes. It is limited because events stay in memory until a slow follower
 * has read them.
 */
export const BODY_SHOWN = 1000;

/** Identifies a queue. */
export interface QueueReference {
  name: string;
  account: string;
  region: string;
}

/** What the sender of a message specified, and Squab's ID for it. */
export interface ContentReport {
  messageId: string;
  body: string;
  attributes?: Record<string, MessageAttribute>;
  groupId?: string;
  deduplicationId?: string;
  senderId: string;
  traceHeader?: string;
}

/** The current state of a message. Instants are ISO 8601. */
export interface MessageReport extends ContentReport {
  /** Whether the body is longer; in lists only, if they are asked to cut bodies off. */
  bodyIsCut?: true;
  state: MessageState;
  sequenceNumber?: string;
  sentAt: string;
  /** When its delay or visibility timeout ends or ended. */
  visibleAt: string;
  expiresAt: string;
  receiveCount: number;
  firstReceivedAt?: string;
  /** The client that received it last, as far as the journal knows. */
  receiver?: string;
  /** The ARN of the queue that it was dead-lettered from. */
  deadLetterSource?: string;
  blockedBy?: { messageId: string; visibleAt: string };
}

/** An event. Instants are ISO 8601. */
export interface EventReport {
  /** One more than the ID of the previous event. */
  id: number;
  at: string;
  kind: Kind;
  /** Missing if the event is about a topic. */
  queue?: QueueReference;
  /** Missing if the event is about a queue. */
  topic?: QueueReference;
  /** In events of topics, the publication's ID. Missing if the journal does not know the message. */
  messageId?: string;
  /** The first BODY_SHOWN characters of the body; only in `sent` events. */
  body?: string;
  groupId?: string;
  visibleAt?: string;
  receiveCount?: number;
  receiver?: string;
  deduplicationKey?: string;
  /** The function that was invoked with the message. */
  function?: string;
  /** Why the function did not succeed, or a message of a topic was not delivered. */
  reason?: string;
  /** The subscription that a publication is delivered to, or not. */
  subscriber?: Subscriber;
  /** The number of the attempt to deliver, from 1. */
  attempt?: number;
  /** When the next attempt is due. */
  nextAt?: string;
  /** In `sent` events of messages that come from a topic: what was published there. */
  publication?: { topicArn: string; messageId: string };
  /** Where the message went. */
  to?: { queue: QueueReference; messageId?: string };
  /** The event as a sentence. */
  text: string;
}

/** @internal Reports a queue's name, account and region. */
export function reference({ name, account, region }: QueueKey): QueueReference {
  return { name, account, region };
}

/** @internal Reports the content of a message. */
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

/** @internal Reports the state of a message. */
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

/** @internal Reports an event. `content` is included in `sent` events only. */
export function reportEvent(entry: Entry, content?: MessageContent): EventReport {
  if (entry.topicEvent) return reportTopicEvent(entry, entry.topicEvent);
  const {
    id,
    at,
    kind,
    queue,
    messageId,
    visibleAt,
    receiveCount,
    receiver,
    deduplicationKey,
    to,
    reason,
    publication,
  } = entry;
  return {
    id,
    at: isoOf(at),
    kind,
    queue: reference(queue!),
    ...defined({ messageId }),
    ...(kind === 'sent' && content && { body: shown(content.body), ...defined({ groupId: content.groupId }) }),
    ...(visibleAt !== undefined && { visibleAt: isoOf(visibleAt) }),
    ...defined({ receiveCount, receiver, deduplicationKey, function: entry.function, reason }),
    ...(publication && { publication }),
    ...(to && { to: { queue: reference(to.queue), ...defined({ messageId: to.messageId }) } }),
    text: wordsOf(entry),
  };
}

function reportTopicEvent({ id, at }: Entry, event: TopicEvent): EventReport {
  const { kind, topic, messageId, subscriber, attempt, reason, nextAt } = event;
  return {
    ...{ id, at: isoOf(at), kind, topic: reference(topic), messageId },
    ...defined({ subscriber, attempt, reason }),
    ...(nextAt !== undefined && { nextAt: isoOf(nextAt) }),
    text: topicWords(event),
  };
}

/** @internal Describes an event of a queue in a sentence about the message or, if the event is about none, about the queue. */
export function wordsOf(entry: Entry): string {
  const { kind, at, visibleAt, receiveCount, receiver, to, reason, publication } = entry;
  const queue = entry.queue!;
  switch (kind) {
    case 'sent':
      return `Sent to ${queue.name}${visibleAt! > at ? `, delayed until ${isoOf(visibleAt!)}` : ''}${fromWords(publication)}.`;
    case 'deduplicated':
      return `Sent to ${queue.name} again and deduplicated: no new message was added.`;
    case 'received': {
      const hidden = visibleAt! > at ? `hidden until ${isoOf(visibleAt!)}` : 'visible again immediately';
      return `Received for the ${ordinal(receiveCount!)} time${receiver ? `, by ${receiver}` : ''}; ${hidden}.`;
    }
    case 'empty-receive':
      return `A receive from ${queue.name} returned nothing.`;
    case 'visibility-changed':
      return visibleAt! > at ? `Hidden until ${isoOf(visibleAt!)}.` : 'Made visible immediately.';
    case 'deleted':
      return `Deleted from ${queue.name}.`;
    case 'expired':
      return `Expired in ${queue.name} at the end of its retention period.`;
    case 'dead-lettered':
      return `Moved from ${queue.name} to its dead-letter queue ${to!.queue.name}.`;
    case 'moved':
      return `Moved by a message move task from ${queue.name} to ${to!.queue.name}, as a new message.`;
    case 'function-succeeded':
      return `Function ${entry.function} succeeded.`;
    case 'function-failed':
      return `Function ${entry.function} failed: ${reason}.`;
    case 'function-throttled':
      return `Function ${entry.function} could not be invoked: ${reason}.`;
    case 'function-filtered':
      return `Function ${entry.function} did not get it: it matches none of its filters.`;
    case 'queue-created':
    case 'queue-changed':
    case 'queue-deleted':
    case 'purged':
      return `The queue ${queue.name} was ${kind.replace('queue-', '')}.`;
    default:
      return entry.topicEvent ? topicWords(entry.topicEvent) : '';
  }
}

function fromWords(publication: Entry['publication']): string {
  if (!publication) return '';
  const { topicArn, messageId } = publication;
  return `: published to the topic ${topicArn.slice(topicArn.lastIndexOf(':') + 1)} as message ${messageId}`;
}

/** @internal Formats 1 as `1st`, 2 as `2nd`, and so on. */
export function ordinal(number: number): string {
  const ending = /1[1-3]$/.test(String(number)) ? 'th' : (['th', 'st', 'nd', 'rd'][number % 10] ?? 'th');
  return `${number}${ending}`;
}

/** @internal Returns the first characters of a body, with an ellipsis if that is not all of it. */
export function shown(body: string, characters = BODY_SHOWN): string {
  return briefText(body, characters);
}

/** @internal Returns a copy without the members that are undefined. */
export function defined<T extends object>(members: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Name in keyof T]?: Exclude<T[Name], undefined> };
}
