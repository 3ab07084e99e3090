/** The parts of the engine that the verbs on messages work with. */

import type { Millis } from '../../time/clock.ts';
import type { CatalogueBound } from '../catalogue-bound.ts';
import type { Outbox } from '../outbox.ts';
import type { Announcement } from '../store.ts';
import { CountKeeper } from './counts.ts';
import type { Connection } from './database.ts';
import { Eras } from './eras.ts';
import { MessageTable } from './message-table.ts';
import { Numbers } from './numbers.ts';
import { GroupTable } from './order/groups.ts';
import { Lines } from './order/lines.ts';
import { TenantTable } from './order/tenants.ts';
import { QueueTable } from './queue-table.ts';
import { Memories } from './recent/memories.ts';
import { PublicationTable } from './topics/publication-table.ts';

export interface Parts {
  numbers: Numbers;
  queues: QueueTable;
  table: MessageTable;
  lines: Lines;
  groups: GroupTable;
  tenants: TenantTable;
  memories: Memories;
  publications: PublicationTable;
  counts: CountKeeper;
  eras: Eras;
  /** Reads again what is kept in memory of the tables, after a transaction was rolled back. */
  reload(): void;
  announce(queueId: number, at: Millis): void;
  outbox: Outbox;
}

/** Makes the parts, which read the tables that are kept in memory. */
export function partsOf(connection: Connection, outbox: Outbox, bound: CatalogueBound): Parts {
  const announce: Announcement = (queueId, at) => outbox.announce(queueId, at);
  const numbers = new Numbers(connection);
  const queues = new QueueTable(connection, { numbers, announce, bound });
  const groups = new GroupTable(connection, numbers, announce);
  const eras = new Eras(connection, numbers);
  const table = new MessageTable(connection, eras);
  const lines = new Lines(connection);
  const memories = new Memories(connection);
  const tables = { queues, table, groups, announce, outbox };
  return {
    ...tables,
    lines,
    numbers,
    tenants: new TenantTable(connection, lines, groups),
    memories,
    publications: new PublicationTable(connection),
    counts: new CountKeeper(connection, tables),
    eras,
    reload() {
      numbers.reload();
      eras.reload();
      memories.sends.reload();
    },
  };
}
