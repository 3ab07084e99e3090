/** What an explanation is made from, and of: how a queue stands, and the reasons that follow. */

import type { MessageState, PeekedMessage } from '../../storage/inspection.ts';
import type { Counts, Queue, Redrive } from '../../storage/store.ts';
import type { Millis } from '../../time/clock.ts';

/** So many messages are named for each reason; the rest is counted. */
export const NAMED = 10;
/** Why a message, or several, would not be received. */
export interface Reason {
  kind: 'empty' | 'in-flight-limit' | 'delayed' | 'in-flight' | 'blocked' | 'received-too-often' | 'waiting-receives';
  /** How many messages (or receives) it concerns. */
  count: number;
  /** When the first of them is over. */
  until?: string;
  /** The first of them. */
  messageIds: string[];
  text: string;
}

/** How a queue stands at one instant, as far as it matters to a receive. */
export interface Outlook {
  queue: Queue;
  now: Millis;
  counts: Counts;
  /** The first messages of each state. */
  first: Record<Exclude<MessageState, 'visible'>, PeekedMessage[]>;
  /** Messages that would go to the dead-letter queue before the next one is received. */
  tooOften: PeekedMessage[];
  next: PeekedMessage | undefined;
  redrive: (Redrive & { name: string }) | undefined;
  inFlightLimit: number;
  waiting: number;
  changesAt: Millis | undefined;
  /** The last that happened to a message of the queue. */
  lastEnd: { at: Millis; text: string } | undefined;
  receiverOf(message: PeekedMessage): string | undefined;
}
