/** Queues in an engine's contract. */

import type { Millis } from '../time/clock.ts';

/** Identifies a queue. The same name in two regions or accounts is two queues. */
export interface QueueKey {
  account: string;
  region: string;
  name: string;
}

/** The settings of a queue. Of these, an engine acts only on `fifo` and `retentionMs`. */
export interface QueueSettings {
  fifo: boolean;
  /** How long a message is kept, in milliseconds, counted from when it was sent. */
  retentionMs: Millis;
  /** The attributes that were set, by SQS's names. An engine returns the values exactly as it was given them. */
  attributes: ReadonlyMap<string, string>;
  tags: ReadonlyMap<string, string>;
}

/** A queue as it was at one instant. A change creates a new object. */
export interface Queue extends Readonly<QueueKey>, Readonly<QueueSettings> {
  /** Never given to another queue, even after this one has been deleted. */
  readonly id: number;
  readonly createdAt: Millis;
  /** When its attributes were last changed. A change of tags does not count. */
  readonly modifiedAt: Millis;
}

/**
 * The values that these attributes of a queue must still have, for a verb that depends on the values that the caller
 * has read.
 */
export type Expected = ReadonlyMap<string, string | undefined>;

/** A change to a queue. In the maps, the value undefined removes the entry. */
export interface QueueChange {
  retentionMs?: Millis;
  attributes?: ReadonlyMap<string, string | undefined>;
  tags?: ReadonlyMap<string, string | undefined>;
  /** The largest number of tags that the queue may have after the change; otherwise nothing changes. */
  tagsMax?: number;
  /** If the queue does not meet this, nothing changes. */
  expected?: Expected;
  /**
   * FIFO queues only. Messages that have never been received become visible this many milliseconds after they were
   * sent. No other change looks at every message of the queue.
   */
  delayMs?: Millis;
}

/** The number of messages in each state, at one instant. */
export interface Counts {
  visible: number;
  inFlight: number;
  delayed: number;
}
