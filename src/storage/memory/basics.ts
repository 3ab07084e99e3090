/** What the parts of the engine work with. */

import type { Changes } from '../collections/changes.ts';
import type { Outbox } from '../outbox.ts';
import type { Freeing } from '../portions.ts';
import type { Memory } from './memory.ts';

export interface Basics {
  readonly changes: Changes;
  readonly memory: Memory;
  readonly outbox: Outbox;
  readonly freeing: Freeing;
  /** Issues increasing numbers, none of them twice: queue IDs, message keys, ranks and eras. */
  nextNumber(): number;
}
