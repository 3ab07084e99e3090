/**
 * The tables of messages and their contents: inserts sent messages, finds the ones that a receive can hand out, and
 * hides, moves and deletes them.
 */

import type { Millis } from '../../time/clock.ts';
import type { Message, MessageAttribute, NewMessage } from '../store.ts';
import { BatchInsert } from './batch-insert.ts';
import { ByKeys } from './by-keys.ts';
import type { Connection } from './database.ts';
import type { Eras } from './eras.ts';

/** The columns of a message that change while it exists. */
export interface MessageRow {
  sent_at: Millis;
  visible_at: Millis;
  /** Receives from this queue. */
  receives: number;
  /** Receives from the queues that the message was in before. */
  earlier_receives: number;
  group_number: number | null;
}

/** A message with its content, which a receive may hand out. */
export interface Candidate extends MessageRow {
  key: number;
  first_received_at: Millis | null;
  source_arn: string | null;
  message_id: string;
  body: string;
  body_md5: string;
  attributes: string | null;
  sender_id: string;
  trace_header: string | null;
  group_id: string | null;
  deduplication_id: string | null;
  /** Orders messages that became visible at the same instant; see schema.ts. */
  rank: number;
}

/** For statements that join `messages m` with `contents c`. */
export const CANDIDATE_COLUMNS = `m.key, sent_at, visible_at, receives, earlier_receives, first_received_at, source_arn,
         group_number, message_id, body, body_md5, attributes, sender_id, trace_header, group_id, deduplication_id, rank`;

/** For rows of `messages`. Messages without a group number are in line apart from the others. */
export const IS_GROUPED = '(group_number IS NOT NULL)';

export class MessageTable {
  readonly #eras: Eras;
  readonly #newMessages: BatchInsert;
  readonly #newContents: BatchInsert;
  readonly #candidates;
  readonly #candidate;
  readonly #find;
  readonly #handOut;
  readonly #setVisibleAt;
  readonly #deleteMessages;
  readonly #deleteContents;
  readonly #freeContent;
  readonly #move;
  readonly #copyAsNew;
  readonly #renewContent;
  readonly #sendAgain;
  readonly #renameContent;
  readonly #delayUnreceived;
  readonly #nextVisibleAt;

  constructor(connection: Connection, eras: Eras) {
    this.#eras = eras;
    this.#newMessages = new BatchInsert(
      connection,
      'INSERT INTO messages VALUES',
      '(?, ?, ?, ?, 0, 0, NULL, NULL, ?, ?)',
    );
    this.#newContents = new BatchInsert(connection, 'INSERT INTO contents VALUES', '(?, ?, ?, ?, ?, ?, ?, ?, ?)');
    // The rule of a standard queue: a message can be delivered when it is visible and its retention period has not
    // ended. No message is visible before it is sent, so the range of the index that can only contain expired
    // messages is skipped. (One exception: a message that was made visible while the clock was set back may have a
    // visible_at before its sent_at. It loses that much of the end of its retention period.)
    this.#candidates = connection.prepare<
      [{ generation: number; grouped: 0 | 1; now: Millis; expired: Millis; max: number }],
      Candidate
    >(
      `SELECT ${CANDIDATE_COLUMNS}
       FROM messages m INDEXED BY messages_by_visible_at CROSS JOIN contents c ON c.key = m.key
       WHERE generation = :generation AND ${IS_GROUPED} = :grouped
         AND visible_at > :expired AND visible_at <= :now AND sent_at > :expired
       ORDER BY visible_at, rank, m.key LIMIT :max`,
    );
    this.#candidate = connection.prepare<[number, number], Candidate>(
      `SELECT ${CANDIDATE_COLUMNS} FROM messages m CROSS JOIN contents c ON c.key = m.key
       WHERE generation = ? AND m.key = ?`,
    );
    this.#find = new ByKeys<MessageRow & { key: number }>(
      connection,
      `SELECT key, sent_at, visible_at, receives, earlier_receives, group_number FROM messages
       WHERE generation = ? AND key`,
    );
    this.#handOut = new ByKeys(
      connection,
      `UPDATE messages SET visible_at = ?, rank = coalesce(?, key), receives = receives + 1,
         first_received_at = coalesce(first_received_at, ?)
       WHERE generation = ? AND key`,
    );
    this.#setVisibleAt = connection.prepare(
      'UPDATE messages SET visible_at = ?, rank = coalesce(?, key) WHERE generation = ? AND key = ?',
    );
    this.#deleteMessages = new ByKeys(connection, 'DELETE FROM messages WHERE generation = ? AND key');
    this.#deleteContents = new ByKeys(connection, 'DELETE FROM contents WHERE key');
    this.#freeContent = connection
      .prepare<[number], number>('DELETE FROM contents WHERE key = ? RETURNING octet_length(body)')
      .pluck();
    this.#move = connection.prepare(
      `UPDATE messages SET generation = ?, group_number = ?, visible_at = ?, rank = ?, source_arn = ?,
         earlier_receives = earlier_receives + receives, receives = 0
       WHERE generation = ? AND key = ?`,
    );
    this.#copyAsNew = connection.prepare(
      `INSERT INTO messages
       SELECT :generation, :key, :now, :now, 0, earlier_receives + receives, first_received_at, :sourceArn, :group, :key
       FROM messages WHERE generation = :fromGeneration AND key = :fromKey`,
    );
    this.#renewContent = connection.prepare('UPDATE contents SET key = ?, deduplication_id = message_id WHERE key = ?');
    // It needs a new key: keys are in the order of sending, and no receipt of the old message may match the new one.
    this.#sendAgain = connection.prepare(
      `UPDATE messages SET generation = :generation, key = :key, sent_at = :now, visible_at = :now, rank = :key,
         receives = 0, earlier_receives = 0, first_received_at = NULL, source_arn = NULL, group_number = :group
       WHERE generation = :fromGeneration AND key = :fromKey`,
    );
    this.#renameContent = connection.prepare(
      'UPDATE contents SET key = ?, message_id = ?, deduplication_id = ? WHERE key = ?',
    );
    this.#delayUnreceived = connection.prepare(
      `UPDATE messages SET visible_at = sent_at + ?
       WHERE generation = ? AND receives = 0 AND earlier_receives = 0`,
    );
    this.#nextVisibleAt = connection
      .prepare<[number, 0 | 1, Millis], Millis | null>(
        `SELECT min(visible_at) FROM messages INDEXED BY messages_by_visible_at
         WHERE generation = ? AND ${IS_GROUPED} = ? AND visible_at > ?`,
      )
      .pluck();
  }

  /** Adds a message, which the next `writeNew` inserts into the tables. */
  insert(generation: number, key: number, message: NewMessage, group: number | undefined, now: Millis): void {
    const { messageId, body, bodyMd5, attributes, senderId, traceHeader, groupId, deduplicationId, delayMs } = message;
    this.#newMessages.add(generation, key, now, now + delayMs, group ?? null, key);
    const packed = attributes ? JSON.stringify([...attributes]) : null;
    const ids = [groupId ?? null, deduplicationId ?? null] as const;
    this.#newContents.add(key, messageId, body, bodyMd5, packed, senderId, traceHeader ?? null, ...ids);
  }

  /** Inserts the added messages. Must be called before anything else reads the tables. */
  writeNew(): void {
    this.#newMessages.write();
    this.#newContents.write();
  }

  /** Drops the added messages that have not been inserted, after a rollback. */
  forgetNew(): void {
    this.#newMessages.forget();
    this.#newContents.forget();
  }

  /** Returns visible messages, those visible longest first. Messages sent at `expired` or earlier are left out. */
  candidates(generation: number, now: Millis, expired: Millis, max: number): Candidate[] {
    const grouped = this.#candidates.all({ generation, grouped: 1, now, expired, max });
    return [...this.ungrouped(generation, now, expired, max), ...grouped].sort(inLine).slice(0, max);
  }

  /** As `candidates`, without those that have a group. */
  ungrouped(generation: number, now: Millis, expired: Millis, max: number): Candidate[] {
    return this.#candidates.all({ generation, grouped: 0, now, expired, max });
  }

  find(generation: number, key: number): MessageRow | undefined {
    return this.#find.all([generation], [key])[0];
  }

  /** Returns the messages that exist, by key. */
  findAll(generation: number, keys: readonly number[]): Map<number, MessageRow> {
    return new Map(this.#find.all([generation], [...new Set(keys)]).map((row) => [row.key, row]));
  }

  /** Returns one message with its content. */
  candidate(generation: number, key: number): Candidate | undefined {
    return this.#candidate.get(generation, key);
  }

  /** Records a receive of these messages at `now`, after which they are visible from `visibleAt` on, in this rank. */
  handOut(generation: number, candidates: readonly Candidate[], now: Millis, visibleAt: Millis, rank?: number) {
    const keys = candidates.map(({ key }) => key);
    this.#handOut.run([visibleAt, rank ?? null, now, generation], keys);
    return candidates.map((candidate) => {
      candidate.receives += 1;
      candidate.first_received_at ??= now;
      return this.toMessage(candidate, now);
    });
  }

  /** Converts a row to a message whose latest receive was at `receivedAt`. */
  toMessage(row: Candidate, receivedAt: Millis): Message {
    const receiveCount = row.earlier_receives + row.receives;
    return {
      receipt: this.#eras.receipt(row.key, receiveCount),
      messageId: row.message_id,
      body: row.body,
      bodyMd5: row.body_md5,
      senderId: row.sender_id,
      sentAt: row.sent_at,
      receivedAt,
      firstReceivedAt: row.first_received_at!,
      receiveCount,
      attributes: row.attributes === null ? undefined : unpacked(row.attributes),
      traceHeader: row.trace_header ?? undefined,
      groupId: row.group_id ?? undefined,
      deduplicationId: row.deduplication_id ?? undefined,
      deadLetterSource: row.source_arn ?? undefined,
    };
  }

  /** Without a rank, the message is in the order of sending among those that become visible at the same instant. */
  setVisibleAt(generation: number, key: number, visibleAt: Millis, rank?: number): void {
    this.#setVisibleAt.run(visibleAt, rank ?? null, generation, key);
  }

  delete(generation: number, keys: readonly number[]): void {
    this.#deleteMessages.run([generation], keys);
    this.#deleteContents.run([], keys);
  }

  /** Deletes one message. Returns the size of its body in bytes. */
  free(generation: number, key: number): number {
    this.#deleteMessages.run([generation], [key]);
    return this.#freeContent.get(key) ?? 0;
  }

  /** Moves a message to another generation, in which it is visible from `now` on and has not been received. */
  move(
    from: number,
    key: number,
    to: { generation: number; group: number | undefined; rank: number },
    sourceArn: string,
    now: Millis,
  ): void {
    this.#move.run(to.generation, to.group ?? null, now, to.rank, sourceArn, from, key);
  }

  /** As `move`, to a FIFO queue. There it is a message sent at `now`, with its message ID as its deduplication ID. */
  moveAsNew(
    fromGeneration: number,
    fromKey: number,
    to: { generation: number; key: number; group: number },
    sourceArn: string,
    now: Millis,
  ): void {
    this.#copyAsNew.run({ fromGeneration, fromKey, ...to, sourceArn, now });
    this.#deleteMessages.run([fromGeneration], [fromKey]);
    this.#renewContent.run(to.key, fromKey);
  }

  /** Moves a message to another generation, as a message sent at `now` with new IDs. */
  moveAsSent(
    fromGeneration: number,
    fromKey: number,
    to: { generation: number; key: number; group: number | undefined },
    ids: { messageId: string; deduplicationId: string | undefined },
    now: Millis,
  ): void {
    const { generation, key, group = null } = to;
    this.#sendAgain.run({ fromGeneration, fromKey, generation, key, group, now });
    this.#renameContent.run(key, ids.messageId, ids.deduplicationId ?? null, fromKey);
  }

  /** Makes messages that have never been received become visible `delayMs` after they were sent. */
  delayUnreceived(generation: number, delayMs: Millis): void {
    this.#delayUnreceived.run(delayMs, generation);
  }

  /** Returns the next instant later than `now` at which a message becomes visible; undefined if there is none. */
  nextVisibleAt(generation: number, now: Millis): Millis | undefined {
    const ungrouped = this.#nextVisibleAt.get(generation, 0, now);
    const grouped = this.#nextVisibleAt.get(generation, 1, now);
    return ungrouped && grouped ? Math.min(ungrouped, grouped) : (ungrouped ?? grouped ?? undefined);
  }
}

/** Compares messages by their places in line: those visible longest come first. */
export function inLine(a: Candidate, b: Candidate): number {
  return a.visible_at - b.visible_at || a.rank - b.rank || a.key - b.key;
}

/** Parses the stored form of message attributes. */
export function unpacked(text: string): Map<string, MessageAttribute> {
  return new Map(JSON.parse(text) as [string, MessageAttribute][]);
}
