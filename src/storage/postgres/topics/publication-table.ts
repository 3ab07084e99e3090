/** Recent publications to FIFO topics, so that a duplicate is recognized. Those of a deleted topic also expire. */

import type { Millis } from '../../../time/clock.ts';
import type { Memory, Original } from '../../topics/publishing.ts';
import type { Tx } from '../session.ts';
import { statement } from '../statement.ts';

interface PublicationRow {
  topic_id: number;
  key: string;
  message_id: string;
  sequence: number;
  expires_at: Millis;
}

/** Finds publications by their topics and keys, of which there are as many of each. */
const FIND = statement<PublicationRow>(`
  SELECT k.topic_id, k.key, p.message_id, p.sequence, p.expires_at
  FROM unnest($1::bigint[], $2::text[]) AS k (topic_id, key)
    CROSS JOIN LATERAL (
      SELECT message_id, sequence, expires_at FROM squab.publications p
      WHERE p.topic_id = k.topic_id AND p.deduplication_key = k.key COLLATE "C"
      OFFSET 0
    ) p`);

const KEEP = statement<never>(`
  INSERT INTO squab.publications (topic_id, deduplication_key, message_id, sequence, expires_at)
  SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::bigint[])
  ON CONFLICT (topic_id, deduplication_key) DO UPDATE
    SET message_id = excluded.message_id, sequence = excluded.sequence, expires_at = excluded.expires_at`);

export interface TopicMemory extends Memory {
  topicId: number;
}

/** What is remembered of some topics: as the database has it, and then as a transaction changes it. */
export class Memories {
  readonly #byKey = new Map<string, TopicMemory>();
  readonly #added = new Map<string, TopicMemory>();

  /** Reads the publications to topics with these keys. */
  static async read(tx: Tx, keys: readonly Pick<TopicMemory, 'topicId' | 'key'>[]): Promise<Memories> {
    const memories = new Memories();
    if (keys.length === 0) return memories;
    const rows = await tx.run(FIND, [keys.map(({ topicId }) => topicId), keys.map(({ key }) => key)]);
    for (const { topic_id: topicId, key, message_id: messageId, sequence, expires_at: until } of rows) {
      memories.#byKey.set(idOf(topicId, key), { topicId, key, messageId, sequence, until });
    }
    return memories;
  }

  /** Returns the publication with this key whose window has not ended. */
  find(topicId: number, key: string, now: Millis): Original | undefined {
    const memory = this.#byKey.get(idOf(topicId, key));
    return memory && memory.until > now ? { messageId: memory.messageId, sequence: memory.sequence } : undefined;
  }

  /** Adds a publication, in place of an earlier one with its key. */
  add(topicId: number, memory: Memory): void {
    const added = { ...memory, topicId };
    this.#byKey.set(idOf(topicId, memory.key), added);
    this.#added.set(idOf(topicId, memory.key), added);
  }

  /** Stores what was added. */
  async write(tx: Tx): Promise<void> {
    const added = [...this.#added.values()];
    if (added.length === 0) return;
    await tx.run(KEEP, [
      added.map(({ topicId }) => topicId),
      added.map(({ key }) => key),
      added.map(({ messageId }) => messageId),
      added.map(({ sequence }) => sequence),
      added.map(({ until }) => until),
    ]);
  }
}

const idOf = (topicId: number, key: string) => `${topicId} ${key}`;
