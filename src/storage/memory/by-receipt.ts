/** Deletes messages, and changes their visibility timeouts. */

import type { Millis } from '../../time/clock.ts';
import type { DeleteOutcome, Receipt, VisibilityChange, VisibilityOutcome } from '../store.ts';
import type { QueueState } from './all-queues.ts';
import { announceGroups } from './expiry.ts';
import type { Parts } from './parts.ts';
import { receivesOf, type StoredMessage } from './stored-message.ts';

export function deleteByReceipts(
  parts: Parts,
  state: QueueState,
  receipts: readonly Receipt[],
  now: Millis,
): DeleteOutcome[] {
  const { queue, contents } = state;
  const deleted: StoredMessage[] = [];
  const outcomes = receipts.map((receipt) => {
    const message = contents.messages.find(receipt);
    const refused = parts.receipts.refusal(queue, message, receipt, 'delete', now);
    if (!message || refused) return refused ?? 'gone';
    contents.remove(message);
    deleted.push(message);
    return 'deleted';
  });
  reportDeleted(parts, state, deleted);
  return outcomes;
}

/** Deletes a message, whatever its state. */
export function remove(parts: Parts, state: QueueState, message: StoredMessage): void {
  state.contents.remove(message);
  reportDeleted(parts, state, [message]);
}

function reportDeleted(parts: Parts, state: QueueState, messages: readonly StoredMessage[]): void {
  for (const { key } of messages) parts.outbox.record?.({ kind: 'deleted', queue: state.queue, key });
  announceGroups(parts, state, messages);
}

export function changeVisibility(
  parts: Parts,
  state: QueueState,
  changes: readonly VisibilityChange[],
  now: Millis,
): VisibilityOutcome[] {
  const { queue, contents } = state;
  const changed: StoredMessage[] = [];
  const outcomes = changes.map(({ receipt, visibilityMs }) => {
    const message = contents.messages.find(receipt);
    const refused = parts.receipts.refusal(queue, message, receipt, 'change', now);
    if (!message || refused) return refused ?? 'gone';
    setVisibleAt(parts, state, message, now + visibilityMs, now);
    changed.push(message);
    return 'changed';
  });
  announceGroups(parts, state, changed);
  return outcomes;
}

/** Makes a hidden message visible, whatever hides it. */
export function makeVisible(parts: Parts, state: QueueState, message: StoredMessage, now: Millis): void {
  if (message.visibleAt <= now) return;
  setVisibleAt(parts, state, message, now, now);
  announceGroups(parts, state, [message]);
}

function setVisibleAt(
  { nextNumber, outbox }: Parts,
  { queue, contents }: QueueState,
  message: StoredMessage,
  visibleAt: Millis,
  now: Millis,
): void {
  const { key, receives, firstReceivedAt } = message;
  // A message that becomes visible at once goes to the back of the line.
  const rank = visibleAt > now ? key : nextNumber();
  contents.change(message, { visibleAt, rank, receives, firstReceivedAt });
  outbox.announce(queue.id, visibleAt);
  outbox.record?.({ kind: 'visibility-changed', queue, key, visibleAt });
}

/** Makes the messages of a FIFO queue that have never been received visible `delayMs` after they were sent. */
export function delayUnreceived({ outbox }: Parts, { queue, contents }: QueueState, delayMs: Millis): void {
  for (const message of contents.messages) {
    const { sentAt, rank, receives, firstReceivedAt } = message;
    if (receivesOf(message) > 0) continue;
    contents.change(message, { visibleAt: sentAt + delayMs, rank, receives, firstReceivedAt });
  }
  const readyAt = contents.groups.nextReadyAt(Number.NEGATIVE_INFINITY);
  if (readyAt !== undefined) outbox.announce(queue.id, readyAt);
}
