/** Recent publications to FIFO topics, so that a duplicate is recognized. Those of a deleted topic also expire. */

import type { Millis } from '../../../time/clock.ts';
import type { Memory, Original } from '../../topics/publishing.ts';
import type { Tx } from '../session.ts';
import { statement } from '../statement.ts';

interface PublicationRow {
  key: string;
  message_id: string;
  sequence: number;
}

/** Finds the publications to a topic with these keys whose windows have not ended at $3. */
const FIND = statement<PublicationRow>(`
  SELECT deduplication_key AS key, message_id, sequence FROM squab.publications
  WHERE topic_id = $1 AND deduplication_key = ANY ($2::text[]) AND expires_at > $3`);

const KEEP = statement<never>(`
  INSERT INTO squab.publications (topic_id, deduplication_key, message_id, sequence, expires_at)
  SELECT $1, * FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[])
  ON CONFLICT (topic_id, deduplication_key) DO UPDATE
    SET message_id = excluded.message_id, sequence = excluded.sequence, expires_at = excluded.expires_at`);

/** Finds the publications with these keys whose windows have not ended. */
export async function findPublications(
  tx: Tx,
  topicId: number,
  keys: readonly string[],
  now: Millis,
): Promise<Map<string, Original>> {
  if (keys.length === 0) return new Map();
  const rows = await tx.run(FIND, [topicId, keys, now]);
  return new Map(rows.map(({ key, message_id: messageId, sequence }) => [key, { messageId, sequence }]));
}

/** Remembers publications with different keys, in place of earlier ones with these keys. */
export async function keepPublications(tx: Tx, topicId: number, memories: readonly Memory[]): Promise<void> {
  if (memories.length === 0) return;
  await tx.run(KEEP, [
    topicId,
    memories.map(({ key }) => key),
    memories.map(({ messageId }) => messageId),
    memories.map(({ sequence }) => sequence),
    memories.map(({ until }) => until),
  ]);
}
