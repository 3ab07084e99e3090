/** The parts of the engine that the verbs on messages work with. */

import type { Millis } from '../../time/clock.ts';
import type { Outbox } from '../outbox.ts';
import type { CountKeeper } from './counts.ts';
import type { Eras } from './eras.ts';
import type { Memories } from './memories.ts';
import type { MessageTable } from './message-table.ts';
import type { Numbers } from './numbers.ts';
import type { GroupTable } from './order/groups.ts';
import type { Lines } from './order/lines.ts';
import type { TenantTable } from './order/tenants.ts';
import type { QueueTable } from './queue-table.ts';

export interface Parts {
  numbers: Numbers;
  queues: QueueTable;
  table: MessageTable;
  lines: Lines;
  groups: GroupTable;
  tenants: TenantTable;
  memories: Memories;
  counts: CountKeeper;
  eras: Eras;
  announce(queueId: number, at: Millis): void;
  outbox: Outbox;
}
