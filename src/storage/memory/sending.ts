/** Puts messages into queues: those that clients send, and those that come from another queue. */

import type { Millis } from '../../time/clock.ts';
import { isOutdated } from '../queue-changes.ts';
import type { Expected, NewMessage, Sending, Sent } from '../store.ts';
import type { QueueState } from './all-queues.ts';
import { bringTo, nextExpiry } from './expiry.ts';
import { bytesOfMessage, bytesOfRemembered } from './memory.ts';
import type { Parts } from './parts.ts';
import { contentOf, receivesOf, type StoredContent, type StoredMessage } from './stored-message.ts';

export function send(
  parts: Parts,
  state: QueueState,
  messages: readonly NewMessage[],
  now: Millis,
  expected?: Expected,
): Sending {
  if (isOutdated(state.queue, expected)) return 'outdated';
  const ready = messages.map((message) => {
    const content = contentOf(message);
    return { message, content, bytes: bytesOfMessage(content) };
  });
  let needed = 0;
  for (const { message, bytes } of ready) needed += bytes + bytesOfRemembered(message.deduplication?.key);
  parts.memory.check(needed);
  return ready.map((one) => sendOne(parts, state, one, now));
}

function sendOne(
  parts: Parts,
  state: QueueState,
  { message, content, bytes }: { message: NewMessage; content: StoredContent; bytes: number },
  now: Millis,
): Sent {
  const { outbox } = parts;
  const { queue, contents } = state;
  const { deduplication, messageId, delayMs, deadLetterSource, publication } = message;
  const key = parts.nextNumber();
  const sent = { messageId, key };
  const earlier = deduplication && contents.remembered.keepSent(deduplication, sent, now);
  if (earlier) {
    outbox.record?.({ kind: 'deduplicated', queue, original: earlier, deduplicationKey: deduplication.key });
    return earlier;
  }
  const visibleAt = now + delayMs;
  arrive(parts, state, unreceived({ key, content, bytes, deadLetterSource }, now, visibleAt));
  outbox.record?.({ kind: 'sent', queue, key, content: message, visibleAt, publication });
  return sent;
}

/** Returns a message that was never received. */
function unreceived(
  { key, content, bytes, deadLetterSource }: Pick<StoredMessage, 'key' | 'content' | 'bytes' | 'deadLetterSource'>,
  sentAt: Millis,
  visibleAt: Millis,
): StoredMessage {
  return {
    key,
    content,
    bytes,
    sentAt,
    visibleAt,
    rank: key,
    receives: 0,
    earlierReceives: 0,
    firstReceivedAt: undefined,
    deadLetterSource,
  };
}

/** Puts a message into a queue, and announces when it can be delivered. */
function arrive({ outbox }: Parts, { queue, contents }: QueueState, message: StoredMessage): void {
  const { visibleAt } = message;
  const endsAt = message.sentAt + queue.retentionMs;
  if (endsAt < nextExpiry({ queue, contents })) outbox.expires(endsAt);
  const group = queue.fifo ? contents.groups.find(contents.groups.idOf(message)!) : undefined;
  outbox.announce(queue.id, group ? Math.max(group.visibleAt, visibleAt) : visibleAt);
  contents.add(message);
}

/** Moves a message to its dead-letter queue. The caller must announce its group afterwards. */
export function deadLetter(
  parts: Parts,
  state: QueueState,
  message: StoredMessage,
  target: QueueState,
  sourceArn: string,
  now: Millis,
): void {
  const { queue } = target;
  bringTo(parts, target, now);
  const number = parts.nextNumber();
  state.contents.remove(message);
  // In a FIFO queue a moved message is a new one at the end of its group, with a new retention period. In a standard
  // queue it keeps its key, and so would be ahead of others that are already in line.
  const { content, bytes, firstReceivedAt } = message;
  const key = queue.fifo ? number : message.key;
  arrive(parts, target, {
    key,
    content: queue.fifo ? { ...content, deduplicationId: content.messageId } : content,
    bytes,
    sentAt: queue.fifo ? now : message.sentAt,
    visibleAt: now,
    rank: number,
    receives: 0,
    earlierReceives: receivesOf(message),
    firstReceivedAt,
    deadLetterSource: sourceArn,
  });
  parts.outbox.record?.({ kind: 'dead-lettered', queue: state.queue, key: message.key, to: { queue, key } });
}

/** Moves a message to another queue as a new one, sent at `now` with this ID. As above, the caller announces its group. */
export function resend(
  parts: Parts,
  source: QueueState,
  message: StoredMessage,
  destination: QueueState,
  messageId: string,
  now: Millis,
): void {
  if (typeof messageId !== 'string') throw new TypeError(`A moved message has the ID ${messageId}.`);
  const { queue } = destination;
  bringTo(parts, destination, now);
  const key = parts.nextNumber();
  const content = { ...message.content, messageId, deduplicationId: queue.fifo ? messageId : undefined };
  const sent = { key, content, bytes: message.bytes, deadLetterSource: undefined };
  source.contents.remove(message);
  arrive(parts, destination, unreceived(sent, now, now));
  parts.outbox.record?.({ kind: 'moved', queue: source.queue, key: message.key, messageId, to: { queue, key } });
}
