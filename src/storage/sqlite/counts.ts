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
import { FREED_AT_ONCE, Freeing } from '../portions.ts';
import type { MessageRow } from '../rows/message-row.ts';
import type { Connection } from './database.ts';
import type { MessageTable } from './message-table.ts';
import type { GroupTable } from './order/groups.ts';
import { IS_GROUPED } from './order/lines.ts';
import type { QueueState } from './queue-table.ts';

/** How many messages beyond the oldest ones are searched for expired ones, in a queue that is not in order. */
const SEARCHED_AT_ONCE = 20_000;

/**
 * A queue whose messages were sent this much out of order still counts as being in order: requests may reach the store
 * in a different order than they read the clock.
 */
const DISORDER_MS_MAX: Millis = 1000;

/** The same limit in bytes of bodies: a body of 1 MiB takes as long as a hundred small messages. */
const FREED_BYTES_AT_ONCE = 4 * 1024 * 1024;
/** A message with as many bytes counts as one more. */
const BYTES_PER_MESSAGE = FREED_BYTES_AT_ONCE / FREED_AT_ONCE;
/** A search behind the oldest messages counts as this many: it takes as long. */
const SEARCHED_AS = 500;

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
  readonly #newest;
  readonly #before;
  readonly #after;
  readonly #expiredBehind;
  readonly #behind;
  readonly #freeing = new Freeing();

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
    this.#newest = connection
      .prepare<[number], Millis>('SELECT sent_at FROM messages WHERE generation = ? ORDER BY key DESC LIMIT 1')
      .pluck();
    const neighbour = (side: 'key < ? ORDER BY key DESC' | 'key > ? ORDER BY key') =>
      connection
        .prepare<[number, number], Millis>(`SELECT sent_at FROM messages WHERE generation = ? AND ${side} LIMIT 1`)
        .pluck();
    this.#before = neighbour('key < ? ORDER BY key DESC');
    this.#after = neighbour('key > ? ORDER BY key');
    const behind = `FROM messages WHERE generation = :generation AND key >= :key ORDER BY key LIMIT ${SEARCHED_AT_ONCE}`;
    this.#expiredBehind = connection.prepare<[Place & { expired: Millis }], MessageRow>(
      `SELECT * FROM (SELECT key, sent_at, visible_at, receives, earlier_receives, group_number ${behind})
       WHERE sent_at <= :expired LIMIT ${FREED_AT_ONCE}`,
    );
    this.#behind = connection.prepare<[Place & { expired: Millis }], { next: Millis | null; disorder: Millis | null }>(
      `SELECT min(sent_at) FILTER (WHERE sent_at > :expired) AS next, max(before - sent_at) AS disorder
       FROM (SELECT sent_at, lag(sent_at) OVER (ORDER BY key) AS before ${behind})`,
    );
  }

  /** Must be called after each transaction. */
  endTurn(): void {
    this.#freeing.endTurn();
  }

  /**
   * Brings the counts to the instant `now`, and frees up to `limit` expired messages; none if this turn has freed very many.
   * Returns how many it freed.
   */
  bringTo(state: QueueState, now: Millis, limit = FREED_AT_ONCE): number {
    const { counts } = state;
    if (now > counts.at) {
      counts.moveTo(now, counts.inFlight + counts.delayed > 0 ? this.#between(state, counts.at, now) : NONE);
    } else if (now < counts.at) {
      const { received, unreceived } = counts.visible > 0 ? this.#between(state, now, counts.at) : NONE;
      counts.moveTo(now, { received: -received, unreceived: -unreceived });
    }
    return now >= state.expiryFrom && this.#freeing.mayFree(state.queue.id) ? this.#expire(state, now, limit) : 0;
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

  /** Must be called for each message that is sent at `sentAt`, with a key larger than all others. */
  sent(state: QueueState, sentAt: Millis): void {
    if (sentAt < state.latestSentAt - DISORDER_MS_MAX) state.isInOrder = false;
    else state.latestSentAt = Math.max(state.latestSentAt, sentAt);
  }

  /** Must be called for each message that was sent to another queue, and has moved to this one with its key. */
  moved(state: QueueState, key: number, sentAt: Millis): void {
    const earliest = (this.#before.get(state.generation, key) ?? Number.NEGATIVE_INFINITY) - DISORDER_MS_MAX;
    const latest = (this.#after.get(state.generation, key) ?? Number.POSITIVE_INFINITY) + DISORDER_MS_MAX;
    if (sentAt < earliest || sentAt > latest) state.isInOrder = false;
  }

  /**
   * Frees the expired messages among the oldest ones, and records when to look again. The oldest messages have the
   * smallest keys, except those sent after the clock was set back: for these, the messages behind the oldest ones are
   * searched. A message with more than SEARCHED_AT_ONCE others before it stays in the counts until they expire (but is
   * never handed out after its own expiry).
   */
  #expire(state: QueueState, now: Millis, limit: number): number {
    this.#table.writeNew();
    const oldest = this.#oldest.all(state.generation, FREED_AT_ONCE);
    const endOf = (message: MessageRow) => message.sent_at + state.queue.retentionMs;
    const expired = oldest.filter((message) => endOf(message) <= now);
    const isEnough = state.isInOrder || expired.length === FREED_AT_ONCE;
    const behind = isEnough ? NOTHING_BEHIND : this.#lookBehind(state, oldest, now);
    const freed = this.#free(state, [...expired, ...behind.expired], limit);
    for (const { key } of freed) this.#outbox.record?.({ kind: 'expired', queue: state.queue, key });
    // An expired message may have locked its group.
    this.#groups.refresh(state, freed);
    const gone = new Set(freed);
    const ends = [...oldest, ...behind.expired].filter((message) => !gone.has(message)).map(endOf);
    if (freed.length < FREED_AT_ONCE) state.expiryFrom = Math.min(...ends, behind.nextAt);
    return freed.length;
  }

  /** Finds expired messages behind the oldest ones, and when the next of the others expires. */
  #lookBehind(state: QueueState, oldest: readonly MessageRow[], now: Millis): Behind {
    const { generation, queue } = state;
    // The clock may have been set back before the queue was read from the database.
    state.latestSentAt = Math.max(state.latestSentAt, this.#newest.get(generation) ?? Number.NEGATIVE_INFINITY);
    const last = oldest.at(-1);
    if (!last || oldest.length < FREED_AT_ONCE) return NOTHING_BEHIND;
    this.#freeing.spend(SEARCHED_AS, queue.id);
    const from = { generation, key: last.key, expired: now - queue.retentionMs };
    const { next, disorder } = this.#behind.get(from)!;
    state.isInOrder = (disorder ?? 0) <= DISORDER_MS_MAX && isInOrder(oldest);
    const expired = this.#expiredBehind.all(from).filter(({ key }) => key !== last.key);
    return { expired, nextAt: next === null ? Number.POSITIVE_INFINITY : next + queue.retentionMs };
  }

  /** Frees the first of these messages: up to `limit` of them, or up to FREED_BYTES_AT_ONCE. Returns the freed ones. */
  #free(owner: Owner, messages: readonly MessageRow[], limit: number): MessageRow[] {
    const freed: MessageRow[] = [];
    let bytes = 0;
    while (freed.length < Math.min(limit, messages.length) && bytes < FREED_BYTES_AT_ONCE) {
      const message = messages[freed.length]!;
      bytes += this.#table.free(owner, message);
      freed.push(message);
    }
    this.#freeing.spend(freed.length + bytes / BYTES_PER_MESSAGE, owner.queue?.id);
    return freed;
  }
}

/** What the messages belong to that are freed: a queue, or a generation that no queue has any more. */
type Owner = Parameters<MessageTable['free']>[0] & { queue?: { id: number } };

const NONE = { received: 0, unreceived: 0 };

interface Place {
  generation: number;
  key: number;
}

/** What is known of the messages behind the oldest ones. */
interface Behind {
  expired: MessageRow[];
  nextAt: Millis;
}

const NOTHING_BEHIND: Behind = { expired: [], nextAt: Number.POSITIVE_INFINITY };

function isInOrder(messages: readonly MessageRow[]): boolean {
  return messages.every(({ sent_at }, index) => sent_at >= (messages[index - 1]?.sent_at ?? sent_at) - DISORDER_MS_MAX);
}
