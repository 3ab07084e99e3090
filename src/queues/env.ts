/** What a verb needs; lives as long as the server. */

import type { Clock } from '../clock.ts';
import type { Store } from '../storage/store.ts';
import type { Waiters } from './waiters.ts';

export interface Env {
  store: Store;
  clock: Clock;
  waiters: Waiters;
  /** How many messages of a queue may be in flight at a time. */
  inFlightLimit: number;
  /** A UUID that was never given out before. */
  newId(): string;
}
