/** The contents of the model (model.ts). */

import type { Counts } from '../../src/storage/store.ts';
import type { Millis } from '../../src/time/clock.ts';

export interface StoredMessage {
  messageId: string;
  place: number;
  groupId: string | undefined;
  sentAt: Millis;
  visibleAt: Millis;
  /** Orders messages that became visible at the same instant: its place, or a later one at the back of the line. */
  rank: number;
  receives: number;
  earlierReceives: number;
  deadLetterSource: string | undefined;
}

export interface StoredQueue {
  fifo: boolean;
  retentionMs: Millis;
  /** In the order of sending. */
  messages: StoredMessage[];
  duplicates: Map<string, { messageId: string; endsAt: Millis }>;
  attempts: Map<string, { delivered: Delivered[]; until: Millis; endsAt: Millis }>;
}

/** Everything that a snapshot copies. */
export interface State {
  queues: Map<number, StoredQueue>;
  /** The numbers of all receipts that were issued. A restored snapshot does not know those that were issued later. */
  issued: Set<number>;
}

/** Identifies a receipt. */
export interface ModelReceipt {
  number: number;
  /** The place of its message. */
  place: number;
  /** The number of its receive. */
  receive: number;
}

/** A message as a receive returns it. */
export interface Delivered {
  messageId: string;
  receiveCount: number;
  deadLetterSource: string | undefined;
  receipt: ModelReceipt;
}

/** The place of a new message. */
export const atPlace = (place: number) => ({ place, rank: place });

export const NEVER_RECEIVED = { receives: 0, earlierReceives: 0, deadLetterSource: undefined };

export function countsOf(messages: readonly StoredMessage[], now: Millis): Counts {
  const counts = { visible: 0, inFlight: 0, delayed: 0 };
  for (const { visibleAt, receives } of messages) {
    if (visibleAt <= now) counts.visible++;
    else if (receives > 0) counts.inFlight++;
    else counts.delayed++;
  }
  return counts;
}

/** Receipts count all receives since the send, so that none matches a later receive from another queue. */
export function receivesOf({ receives, earlierReceives }: StoredMessage): number {
  return receives + earlierReceives;
}

/** Returns why a receipt cannot delete a message, or change its visibility; undefined if it can. */
export function refusalOf(
  { queues, issued }: State,
  queueId: number,
  message: StoredMessage | undefined,
  { number, receive }: ModelReceipt,
  use: 'delete' | 'change',
  now: Millis,
): string | undefined {
  const { fifo } = queues.get(queueId)!;
  // The receipts from before a move are not those of the message, even if it has come back.
  if (!message || receive <= message.earlierReceives) return 'gone';
  const acceptsOlder = use === 'change' && !fifo;
  if (acceptsOlder ? receivesOf(message) < receive : receivesOf(message) !== receive) return 'stale';
  if (!issued.has(number)) return 'stale';
  return fifo && message.visibleAt <= now ? 'lapsed' : undefined;
}
