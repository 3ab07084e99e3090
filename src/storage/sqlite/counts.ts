/**
 * How many messages of a queue are visible, in flight and delayed, without ever counting them all.
 *
 * The counts belong to an instant. A verb first brings them to its own instant (`bringTo`). Messages whose delay or
 * visibility timeout has ended since are adjacent in the index, and each is looked at once per timeout; expired
 * messages are the first of their generation. Then the verb adds and subtracts its own changes. Time may also go
 * backward: two requests can reach the store in another order than that in which they read the clock.
 */

import type { Millis } from '../../time/clock.ts';
import type { Announcement, Counts } from '../store.ts';
import type { Connection } from './database.ts';
import type { GroupTable } from './groups.ts';
import { IS_GROUPED, type MessageTable } from './message-table.ts';
import type { Outbox } from './outbox.ts';
import type { QueueState, QueueTable } from './queue-table.ts';

/** The largest number of expired messages that one verb frees: about a millisecond of work. */
export const FREED_AT_ONCE = 200;

/** The same limit in bytes of bodies: a body of 1 MiB takes as long as a hundred small messages. */
const FREED_BYTES_AT_ONCE = 4 * 1024 * 1024;

interface Tables {
  queues: QueueTable;
  table: MessageTable;
  groups: GroupTable;
  announce: Announcement;
  outbox: Outbox;
}

export class CountKeeper {
  readonly #queues: QueueTable;
  readonly #table: MessageTable;
  readonly #groups: GroupTable;
  readonly #announce: Announcement;
  readonly #outbox: Outbox;
  readonly #between;
  readonly #ungroupedBetween;
  readonly #all;
  readonly #oldest;

  constructor(connection: Connection, { queues, table, groups, announce, outbox }: Tables) {
    this.#queues = queues;
    this.#table = table;
    this.#groups = groups;
    this.#announce = announce;
    this.#outbox = outbox;
    const between = (isGrouped: '= 0' | 'IN (0, 1)') =>
      connection.prepare<[number, Millis, Millis], { count: number; received: number }>(
        `SELECT count(*) AS count, coalesce(sum(receives > 0), 0) AS received
         FROM messages INDEXED BY messages_by_visible_at
         WHERE generation = ? AND ${IS_GROUPED} ${isGrouped} AND visible_at > ? AND visible_at <= ?`,
      );
    this.#between = between('IN (0, 1)');
    this.#ungroupedBetween = between('= 0');
    this.#all = connection.prepare<[{ generation: number; now: Millis }], { [State in keyof Counts]: number | null }>(
      `SELECT sum(visible_at <= :now) AS visible, sum(visible_at > :now AND receives > 0) AS inFlight,
         sum(visible_at > :now AND receives = 0) AS delayed
       FROM messages WHERE generation = :generation`,
    );
    this.#oldest = connection.prepare<[number, number], OldMessage>(
      'SELECT key, sent_at, visible_at, receives, group_number FROM messages WHERE generation = ? ORDER BY key LIMIT ?',
    );
  }

  /** Brings the counts to the instant `now`, and frees up to `limit` expired messages. Returns how many it freed. */
  bringTo(state: QueueState, now: Millis, limit = FREED_AT_ONCE): number {
    const { countedAt } = state;
    if (now > countedAt && state.inFlight + state.delayed > 0) this.#show(state, countedAt, now, 1);
    else if (now < countedAt && state.visible > 0) this.#show(state, now, countedAt, -1);
    state.countedAt = now;
    return now >= state.expiryFrom ? this.#expire(state, now, limit) : 0;
  }

  /** Adds `change`, whose numbers may be negative, to the counts of a queue. */
  add(state: QueueState, change: { visible?: number; inFlight?: number; delayed?: number }): void {
    state.visible += change.visible ?? 0;
    state.inFlight += change.inFlight ?? 0;
    state.delayed += change.delayed ?? 0;
    this.#queues.countsChanged(state);
  }

  /** Subtracts a message from the count that includes it at `now`. */
  subtract(state: QueueState, message: { visible_at: Millis; receives: number }, now: Millis): void {
    if (message.visible_at <= now) this.add(state, { visible: -1 });
    else if (message.receives > 0) this.#subtractInFlight(state, now);
    else this.add(state, { delayed: -1 });
  }

  /** Counts every message of the queue. This is the one place that does. */
  recount(state: QueueState, now: Millis): void {
    const { visible, inFlight, delayed } = this.#all.get({ generation: state.generation, now })!;
    Object.assign(state, { visible: visible ?? 0, inFlight: inFlight ?? 0, delayed: delayed ?? 0, countedAt: now });
    this.#queues.countsChanged(state);
  }

  /** Frees up to `limit` messages, or fewer long ones, of a generation that no queue has any more. */
  freeAbandoned(generation: number, limit: number): { freed: number; isEmpty: boolean } {
    const messages = this.#oldest.all(generation, limit);
    const freed = this.#free(generation, messages, limit).length;
    return { freed, isEmpty: freed === messages.length && freed < limit };
  }

  /** Subtracts a message that was in flight. If the in-flight limit had been reached, announces that there is room. */
  #subtractInFlight(state: QueueState, now: Millis): void {
    this.add(state, { inFlight: -1 });
    if (!state.full) return;
    state.full = false;
    this.#announce(state.queue.id, now);
  }

  /**
   * Counts the messages that become visible after `from` and up to `to` as visible, or with sign -1 as hidden again.
   */
  #show(state: QueueState, from: Millis, to: Millis, sign: 1 | -1): void {
    this.#table.writeNew();
    const between = state.hasGroups ? this.#between : this.#ungroupedBetween;
    const { count, received } = between.get(state.generation, from, to)!;
    if (count === 0) return;
    this.add(state, { visible: sign * count, inFlight: -sign * received, delayed: -sign * (count - received) });
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
    const endOf = (message: OldMessage) => message.sent_at + state.queue.retentionMs;
    const expired = oldest.filter((message) => endOf(message) <= now);
    const freed = this.#free(state.generation, expired, limit);
    for (const message of freed) {
      this.subtract(state, message, now);
      this.#outbox.record?.({ kind: 'expired', queue: state.queue, key: message.key });
    }
    // An expired message may have locked its group.
    this.#groups.refresh(state, freed);
    const gone = new Set(freed);
    const ends = oldest.filter((message) => !gone.has(message)).map(endOf);
    if (freed.length < FREED_AT_ONCE) state.expiryFrom = Math.min(...ends, Number.POSITIVE_INFINITY);
    return freed.length;
  }

  /** Frees the first of these messages: up to `limit` of them, or up to FREED_BYTES_AT_ONCE. Returns the freed ones. */
  #free(generation: number, messages: readonly OldMessage[], limit: number): OldMessage[] {
    const freed: OldMessage[] = [];
    for (let bytes = 0; freed.length < Math.min(limit, messages.length) && bytes < FREED_BYTES_AT_ONCE; ) {
      const message = messages[freed.length]!;
      bytes += this.#table.free(generation, message.key);
      freed.push(message);
    }
    return freed;
  }
}

interface OldMessage {
  key: number;
  sent_at: Millis;
  visible_at: Millis;
  receives: number;
  group_number: number | null;
}
