/** The rows of messages in serial queues, as statements return them. */

import type { Millis } from '../../../time/clock.ts';
import { type Candidate, type MessageRow, messageOf, receiptOf } from '../../rows/message-row.ts';
import type { Message } from '../../store.ts';
import { stamped } from '../eras.ts';

/** The columns of `squab.messages` in a candidate. */
export const MESSAGE_COLUMNS =
  'key, sent_at, visible_at, receives, earlier_receives, first_received_at, source_arn, group_number, rank';

/** Joins the contents of the messages `f`, as the columns of `c`. */
export const WITH_CONTENT = `CROSS JOIN LATERAL (
      SELECT message_id, body, body_md5, attributes, sender_id, trace_header, group_id, deduplication_id
      FROM squab.contents WHERE contents.key = f.key OFFSET 0
    ) c`;

/** Converts a row to a message whose latest receive was at `receivedAt`. */
export function toMessage(row: Candidate, receivedAt: Millis, era: number | null): Message {
  return messageOf(row, stamped(receiptOf(row, receivedAt), era));
}

export function isExpired({ sent_at }: MessageRow, { retentionMs }: { retentionMs: Millis }, now: Millis): boolean {
  return sent_at + retentionMs <= now;
}
