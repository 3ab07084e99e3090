/** Changes a single message, whatever its state. The functions return whether the message is in the queue. */

import type { Millis } from '../../time/clock.ts';
import type { MessageRow } from '../rows/message-row.ts';
import type { Redrive } from '../store.ts';
import type { Messages } from './messages.ts';
import type { Parts } from './parts.ts';
import type { QueueState } from './queue-table.ts';

export function remove({ table }: Parts, messages: Messages, state: QueueState, key: number, now: Millis): boolean {
  const message = table.find(state.generation, key);
  if (!message || isExpired(state, message, now)) return false;
  messages.remove(state, [message]);
  return true;
}

/** Also returns false if the target does not exist. */
export function deadLetter(
  { queues, table, groups }: Parts,
  messages: Messages,
  state: QueueState,
  key: number,
  { targetId, sourceArn }: Redrive,
  now: Millis,
): boolean {
  const target = queues.byId(targetId);
  const message = table.candidate(state.generation, key);
  if (!target || !message || isExpired(state, message, now)) return false;
  messages.deadLetter(state, message, target, sourceArn, now);
  groups.refresh(state, [message]);
  return true;
}

export function makeVisible(
  { table, numbers, groups, announce, outbox }: Parts,
  state: QueueState,
  key: number,
  now: Millis,
): boolean {
  const message = table.find(state.generation, key);
  if (!message || isExpired(state, message, now)) return false;
  if (message.visible_at <= now) return true;
  table.setVisibleAt(state, message, now, numbers.next());
  announce(state.queue.id, now);
  outbox.record?.({ kind: 'visibility-changed', queue: state.queue, key, visibleAt: now });
  groups.refresh(state, [message]);
  return true;
}

export function isExpired({ queue }: QueueState, { sent_at }: MessageRow, now: Millis): boolean {
  return sent_at + queue.retentionMs <= now;
}
