/** What the parts of the engine work with. */

import type { Changes } from '../collections/changes.ts';
import type { Outbox } from '../outbox.ts';
import type { Memory } from './memory.ts';

export interface Basics {
  readonly changes: Changes;
  readonly memory: Memory;
  readonly outbox: Outbox;
  /** How many expired messages the verbs of this turn may still free. */
  readonly freeing: { left: number };
  /** Issues increasing numbers, none of them twice: queue IDs, message keys, ranks and eras. */
  nextNumber(): number;
}
