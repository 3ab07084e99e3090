/** Messages as an inspection shows them: their rows, their contents, and the messages that block them. */

import type { Millis } from '../../../time/clock.ts';
import type { MessageState, PeekedMessage } from '../../inspection.ts';
import { type Candidate, type MessageRow, unpacked } from '../../rows/message-row.ts';
import type { Queue } from '../../store.ts';
import type { Tx } from '../session.ts';
import { statement } from '../statement.ts';

/** The columns of a message that change while it exists. */
export type PeekRow = MessageRow & Pick<Candidate, 'rank' | 'first_received_at' | 'source_arn'>;

type ContentRow = Omit<Candidate, Exclude<keyof PeekRow, 'key'>>;

/** A message that blocks others of its group. */
export interface Blocker {
  key: number;
  messageId: string;
  visibleAt: Millis;
}

export const PEEK_COLUMNS = `key, sent_at, visible_at, rank, receives, earlier_receives, first_received_at, source_arn,
  group_number`;

/** Rows of messages by their keys. */
const ROWS = statement<PeekRow>(
  `SELECT ${PEEK_COLUMNS} FROM squab.messages WHERE generation = $1 AND key = ANY ($2::bigint[])`,
);

/** The sizes of contents in bytes. PostgreSQL knows them without reading a long body. */
const SIZES = statement<{ key: number; bytes: number }>(
  `SELECT key, octet_length(body) + coalesce(octet_length(attributes), 0) AS bytes
   FROM squab.contents WHERE key = ANY ($1::bigint[])`,
);

const CONTENTS = statement<ContentRow>(
  `SELECT key, message_id, body, body_md5, attributes, sender_id, trace_header, group_id, deduplication_id
   FROM squab.contents WHERE key = ANY ($1::bigint[])`,
);

/** Returns the rows of messages that exist, by key. */
export async function rowsOf(tx: Tx, generation: number, keys: readonly number[]): Promise<Map<number, PeekRow>> {
  const rows = keys.length === 0 ? [] : await tx.run(ROWS, [generation, keys]);
  return new Map(rows.map((row) => [row.key, row]));
}

/** Reads the contents of messages when they are asked for, each time those of the next ones too. */
export class Contents {
  readonly #tx: Tx;
  readonly #keys: readonly number[];
  readonly #bytesAtOnce: number;
  readonly #read = new Map<number, ContentRow>();
  #sizes: ReadonlyMap<number, number> | undefined;

  /** The contents of these keys, in the order in which they will be asked for, about `bytesAtOnce` at a time. */
  constructor(tx: Tx, keys: readonly number[], bytesAtOnce: number) {
    this.#tx = tx;
    this.#keys = keys;
    this.#bytesAtOnce = bytesAtOnce;
  }

  /** Returns a content, and forgets it. Undefined if there is none. `atMost` limits how many are read at once. */
  async take(key: number, atMost: number): Promise<ContentRow | undefined> {
    if (!this.#read.has(key)) await this.#readFrom(key, atMost);
    const content = this.#read.get(key);
    this.#read.delete(key);
    return content;
  }

  async #readFrom(first: number, atMost: number): Promise<void> {
    this.#sizes ??= await this.#readSizes();
    const sizes = this.#sizes;
    const next: number[] = [];
    let bytes = 0;
    for (const key of this.#keys.slice(this.#keys.indexOf(first))) {
      bytes += sizes.get(key) ?? 0;
      if (next.length > 0 && (bytes > this.#bytesAtOnce || next.length >= atMost)) break;
      next.push(key);
    }
    for (const content of await this.#tx.run(CONTENTS, [next])) this.#read.set(content.key, content);
  }

  async #readSizes(): Promise<Map<number, number>> {
    const rows = await this.#tx.run(SIZES, [this.#keys]);
    return new Map(rows.map(({ key, bytes }) => [key, bytes]));
  }
}

export function isExpired({ retentionMs }: Queue, { sent_at }: Pick<PeekRow, 'sent_at'>, now: Millis): boolean {
  return sent_at + retentionMs <= now;
}

export function stateOf({ visible_at, receives }: PeekRow, blocker: object | undefined, now: Millis): MessageState {
  if (blocker) return 'blocked';
  if (visible_at <= now) return 'visible';
  return receives > 0 ? 'in-flight' : 'delayed';
}

export function peekedOf(
  queue: Queue,
  row: PeekRow,
  content: ContentRow,
  state: MessageState,
  blockedBy?: Blocker,
): PeekedMessage {
  return {
    key: row.key,
    state,
    messageId: content.message_id,
    body: content.body,
    bodyMd5: content.body_md5,
    attributes: content.attributes === null ? undefined : unpacked(content.attributes),
    senderId: content.sender_id,
    traceHeader: content.trace_header ?? undefined,
    groupId: content.group_id ?? undefined,
    deduplicationId: content.deduplication_id ?? undefined,
    deadLetterSource: row.source_arn ?? undefined,
    sentAt: row.sent_at,
    visibleAt: row.visible_at,
    expiresAt: row.sent_at + queue.retentionMs,
    receiveCount: row.earlier_receives + row.receives,
    receivesHere: row.receives,
    firstReceivedAt: row.first_received_at ?? undefined,
    blockedBy,
  };
}
