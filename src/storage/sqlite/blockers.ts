/**
 * Which message of a group blocks others: the first hidden one. If a queue has few hidden messages, all of them are read.
 * Otherwise each group is read from its front, which is where its hidden messages nearly always are, up to the message in
 * question, in portions.
 */

import type { Millis } from '../../time/clock.ts';
import type { MessageRow } from '../rows/message-row.ts';
import type { Connection } from './database.ts';
import type { MessageTable } from './message-table.ts';
import { IS_GROUPED } from './order/lines.ts';
import type { QueueState } from './queue-table.ts';

/** How many messages a search reads in a turn: about ten milliseconds of work. */
const READ_AT_ONCE = 20_000;

/** If a queue has more hidden messages, they are not all read. */
const HIDDEN_MAX = 2000;

/** How many messages of a group are read first. Each further read of it reads as many as all before. */
const READ_FIRST = 10;

interface Place {
  generation: number;
  group: number;
  after: number;
  before: number;
  now: Millis;
  limit: number;
}

/** A message that blocks others of its group. */
export interface Blocker {
  key: number;
  visible_at: Millis;
}

/** How much of a group is known to be visible: its first `read` messages, up to the key `to`. */
interface Front {
  read: number;
  to: number;
}

export class Blockers {
  readonly #table: MessageTable;
  readonly #hidden;
  readonly #front;

  constructor(connection: Connection, table: MessageTable) {
    this.#table = table;
    this.#hidden = connection.prepare<[number, Millis], Blocker & { group_number: number }>(
      `SELECT group_number, key, visible_at FROM messages INDEXED BY messages_by_visible_at
       WHERE generation = ? AND ${IS_GROUPED} = 1 AND visible_at > ?`,
    );
    this.#front = connection.prepare<[Place], { read: number; last: number | null; hidden: number | null }>(
      `SELECT count(*) AS read, max(key) AS last, min(key) FILTER (WHERE visible_at > :now) AS hidden
       FROM (
         SELECT key, visible_at FROM messages INDEXED BY messages_by_group
         WHERE generation = :generation AND group_number = :group AND group_number > 0 AND key > :after AND key < :before
         ORDER BY key LIMIT :limit
       )`,
    );
  }

  /** Begins to look for the blockers of some messages. */
  search(): BlockerSearch {
    return new BlockerSearch(this);
  }

  /** Returns the first hidden message of each group that has one. */
  readHidden(generation: number, now: Millis): Map<number, Blocker> {
    const first = new Map<number, Blocker>();
    for (const { group_number, key, visible_at } of this.#hidden.all(generation, now)) {
      if (key < (first.get(group_number)?.key ?? Number.POSITIVE_INFINITY))
        first.set(group_number, { key, visible_at });
    }
    return first;
  }

  readFront(place: Place): { read: number; last: number | null; hidden: Blocker | undefined } {
    const { hidden, ...front } = this.#front.get(place)!;
    return { ...front, hidden: hidden === null ? undefined : this.#table.find(place.generation, hidden) };
  }
}

/** A search for the blockers of some messages of one queue, which may take several turns. */
export class BlockerSearch {
  readonly #blockers: Blockers;
  /** By group. Kept from turn to turn. */
  readonly #fronts = new Map<number, Front>();
  /** What this turn has found, by group. */
  #found = new Map<number, Blocker>();
  #hasAll = false;
  #left = 0;

  constructor(blockers: Blockers) {
    this.#blockers = blockers;
  }

  /** Must be called first in each turn: what was hidden may have become visible. */
  beginTurn(): void {
    this.#found = new Map();
    this.#hasAll = false;
    this.#left = READ_AT_ONCE;
  }

  /** Returns the message that blocks a message; `unfinished` if another turn has to go on with the search. */
  find({ generation, queue, counts }: QueueState, row: MessageRow, now: Millis): Blocker | undefined | 'unfinished' {
    const group = row.group_number;
    const hidden = counts.inFlight + counts.delayed;
    if (!queue.fifo || row.visible_at > now || group === null || hidden === 0) return undefined;
    if (hidden <= HIDDEN_MAX && !this.#hasAll) {
      this.#found = this.#blockers.readHidden(generation, now);
      this.#hasAll = true;
    }
    for (;;) {
      const found = this.#found.get(group);
      if (found || this.#hasAll) return found && found.key < row.key ? found : undefined;
      const front = this.#fronts.get(group) ?? { read: 0, to: -1 };
      if (front.to >= row.key - 1) return undefined;
      if (this.#left <= 0) return 'unfinished';
      const limit = Math.min(Math.max(READ_FIRST, front.read), READ_AT_ONCE);
      const place = { generation, group, after: front.to, before: row.key, now, limit };
      const next = this.#blockers.readFront(place);
      this.#left -= Math.max(next.read, 1);
      if (next.hidden) {
        this.#found.set(group, next.hidden);
        this.#fronts.set(group, { read: front.read, to: next.hidden.key - 1 });
      } else {
        const to = next.read < limit ? row.key - 1 : next.last!;
        this.#fronts.set(group, { read: front.read + next.read, to });
      }
    }
  }
}
