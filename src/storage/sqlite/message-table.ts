/**
 * The tables of messages and their contents: what a send writes, which messages a receive may hand out, and what becomes
 * of a message afterwards.
 */

import type { Millis } from '../../clock.ts';
import type { Message, MessageAttribute, NewMessage, Receipt } from '../store.ts';
import type { Connection } from './database.ts';

/** A message with its content, as a receive finds it. */
export interface Candidate {
  key: number;
  sent_at: Millis;
  visible_at: Millis;
  receives: number;
  earlier_receives: number;
  first_received_at: Millis | null;
  source_arn: string | null;
  message_id: string;
  body: string;
  body_md5: string;
  attributes: string | null;
  sender_id: string;
  trace_header: string | null;
  group_id: string | null;
}

export interface MessageState {
  sent_at: Millis;
  visible_at: Millis;
  receives: number;
  earlier_receives: number;
}

export class MessageTable {
  readonly #insertMessage;
  readonly #insertContent;
  readonly #candidates;
  readonly #find;
  readonly #hide;
  readonly #setVisibleAt;
  readonly #deleteMessage;
  readonly #deleteContent;
  readonly #move;
  readonly #nextVisibleAt;

  constructor(connection: Connection) {
    this.#insertMessage = connection.prepare('INSERT INTO messages VALUES (?, ?, ?, ?, 0, 0, NULL, NULL)');
    this.#insertContent = connection.prepare('INSERT INTO contents VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
    // The rule of a standard queue: a message may go out when it is visible and its retention is not over. No message is
    // visible before it is sent, so the whole range of the index that only expired ones can be in is left out.
    // (Unless the clock was set back and the message was given back then: it misses as much of the end of its retention.)
    this.#candidates = connection.prepare<
      [{ generation: number; now: Millis; expired: Millis; max: number }],
      Candidate
    >(
      `SELECT m.key, sent_at, visible_at, receives, earlier_receives, first_received_at, source_arn,
         message_id, body, body_md5, attributes, sender_id, trace_header, group_id
       FROM messages m INDEXED BY messages_by_visible_at CROSS JOIN contents c ON c.key = m.key
       WHERE generation = :generation AND visible_at > :expired AND visible_at <= :now AND sent_at > :expired
       ORDER BY visible_at, m.key LIMIT :max`,
    );
    this.#find = connection.prepare<[number, number], MessageState>(
      'SELECT sent_at, visible_at, receives, earlier_receives FROM messages WHERE generation = ? AND key = ?',
    );
    this.#hide = connection.prepare(
      'UPDATE messages SET visible_at = ?, receives = ?, first_received_at = ? WHERE generation = ? AND key = ?',
    );
    this.#setVisibleAt = connection.prepare('UPDATE messages SET visible_at = ? WHERE generation = ? AND key = ?');
    this.#deleteMessage = connection.prepare<[number, number, number], MessageState>(
      `DELETE FROM messages WHERE generation = ? AND key = ? AND earlier_receives + receives = ?
       RETURNING sent_at, visible_at, receives, earlier_receives`,
    );
    this.#deleteContent = connection.prepare('DELETE FROM contents WHERE key = ?');
    this.#move = connection.prepare(
      `UPDATE messages SET generation = ?, visible_at = ?, earlier_receives = earlier_receives + receives, receives = 0,
         source_arn = ? WHERE generation = ? AND key = ?`,
    );
    this.#nextVisibleAt = connection
      .prepare<[number, Millis], Millis | null>(
        'SELECT min(visible_at) FROM messages WHERE generation = ? AND visible_at > ?',
      )
      .pluck();
  }

  insert(generation: number, key: number, message: NewMessage, now: Millis): void {
    const { messageId, body, bodyMd5, attributes, senderId, traceHeader, groupId, delayMs } = message;
    this.#insertMessage.run(generation, key, now, now + delayMs);
    const packed = attributes ? JSON.stringify([...attributes]) : null;
    this.#insertContent.run(key, messageId, body, bodyMd5, packed, senderId, traceHeader ?? null, groupId ?? null);
  }

  /** Visible messages, visible longest first. What was sent at `expired` or before is left out. */
  candidates(generation: number, now: Millis, expired: Millis, max: number): Candidate[] {
    return this.#candidates.all({ generation, now, expired, max });
  }

  find(generation: number, key: number): MessageState | undefined {
    return this.#find.get(generation, key);
  }

  /** Notes that `candidate` is received now, and will be visible (again) at `visibleAt`. */
  handOut(generation: number, candidate: Candidate, now: Millis, visibleAt: Millis): Message {
    const receives = candidate.receives + 1;
    const receiveCount = candidate.earlier_receives + receives;
    const firstReceivedAt = candidate.first_received_at ?? now;
    this.#hide.run(visibleAt, receives, firstReceivedAt, generation, candidate.key);
    return {
      receipt: { key: candidate.key, receive: receiveCount },
      messageId: candidate.message_id,
      body: candidate.body,
      bodyMd5: candidate.body_md5,
      senderId: candidate.sender_id,
      sentAt: candidate.sent_at,
      firstReceivedAt,
      receiveCount,
      ...(candidate.attributes !== null && { attributes: unpacked(candidate.attributes) }),
      ...(candidate.trace_header !== null && { traceHeader: candidate.trace_header }),
      ...(candidate.group_id !== null && { groupId: candidate.group_id }),
      ...(candidate.source_arn !== null && { deadLetterSource: candidate.source_arn }),
    };
  }

  setVisibleAt(generation: number, key: number, visibleAt: Millis): void {
    this.#setVisibleAt.run(visibleAt, generation, key);
  }

  /** Deletes the message if its latest receive is the receipt's, and tells what it was. */
  delete(generation: number, { key, receive }: Receipt): MessageState | undefined {
    const deleted = this.#deleteMessage.get(generation, key, receive);
    if (deleted) this.#deleteContent.run(key);
    return deleted;
  }

  /** Gives a message to another generation, where it is visible from `now` on and was never received. */
  move(from: number, key: number, to: number, sourceArn: string, now: Millis): void {
    this.#move.run(to, now, sourceArn, from, key);
  }

  nextVisibleAt(generation: number, now: Millis): Millis | undefined {
    return this.#nextVisibleAt.get(generation, now) ?? undefined;
  }
}

function unpacked(text: string): Map<string, MessageAttribute> {
  return new Map(JSON.parse(text) as [string, MessageAttribute][]);
}
