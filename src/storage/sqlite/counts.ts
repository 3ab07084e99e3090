/**
 * How many messages of a queue are visible, in flight and delayed, without ever counting them all.
 *
 * The counts belong to an instant. A verb first brings them to its own (`bringTo`): messages whose delay or visibility
 * timeout ended in between lie next to each other in the index, and each is looked at once per timeout; expired ones are
 * the first of their generation. After that a verb adds and subtracts what it does itself.
 * Time may also go back: two requests can reach the store in another order than the one in which they noted the hour.
 */

import type { Millis } from '../../clock.ts';
import type { Connection } from './database.ts';
import type { QueueState, QueueTable } from './queue-table.ts';

/** Expired messages that one verb frees at most: about a millisecond. */
export const FREED_AT_ONCE = 200;

export class CountKeeper {
  readonly #queues: QueueTable;
  readonly #between;
  readonly #oldest;
  readonly #deleteMessage;
  readonly #deleteContent;

  constructor(connection: Connection, queues: QueueTable) {
    this.#queues = queues;
    this.#between = connection.prepare<[number, Millis, Millis], { count: number; received: number }>(
      `SELECT count(*) AS count, coalesce(sum(receives > 0), 0) AS received
       FROM messages INDEXED BY messages_by_visible_at
       WHERE generation = ? AND visible_at > ? AND visible_at <= ?`,
    );
    this.#oldest = connection.prepare<[number, number], OldMessage>(
      'SELECT key, sent_at, visible_at, receives FROM messages WHERE generation = ? ORDER BY key LIMIT ?',
    );
    this.#deleteMessage = connection.prepare('DELETE FROM messages WHERE generation = ? AND key = ?');
    this.#deleteContent = connection.prepare('DELETE FROM contents WHERE key = ?');
  }

  /** Makes the counts those of `now`, and frees expired messages. Returns how many it freed. */
  bringTo(state: QueueState, now: Millis): number {
    const { countedAt } = state;
    if (now > countedAt && state.inFlight + state.delayed > 0) this.#show(state, countedAt, now, 1);
    else if (now < countedAt && state.visible > 0) this.#show(state, now, countedAt, -1);
    state.countedAt = now;
    return now >= state.expiryFrom ? this.#expire(state, now) : 0;
  }

  add(state: QueueState, change: { visible?: number; inFlight?: number; delayed?: number }): void {
    state.visible += change.visible ?? 0;
    state.inFlight += change.inFlight ?? 0;
    state.delayed += change.delayed ?? 0;
    this.#queues.countsChanged(state);
  }

  /** Takes a message out of the count that it is in at `now`. */
  subtract(state: QueueState, message: { visible_at: Millis; receives: number }, now: Millis): void {
    if (message.visible_at <= now) this.add(state, { visible: -1 });
    else if (message.receives > 0) this.add(state, { inFlight: -1 });
    else this.add(state, { delayed: -1 });
  }

  /** Frees up to `limit` messages of a generation that no queue has any more. */
  freeAbandoned(generation: number, limit: number): number {
    const messages = this.#oldest.all(generation, limit);
    for (const { key } of messages) this.#free(generation, key);
    return messages.length;
  }

  /** Counts messages that become visible after `from` and until `to` as visible; with a sign of -1, as hidden again. */
  #show(state: QueueState, from: Millis, to: Millis, sign: 1 | -1): void {
    const { count, received } = this.#between.get(state.generation, from, to)!;
    if (count === 0) return;
    this.add(state, { visible: sign * count, inFlight: -sign * received, delayed: -sign * (count - received) });
  }

  #expire(state: QueueState, now: Millis): number {
    const { generation } = state;
    const { retentionMs } = state.queue;
    const oldest = this.#oldest.all(generation, 1)[0];
    if (oldest && oldest.sent_at + retentionMs > now) {
      state.expiryFrom = oldest.sent_at + retentionMs;
      return 0;
    }
    const messages = this.#oldest.all(generation, FREED_AT_ONCE);
    const kept = messages.findIndex((message) => message.sent_at + retentionMs > now);
    const expired = kept === -1 ? messages : messages.slice(0, kept);
    for (const message of expired) {
      this.#free(generation, message.key);
      this.subtract(state, message, now);
    }
    if (kept !== -1) state.expiryFrom = messages[kept]!.sent_at + retentionMs;
    else if (messages.length < FREED_AT_ONCE) state.expiryFrom = Number.POSITIVE_INFINITY;
    return expired.length;
  }

  #free(generation: number, key: number): void {
    this.#deleteMessage.run(generation, key);
    this.#deleteContent.run(key);
  }
}

interface OldMessage {
  key: number;
  sent_at: Millis;
  visible_at: Millis;
  receives: number;
}
