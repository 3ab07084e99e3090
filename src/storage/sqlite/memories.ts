/**
 * The short-term memory of FIFO queues: recent sends, so that a duplicate is not stored, and the messages that
 * receives with an attempt ID handed out, so that a receive can be repeated if its response was lost.
 */

import type { Millis } from '../../time/clock.ts';
import type { NewMessage, Receipt, Sent } from '../store.ts';
import type { Connection } from './database.ts';

export interface Attempt {
  receipts: Receipt[];
  receivedAt: Millis;
  /** When the messages become visible again, unless another request changes them. */
  visibleAt: Millis;
}

interface AttemptRow {
  receipts: string;
  received_at: Millis;
  visible_at: Millis;
}

export class Memories {
  readonly #keepSent;
  readonly #findSent;
  readonly #findAttempt;
  readonly #keepAttempt;
  readonly #extendAttempt;
  readonly #forget;

  constructor(connection: Connection) {
    this.#keepSent = connection.prepare<[number, string, string, number, Millis, Millis]>(
      `INSERT INTO deduplications VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET message_id = excluded.message_id, message_key = excluded.message_key,
         expires_at = excluded.expires_at
       WHERE expires_at <= ?`,
    );
    this.#findSent = connection.prepare<[number, string], { message_id: string; message_key: number }>(
      'SELECT message_id, message_key FROM deduplications WHERE generation = ? AND deduplication_key = ?',
    );
    this.#findAttempt = connection.prepare<[number, string, Millis], AttemptRow>(
      `SELECT receipts, received_at, visible_at FROM attempts
       WHERE generation = ? AND attempt_id = ? AND expires_at > ?`,
    );
    this.#keepAttempt = connection.prepare('INSERT OR REPLACE INTO attempts VALUES (?, ?, ?, ?, ?, ?)');
    this.#extendAttempt = connection.prepare(
      'UPDATE attempts SET visible_at = ? WHERE generation = ? AND attempt_id = ?',
    );
    this.#forget = ['deduplications', 'attempts'].map((table) => {
      const identity = table === 'attempts' ? 'attempt_id' : 'deduplication_key';
      return connection.prepare<[Millis, number]>(
        `DELETE FROM ${table} WHERE (generation, ${identity}) IN (
           SELECT generation, ${identity} FROM ${table} WHERE expires_at <= ? ORDER BY expires_at LIMIT ?
         )`,
      );
    });
  }

  /**
   * Remembers a send under its deduplication key. If the key is already remembered and its window has not ended,
   * leaves that entry and returns the original; otherwise returns undefined.
   */
  keepSent(
    generation: number,
    { key, windowMs }: NonNullable<NewMessage['deduplication']>,
    sent: Sent,
    now: Millis,
  ): Sent | undefined {
    const { changes } = this.#keepSent.run(generation, key, sent.messageId, sent.key, now + windowMs, now);
    if (changes > 0) return undefined;
    const row = this.#findSent.get(generation, key)!;
    return { messageId: row.message_id, key: row.message_key };
  }

  /** Returns an earlier attempt; undefined if there is none or its window has ended. */
  attempt(generation: number, id: string, now: Millis): Attempt | undefined {
    const row = this.#findAttempt.get(generation, id, now);
    if (!row) return undefined;
    return {
      receipts: JSON.parse(row.receipts) as Receipt[],
      receivedAt: row.received_at,
      visibleAt: row.visible_at,
    };
  }

  /** Remembers an attempt until `expiresAt`. */
  keepAttempt(generation: number, id: string, { receipts, receivedAt, visibleAt }: Attempt, expiresAt: Millis): void {
    this.#keepAttempt.run(generation, id, JSON.stringify(receipts), receivedAt, visibleAt, expiresAt);
  }

  /** Records that the messages of an attempt are now hidden until `visibleAt`. */
  extendAttempt(generation: number, id: string, visibleAt: Millis): void {
    this.#extendAttempt.run(visibleAt, generation, id);
  }

  /** Forgets up to `limit` sends and attempts whose windows have ended. Returns how many. */
  forget(now: Millis, limit: number): number {
    return this.#forget.reduce((count, statement) => count + statement.run(now, limit - count).changes, 0);
  }
}
