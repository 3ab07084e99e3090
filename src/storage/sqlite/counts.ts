/**
 * How many messages of a queue are visible, in flight and delayed, without ever counting them all.
 *
 * The counts belong to an instant. A verb first brings them to its own instant (`bringTo`). Messages whose delay or
 * visibility timeout has ended since are adjacent in the index, and each is looked at once per timeout; expired
 * messages are the first of their generation. The verb's own changes are counted where they are made, in
 * message-table.ts. Time may also go backward: two requests can reach the store in a different order than they read
 * the clock.
 */

import type { Millis } from '../../time/clock.ts';
import type { Outbox } from '../outbox.ts';
import type { Connection } from './database.ts';
import type { MessageRow, MessageTable } from './message-table.ts';
import type { GroupTable } from './order/groups.ts';
import { IS_GROUPED } from './order/lines.ts';
import type { QueueState } from './queue-table.ts';

/** The largest number of expired messages that one verb frees: about a millisecond of work. */
export const FREED_AT_ONCE = 200;

/** The same limit in bytes of bodies: a body of 1 MiB takes as long as a hundred small messages. */
const FREED_BYTES_AT_ONCE = 4 * 1024 * 1024;

interface Tables {
  table: MessageTable;
  groups: GroupTable;
  outbox: Outbox;
}

export class CountKeeper {
  readonly #table: MessageTable;
  readonly #groups: GroupTable;
  readonly #outbox: Outbox;
  readonly #shown;
  readonly #shownUngrouped;
  readonly #oldest;

  constructor(connection: Connection, { table, groups, outbox }: Tables) {
    this.#table = table;
    this.#groups = groups;
    this.#outbox = outbox;
    const shown = (isGrouped: '= 0' | 'IN (0, 1)') =>
      connection.prepare<[number, Millis, Millis], { received: number; unreceived: number }>(
        `SELECT coalesce(sum(receives > 0), 0) AS received, coalesce(sum(receives = 0), 0) AS unreceived
         FROM messages INDEXED BY messages_by_visible_at
         WHERE generation = ? AND ${IS_GROUPED} ${isGrouped} AND visible_at > ? AND visible_at <= ?`,
      );
    this.#shown = shown('IN (0, 1)');
    this.#shownUngrouped = shown('= 0');
    this.#oldest = connection.prepare<[number, number], MessageRow>(
      `SELECT key, sent_at, visible_at, receives, earlier_receives, group_number FROM messages
       WHERE generation = ? ORDER BY key LIMIT ?`,
    );
  }

  /** Brings the counts to the instant `now`, and frees up to `limit` expired messages. Returns how many it freed. */
  bringTo(state: QueueState, now: Millis, limit = FREED_AT_ONCE): number {
    const { counts } = state;
    if (now > counts.at) {
      counts.moveTo(now, counts.inFlight + counts.delayed > 0 ? this.#between(state, counts.at, now) : NONE);
    } else if (now < counts.at) {
      const { received, unreceived } = counts.visible > 0 ? this.#between(state, now, counts.at) : NONE;
      counts.moveTo(now, { received: -received, unreceived: -unreceived });
    }
    return now >= state.expiryFrom ? this.#expire(state, now, limit) : 0;
  }

  /** Frees up to `limit` messages, or fewer long ones, of a generation that no queue has any more. */
  freeAbandoned(generation: number, limit: number): { freed: number; isEmpty: boolean } {
    const messages = this.#oldest.all(generation, limit);
    const freed = this.#free({ generation }, messages, limit).length;
    return { freed, isEmpty: freed === messages.length && freed < limit };
  }

  /** Returns how many messages become visible after `from` and up to `to`. */
  #between({ generation, hasGroups }: QueueState, from: Millis, to: Millis): { received: number; unreceived: number } {
    this.#table.writeNew();
    return (hasGroups ? this.#shown : this.#shownUngrouped).get(generation, from, to)!;
  }

  /**
   * Frees the expired messages among the oldest ones, and records when to look again. The oldest messages have the
   * smallest keys, except those sent after the clock was set back. If more than FREED_AT_ONCE messages with smaller
   * keys come before such a message, it stays in the counts until they expire (but is never handed out after its own
   * expiry).
   */
  #expire(state: QueueState, now: Millis, limit: number): number {
    this.#table.writeNew();
    const oldest = this.#oldest.all(state.generation, FREED_AT_ONCE);
    const endOf = (message: MessageRow) => message.sent_at + state.queue.retentionMs;
    const expired = oldest.filter((message) => endOf(message) <= now);
    const freed = this.#free(state, expired, limit);
    for (const { key } of freed) this.#outbox.record?.({ kind: 'expired', queue: state.queue, key });
    // An expired message may have locked its group.
    this.#groups.refresh(state, freed);
    const gone = new Set(freed);
    const ends = oldest.filter((message) => !gone.has(message)).map(endOf);
    if (freed.length < FREED_AT_ONCE) state.expiryFrom = Math.min(...ends, Number.POSITIVE_INFINITY);
    return freed.length;
  }

  /** Frees the first of these messages: up to `limit` of them, or up to FREED_BYTES_AT_ONCE. Returns the freed ones. */
  #free(owner: Parameters<MessageTable['free']>[0], messages: readonly MessageRow[], limit: number): MessageRow[] {
    const freed: MessageRow[] = [];
    for (let bytes = 0; freed.length < Math.min(limit, messages.length) && bytes < FREED_BYTES_AT_ONCE; ) {
      const message = messages[freed.length]!;
      bytes += this.#table.free(owner, message);
      freed.push(message);
    }
    return freed;
  }
}

const NONE = { received: 0, unreceived: 0 };
