/** Repeatable receives of FIFO queues: a client that lost a response repeats the attempt to get the messages. */

import type { Millis } from '../../../time/clock.ts';
import type { Candidate } from '../../rows/message-row.ts';
import type { Message, ReceiveRequest } from '../../store.ts';
import type { Parts } from '../parts.ts';
import type { QueueState } from '../queue-table.ts';

/** Records which messages an attempt handed out, and that they are hidden until `visibleAt`. */
export function keepAttempt(
  { memories }: Parts,
  { generation }: QueueState,
  { id, windowMs }: NonNullable<ReceiveRequest['attempt']>,
  messages: readonly Message[],
  now: Millis,
  visibleAt: Millis,
): void {
  const receipts = messages.map(({ receipt }) => receipt);
  memories.keepAttempt(generation, id, { receipts, receivedAt: now, visibleAt }, now + windowMs);
}

/** Returns the messages of an earlier attempt and hides them again; undefined if one of them has changed since. */
export function repeatAttempt(
  { memories, table, groups, outbox }: Parts,
  state: QueueState,
  { attempt, visibilityMs }: ReceiveRequest,
  now: Millis,
): Message[] | undefined {
  const { generation, queue } = state;
  const first = memories.attempt(generation, attempt!.id, now);
  if (!first || first.visibleAt <= now || visibilityMs === 0) return undefined;
  const candidates = first.receipts.map(({ key }) => table.candidate(generation, key));
  const untouched = candidates.every(
    (candidate, index) =>
      candidate?.visible_at === first.visibleAt &&
      candidate.sent_at + queue.retentionMs > now &&
      candidate.earlier_receives + candidate.receives === first.receipts[index]!.receive,
  );
  if (!untouched) return undefined;
  const until = now + visibilityMs;
  memories.extendAttempt(generation, attempt!.id, until);
  const messages = candidates as Candidate[];
  for (const message of messages) {
    table.setVisibleAt(state, message, until);
    outbox.record?.({ kind: 'visibility-changed', queue, key: message.key, visibleAt: until });
  }
  groups.refresh(state, messages);
  return messages.map((message) => table.toMessage(message, first.receivedAt));
}
