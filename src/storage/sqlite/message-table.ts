/**
 * The tables of messages and their contents: inserts, finds, hides, moves and deletes messages. The folder order/
 * decides which of them a receive hands out. Each change is counted here, so that no message changes without its
 * queue's counts.
 */

import type { Millis } from '../../time/clock.ts';
import { type Candidate, type MessageRow, messageOf, receiptOf } from '../rows/message-row.ts';
import type { Counts, Message, NewMessage } from '../store.ts';
import type { Connection } from './database.ts';
import type { Eras } from './eras.ts';
import { BatchInsert } from './many-rows/batch-insert.ts';
import { ByKeys } from './many-rows/by-keys.ts';
import type { QueueCounts } from './queue-counts.ts';
import type { QueueState } from './queue-table.ts';

/** A message that moves to another queue, or to another place in its own. */
interface Move {
  from: QueueState;
  message: MessageRow;
  to: QueueState;
  /** Its key from now on, the number of its group, which in a standard queue is its tenant, and its rank. */
  key: number;
  group: number | undefined;
  rank: number;
}

/** For statements that join `messages m` with `contents c`. */
export const CANDIDATE_COLUMNS = `m.key, sent_at, visible_at, receives, earlier_receives, first_received_at, source_arn,
         group_number, message_id, body, body_md5, attributes, sender_id, trace_header, group_id, deduplication_id, rank`;

export class MessageTable {
  readonly #eras: Eras;
  readonly #newMessages: BatchInsert;
  readonly #newContents: BatchInsert;
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
  readonly #countAll;

  constructor(connection: Connection, eras: Eras) {
    this.#eras = eras;
    this.#newMessages = new BatchInsert(connection, 'INSERT INTO messages VALUES', '(?, ?, ?, ?, 0, 0, NULL, ?, ?, ?)');
    this.#newContents = new BatchInsert(connection, 'INSERT INTO contents VALUES', '(?, ?, ?, ?, ?, ?, ?, ?, ?)');
    this.#candidate = connection.prepare<[number, number], Candidate>(
      `SELECT ${CANDIDATE_COLUMNS} FROM messages m CROSS JOIN contents c ON c.key = m.key
       WHERE generation = ? AND m.key = ?`,
    );
    this.#find = new ByKeys<MessageRow>(
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
      .prepare<[number], number>(
        'DELETE FROM contents WHERE key = ? RETURNING octet_length(body) + coalesce(octet_length(attributes), 0)',
      )
      .pluck();
    this.#move = connection.prepare(
      `UPDATE messages SET generation = :generation, group_number = :group, visible_at = :now, rank = :rank,
         source_arn = :sourceArn, earlier_receives = earlier_receives + receives, receives = 0
       WHERE generation = :fromGeneration AND key = :fromKey`,
    );
    this.#copyAsNew = connection.prepare(
      `INSERT INTO messages
       SELECT :generation, :key, :now, :now, 0, earlier_receives + receives, first_received_at, :sourceArn, :group, :rank
       FROM messages WHERE generation = :fromGeneration AND key = :fromKey`,
    );
    this.#renewContent = connection.prepare('UPDATE contents SET key = ?, deduplication_id = message_id WHERE key = ?');
    // It needs a new key: keys are in the order of sending, and no receipt of the old message may match the new one.
    this.#sendAgain = connection.prepare(
      `UPDATE messages SET generation = :generation, key = :key, sent_at = :now, visible_at = :now, rank = :rank,
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
    this.#countAll = connection.prepare<[{ generation: number; now: Millis }], Counts>(
      `SELECT count(*) FILTER (WHERE visible_at <= :now) AS visible,
         count(*) FILTER (WHERE visible_at > :now AND receives > 0) AS inFlight,
         count(*) FILTER (WHERE visible_at > :now AND receives = 0) AS delayed
       FROM messages WHERE generation = :generation`,
    );
  }

  /** Adds a message, which the next `writeNew` inserts into the tables. */
  insert(
    { generation, counts }: QueueState,
    { key, group }: Pick<Move, 'key' | 'group'>,
    message: NewMessage,
    now: Millis,
  ): void {
    const { messageId, body, bodyMd5, attributes, senderId, traceHeader, groupId, deduplicationId, delayMs } = message;
    counts.replace(undefined, { visible_at: now + delayMs, receives: 0 });
    this.#newMessages.add(generation, key, now, now + delayMs, message.deadLetterSource ?? null, group ?? null, key);
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
  handOut(
    { generation, counts }: QueueState,
    candidates: readonly Candidate[],
    now: Millis,
    visibleAt: Millis,
    rank: number | undefined,
  ): Message[] {
    const keys = candidates.map(({ key }) => key);
    this.#handOut.run([visibleAt, rank ?? null, now, generation], keys);
    return candidates.map((candidate) => {
      counts.replace(candidate, { visible_at: visibleAt, receives: candidate.receives + 1 });
      candidate.receives += 1;
      candidate.first_received_at ??= now;
      return this.toMessage(candidate, now);
    });
  }

  /** Converts a row to a message whose latest receive was at `receivedAt`. */
  toMessage(row: Candidate, receivedAt: Millis): Message {
    return messageOf(row, this.#eras.stamped(receiptOf(row, receivedAt)));
  }

  /** Without a rank, the message is in the order of sending among those that become visible at the same instant. */
  setVisibleAt({ generation, counts }: QueueState, message: MessageRow, visibleAt: Millis, rank?: number): void {
    counts.replace(message, { ...message, visible_at: visibleAt });
    this.#setVisibleAt.run(visibleAt, rank ?? null, generation, message.key);
  }

  delete({ generation, counts }: QueueState, messages: readonly MessageRow[]): void {
    for (const message of messages) counts.replace(message, undefined);
    const keys = messages.map(({ key }) => key);
    this.#deleteMessages.run([generation], keys);
    this.#deleteContents.run([], keys);
  }

  /** Deletes one message, of a queue or of an abandoned generation. Returns the size of its body and attributes in bytes. */
  free({ generation, counts }: { generation: number; counts?: QueueCounts }, message: MessageRow): number {
    counts?.replace(message, undefined);
    this.#deleteMessages.run([generation], [message.key]);
    return this.#freeContent.get(message.key) ?? 0;
  }

  /** Moves a message to another queue, in which it is visible from `now` on and has not been received. */
  move(move: Move, sourceArn: string, now: Millis): void {
    this.#move.run({ ...counted(move, now), sourceArn, now });
  }

  /**
   * Like `move`, but to a FIFO queue. There it counts as sent at `now`, with its message ID as its deduplication ID.
   */
  moveAsNew(move: Move, sourceArn: string, now: Millis): void {
    const moved = counted(move, now);
    this.#copyAsNew.run({ ...moved, sourceArn, now });
    this.#deleteMessages.run([moved.fromGeneration], [moved.fromKey]);
    this.#renewContent.run(moved.key, moved.fromKey);
  }

  /** Moves a message to another queue, as a message sent at `now` with new IDs. */
  moveAsSent(move: Move, ids: { messageId: string; deduplicationId: string | undefined }, now: Millis): void {
    const moved = counted(move, now);
    this.#sendAgain.run({ ...moved, now });
    this.#renameContent.run(moved.key, ids.messageId, ids.deduplicationId ?? null, moved.fromKey);
  }

  /** Makes messages that have never been received become visible `delayMs` after they were sent. Counts them all. */
  delayUnreceived({ generation, counts }: QueueState, delayMs: Millis, now: Millis): void {
    this.#delayUnreceived.run(delayMs, generation);
    counts.set(this.#countAll.get({ generation, now })!, now);
  }
}

/** Counts a move, and returns the parameters of its statement. */
function counted({ from, message, to, key, group, rank }: Move, now: Millis) {
  from.counts.replace(message, undefined);
  to.counts.replace(undefined, { visible_at: now, receives: 0 });
  const { generation: fromGeneration } = from;
  return { fromGeneration, fromKey: message.key, generation: to.generation, key, group: group ?? null, rank };
}
