/** The input and the output of an explanation: the state of a queue at one instant, and the reasons derived from it. */

import type { MessageState, PeekedMessage } from '../../storage/inspection.ts';
import type { Counts, Queue, Redrive } from '../../storage/store.ts';
import type { Millis } from '../../time/clock.ts';

/** The maximum number of message IDs that a reason lists; its `count` includes the others. */
export const IDS_LISTED = 10;

/** One reason why messages would not be received. */
export interface Reason {
  kind:
    | 'empty'
    | 'in-flight-limit'
    | 'delayed'
    | 'in-flight'
    | 'blocked'
    | 'received-too-often'
    | 'waiting-receives'
    | 'fault-rules';
  /** How many messages (or receives, or fault rules) it applies to. */
  count: number;
  /** When it stops applying to the first of them, as ISO 8601. */
  until?: string;
  /** The IDs of the first of them, up to IDS_LISTED. */
  messageIds: string[];
  /** The reason as a phrase or a sentence. */
  text: string;
}

/** @internal The state of a queue at one instant, as far as it matters to a receive. */
export interface QueueView {
  queue: Queue;
  now: Millis;
  counts: Counts;
  /** The first messages in each state. */
  first: Record<Exclude<MessageState, 'visible'>, PeekedMessage[]>;
  /** The messages that a receive would move to the dead-letter queue. */
  atMaxReceives: PeekedMessage[];
  /** The message that a receive would return. */
  next: PeekedMessage | undefined;
  redrive: (Redrive & { name: string }) | undefined;
  inFlightLimit: number;
  /** Whether the in-flight limit is reached. */
  isFull: boolean;
  /** Whether a receive would first move so many messages to the dead-letter queue that its result is unknown. */
  isUnknown: boolean;
  /** How many long polls are waiting. */
  waiting: number;
  /** The IDs of the fault rules that may change what a receive returns. */
  faultRules: string[];
  changesAt: Millis | undefined;
  /** The latest event that removed a message from the queue. */
  lastEnd: { at: Millis; text: string } | undefined;
  /** Returns the last receiver of a message, as far as the journal knows. */
  receiverOf(message: PeekedMessage): string | undefined;
}
