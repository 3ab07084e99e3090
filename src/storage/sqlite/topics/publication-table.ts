/** Recent publications to FIFO topics, so that a duplicate is recognized. Those of a deleted topic also expire. */

import type { Millis } from '../../../time/clock.ts';
import type { Memory, Original } from '../../topics/publishing.ts';
import type { Connection } from '../database.ts';

export class PublicationTable {
  readonly #find;
  readonly #keep;
  readonly #forget;

  constructor(connection: Connection) {
    this.#find = connection.prepare<[number, string, Millis], Original>(
      `SELECT message_id AS messageId, sequence FROM publications
       WHERE topic_id = ? AND deduplication_key = ? AND expires_at > ?`,
    );
    this.#keep = connection.prepare<[number, string, string, number, Millis]>(
      'INSERT OR REPLACE INTO publications VALUES (?, ?, ?, ?, ?)',
    );
    this.#forget = connection.prepare<[Millis, number]>(
      `DELETE FROM publications WHERE (topic_id, deduplication_key) IN (
         SELECT topic_id, deduplication_key FROM publications WHERE expires_at <= ? ORDER BY expires_at LIMIT ?
       )`,
    );
  }

  /** Returns the publication with this key whose window has not ended. */
  find(topicId: number, key: string, now: Millis): Original | undefined {
    return this.#find.get(topicId, key, now);
  }

  keep(topicId: number, { key, messageId, sequence, until }: Memory): void {
    this.#keep.run(topicId, key, messageId, sequence, until);
  }

  /** Forgets up to `limit` publications whose windows have ended. Returns how many. */
  forget(now: Millis, limit: number): number {
    return this.#forget.run(now, limit).changes;
  }
}
