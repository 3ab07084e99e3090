/** What a verb needs; lives as long as the server. */

import type { Queue, Store } from '../storage/store.ts';
import type { Clock } from '../time/clock.ts';
import type { Cooldowns } from './cooldowns.ts';
import type { Faults } from './faults/faults.ts';
import type { FifoQuotas } from './fifo-quotas.ts';
import type { Mover } from './redrive/mover.ts';
import type { Waiters } from './waiters.ts';

export interface Env {
  store: Store;
  clock: Clock;
  waiters: Waiters;
  mover: Mover;
  /** How many messages of a queue may be in flight at a time. */
  inFlightLimit: number;
  /** Present when AWS's waits of 60 seconds are asked for. */
  cooldowns?: Cooldowns | undefined;
  /** Present when AWS's throughput quotas are asked for. */
  fifoQuotas?: FifoQuotas | undefined;
  /** Present when faults can be ordered. */
  faults?: Faults | undefined;
  /** Queues are made when they are first used. */
  autoCreate?: boolean;
  /** Hears of receives that end without a message, however often they looked. */
  onEmptyReceive?: ((queue: Queue) => void) | undefined;
  /** A UUID that was never given out before. */
  newId(): string;
}
