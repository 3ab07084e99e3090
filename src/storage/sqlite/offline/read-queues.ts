/** Reads the queues of a data folder that no running Squab uses, optionally with their messages. */

import type { Millis } from '../../../time/clock.ts';
import { HIDDEN_ACCOUNT } from '../../hidden.ts';
import { isListed } from '../../mapping-verbs.ts';
import type { Mapping } from '../../mappings.ts';
import { type MappingRow, mappingOf } from '../../rows/mapping-row.ts';
import { unpacked } from '../../rows/message-row.ts';
import type { MessageContent, QueueKey } from '../../store.ts';
import { readFolder } from './reading.ts';

export interface StoredQueue extends QueueKey {
  fifo: boolean;
  attributes: ReadonlyMap<string, string>;
  tags: ReadonlyMap<string, string>;
  /** Unexpired messages in any state, the oldest first. */
  messages: StoredMessage[];
  /** Its event source mappings. */
  eventSourceMappings: Mapping[];
}

interface StoredMessage
  extends Pick<MessageContent, 'body' | 'attributes' | 'traceHeader' | 'groupId' | 'deduplicationId'> {
  /** The ARN of the queue that dead-lettered it. */
  deadLetterSource: string | undefined;
}

interface QueueRow extends QueueKey {
  fifo: number;
  attributes: string;
  tags: string;
  generation: number;
  retention_ms: number;
}

interface ContentRow {
  body: string;
  attributes: string | null;
  trace_header: string | null;
  group_id: string | null;
  deduplication_id: string | null;
  source_arn: string | null;
}

/**
 * Returns all queues except hidden ones, ordered by account, region and name. Calls `step` after each with the number of queues read so
 * far, and the total. Throws DataFolderError if the folder cannot be read or is in use.
 */
export function readQueues(
  folder: string,
  { messages, now }: { messages: boolean; now: Millis },
  step: (done: number, all: number) => void,
): StoredQueue[] {
  return readFolder(folder, (connection) => {
    const rows = connection
      .prepare<[string], QueueRow>('SELECT * FROM queues WHERE account <> ? ORDER BY account, region, name')
      .all(HIDDEN_ACCOUNT);
    const contents = connection.prepare<[number, Millis], ContentRow>(
      `SELECT body, attributes, trace_header, group_id, deduplication_id, source_arn
       FROM messages m CROSS JOIN contents c ON c.key = m.key WHERE generation = ? AND sent_at > ? ORDER BY m.key`,
    );
    const mappings = connection.prepare<[], MappingRow>('SELECT * FROM mappings ORDER BY place').all().map(mappingOf);
    return rows.map(({ account, region, name, fifo, attributes, tags, generation, retention_ms }, index) => {
      const found = messages ? contents.all(generation, now - retention_ms) : [];
      step(index + 1, rows.length);
      return {
        ...{ account, region, name, fifo: fifo === 1 },
        attributes: new Map(JSON.parse(attributes) as [string, string][]),
        tags: new Map(JSON.parse(tags) as [string, string][]),
        eventSourceMappings: mappings.filter((mapping) =>
          isListed(mapping, { queue: { account, region, name }, limit: 1 }),
        ),
        messages: found.map((row) => ({
          body: row.body,
          attributes: row.attributes === null ? undefined : unpacked(row.attributes),
          traceHeader: row.trace_header ?? undefined,
          groupId: row.group_id ?? undefined,
          deduplicationId: row.deduplication_id ?? undefined,
          deadLetterSource: row.source_arn ?? undefined,
        })),
      };
    });
  });
}
