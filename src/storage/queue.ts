/** What a queue is to an engine. */

import type { Millis } from '../time/clock.ts';

/** The same name in two regions or accounts is two queues. */
export interface QueueKey {
  account: string;
  region: string;
  name: string;
}

/** What a queue keeps of its own; the engine reads only `retentionMs`. */
export interface QueueSettings {
  fifo: boolean;
  /** How long after its sending a message is kept. */
  retentionMs: Millis;
  /** The attributes that were set, by SQS's names, in the form in which they are handed back. */
  attributes: ReadonlyMap<string, string>;
  tags: ReadonlyMap<string, string>;
}

/** A queue as it was at one instant; a change makes a new one. */
export interface Queue extends Readonly<QueueKey>, Readonly<QueueSettings> {
  /** Never given to another queue, also not after this one is deleted. */
  readonly id: number;
  readonly createdAt: Millis;
  /** When its attributes were last changed; tags do not count. */
  readonly modifiedAt: Millis;
}

/** What of a queue is to change: `undefined` as a value removes the entry. */
export interface QueueChange {
  retentionMs?: Millis;
  attributes?: ReadonlyMap<string, string | undefined>;
  tags?: ReadonlyMap<string, string | undefined>;
  /** The attributes must still have these values, or nothing changes: for a value that was made from an older one. */
  expected?: ReadonlyMap<string, string | undefined>;
  /**
   * FIFO only: messages that were never received become visible so long after their sending. This is the one verb that
   * looks at every message.
   */
  delayMs?: Millis;
}

export interface Counts {
  visible: number;
  inFlight: number;
  delayed: number;
}
