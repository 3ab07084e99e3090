/**
 * The short-term memory of FIFO queues: recent sends, so that a duplicate is not stored, and the messages that
 * receives with an attempt ID handed out, so that a receive can be repeated if its response was lost.
 */

import type { Millis } from '../../../time/clock.ts';
import type { Receipt } from '../../store.ts';
import type { Connection } from '../database.ts';
import { RecentSends } from './recent-sends.ts';

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
  readonly sends: RecentSends;
  readonly #findAttempt;
  readonly #keepAttempt;
  readonly #extendAttempt;
  readonly #forgetAttempts;

  constructor(connection: Connection) {
    this.sends = new RecentSends(connection);
    this.#findAttempt = connection.prepare<[number, string, Millis], AttemptRow>(
      `SELECT receipts, received_at, visible_at FROM attempts
       WHERE generation = ? AND attempt_id = ? AND expires_at > ?`,
    );
    this.#keepAttempt = connection.prepare('INSERT OR REPLACE INTO attempts VALUES (?, ?, ?, ?, ?, ?)');
    this.#extendAttempt = connection.prepare(
      'UPDATE attempts SET visible_at = ? WHERE generation = ? AND attempt_id = ?',
    );
    this.#forgetAttempts = connection.prepare<[Millis, number]>(
      `DELETE FROM attempts WHERE (generation, attempt_id) IN (
         SELECT generation, attempt_id FROM attempts WHERE expires_at <= ? ORDER BY expires_at LIMIT ?
       )`,
    );
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
    const sends = this.sends.forget(now, limit);
    return sends + this.#forgetAttempts.run(now, limit - sends).changes;
  }
}
