/** Repeatable receives of FIFO queues: a client that lost a response repeats the attempt to get the messages. */

import type { Millis } from '../../../time/clock.ts';
import type { Candidate } from '../../rows/message-row.ts';
import type { Message, Receipt, ReceiveRequest } from '../../store.ts';
import { CURRENT_ERA } from '../eras.ts';
import type { QueueState } from '../queue-table.ts';
import type { Turn } from '../serial.ts';
import { statement } from '../statement.ts';
import type { ByReceipt } from './by-receipt.ts';
import { isExpired, MESSAGE_COLUMNS, toMessage, WITH_CONTENT } from './rows.ts';

/** The attempt $2 in the generation $1, unless its window has ended at $3. */
const FIND = statement<{ receipts: string; received_at: Millis; visible_at: Millis }>(`
  SELECT receipts, received_at, visible_at FROM squab.attempts
  WHERE generation = $1 AND attempt_id = $2 AND expires_at > $3`);

/** Remembers an attempt, in place of an earlier one with its ID. */
const KEEP = statement<never>(`
  INSERT INTO squab.attempts (generation, attempt_id, receipts, received_at, visible_at, expires_at)
  VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT (generation, attempt_id) DO UPDATE
    SET receipts = excluded.receipts, received_at = excluded.received_at, visible_at = excluded.visible_at,
      expires_at = excluded.expires_at`);

/** Records that the messages of an attempt are now hidden until $3. */
const EXTEND = statement<never>('UPDATE squab.attempts SET visible_at = $3 WHERE generation = $1 AND attempt_id = $2');

/** The messages $2 of the generation $1 with their contents, and the current era. */
const MESSAGES = statement<Candidate & { era: number | null }>(`
  SELECT f.*, c.*, ${CURRENT_ERA} AS era FROM unnest($2::bigint[]) AS u (key)
    CROSS JOIN LATERAL (
      SELECT ${MESSAGE_COLUMNS} FROM squab.messages WHERE messages.generation = $1::bigint AND messages.key = u.key OFFSET 0
    ) f ${WITH_CONTENT}`);

/** Records which messages an attempt handed out, and that they are hidden until `visibleAt`. */
export async function keepAttempt(
  { tx }: Turn,
  { generation }: QueueState,
  { id, windowMs }: NonNullable<ReceiveRequest['attempt']>,
  messages: readonly Message[],
  now: Millis,
  visibleAt: Millis,
): Promise<void> {
  const receipts = JSON.stringify(messages.map(({ receipt }) => receipt));
  await tx.run(KEEP, [generation, id, receipts, now, visibleAt, now + windowMs]);
}

/** Returns the messages of an earlier attempt and hides them again; undefined if one of them has changed since. */
export async function repeatAttempt(
  turn: Turn,
  state: QueueState,
  byReceipt: ByReceipt,
  { attempt, visibilityMs }: ReceiveRequest,
  now: Millis,
): Promise<Message[] | undefined> {
  const { generation, queue } = state;
  if (!attempt || visibilityMs === 0) return undefined;
  const [first] = await turn.tx.run(FIND, [generation, attempt.id, now]);
  if (!first || first.visible_at <= now) return undefined;
  const receipts = JSON.parse(first.receipts) as Receipt[];
  const rows = await turn.tx.run(MESSAGES, [generation, receipts.map(({ key }) => key)]);
  const byKey = new Map(rows.map((row) => [row.key, row]));
  const messages = receipts.flatMap(({ key, receive }) => {
    const row = byKey.get(key);
    const isUntouched =
      row?.visible_at === first.visible_at &&
      !isExpired(row, queue, now) &&
      row.earlier_receives + row.receives === receive;
    return row && isUntouched ? row : [];
  });
  if (messages.length < receipts.length) return undefined;
  const until = now + visibilityMs;
  const changes = messages.map((message) => ({ message, visibleAt: until }));
  await Promise.all([
    turn.tx.run(EXTEND, [generation, attempt.id, until]),
    byReceipt.setVisible(turn, state, changes, now),
  ]);
  return messages.map((row) => toMessage(row, first.received_at, row.era));
}
