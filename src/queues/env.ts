/** The shared context of every operation: the engine, the clock and the settings. It lives as long as the server. */

import type { Queue, Store } from '../storage/store.ts';
import type { Clock } from '../time/clock.ts';
import type { Cooldowns } from './cooldowns.ts';
import type { Faults } from './faults/faults.ts';
import type { FifoQuotas } from './fifo-quotas.ts';
import type { ReceiptHandles } from './receipt-handle.ts';
import type { Mover } from './redrive/mover.ts';
import type { Waiters } from './waiters.ts';

/** What the control interface tells the part that feeds functions from queues. */
export interface Feeding {
  /** Lets functions get no messages until `resume` is called. Resolves when no receive is in progress. */
  pause(): Promise<void>;
  resume(): void;
  /** Must be called after queues were removed with everything in them, and with their event source mappings. */
  queuesRemoved(): Promise<void>;
  /** Must be called after a snapshot was restored. */
  queuesReplaced(): Promise<void>;
}

export interface Env {
  store: Store;
  receiptHandles: ReceiptHandles;
  clock: Clock;
  waiters: Waiters;
  mover: Mover;
  /** The maximum number of messages in flight per queue. */
  inFlightLimit: number;
  /** Present if AWS's 60-second waiting periods are turned on. */
  cooldowns?: Cooldowns | undefined;
  /** Present if AWS's throughput quotas for FIFO queues are turned on. */
  fifoQuotas?: FifoQuotas | undefined;
  /** Present if fault injection is available. */
  faults?: Faults | undefined;
  /** Whether a queue is created when it is first used. */
  autoCreate?: boolean;
  /** Returns how many more characters of responses may wait for their clients to read them. Unlimited if absent. */
  responseRoom?: (() => number) | undefined;
  /** Called once for each receive that returns no message, even if a long poll looked several times. */
  onEmptyReceive?: ((queue: Queue) => void) | undefined;
  /** Called after a queue was created. */
  onQueueCreated?: ((queue: Queue) => void) | undefined;
  /** Present once functions are fed from queues. */
  feeding?: Feeding | undefined;
  /** Returns a new UUID. */
  newId(): string;
}
