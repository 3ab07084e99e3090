/** Receives: which messages are handed out, dead-lettering on the way, repeated attempts, and when more will be visible. */

import type { Millis } from '../../time/clock.ts';
import { chosen, withinSize } from '../choosing.ts';
import { MOVED_AT_ONCE, READ_MESSAGE_BYTES, READ_PER_TURN_BYTES } from '../portions.ts';
import type { Delivery, Message, ReceiveRequest, Redrive } from '../store.ts';
import type { QueueState } from './all-queues.ts';
import { announceGroups, nextExpiry } from './expiry.ts';
import { deliverable, fair, nextVisibleAt as nextInLine } from './lines.ts';
import type { Parts } from './parts.ts';
import { deadLetter } from './sending.ts';
import { receivesOf, type StoredMessage, sizeOf, toMessage } from './stored-message.ts';

export class Receiving {
  readonly #parts: Parts;
  /** The bytes of the messages that the receives of this turn have returned or dead-lettered. */
  #bytesRead = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Must be called after each turn. */
  endTurn(): void {
    this.#bytesRead = 0;
  }

  receive(state: QueueState, request: ReceiveRequest, now: Millis): Delivery {
    const { outbox } = this.#parts;
    const { queue, contents } = state;
    if (request.signal?.aborted) return [];
    if (this.#bytesRead >= READ_PER_TURN_BYTES) return 'unfinished';
    const repeated = request.attempt && repeat(this.#parts, state, request, now);
    if (repeated) return repeated;
    const room = request.inFlightLimit - contents.inFlight;
    // Expired messages that have not been freed yet may take up the room, or lock a group, and there may be a million of them.
    const hidesMore = nextExpiry(state) <= now;
    if (room <= 0 && !hidesMore) {
      contents.full = true;
      return 'over-limit';
    }
    if (contents.visible === 0) {
      outbox.recordReceived(queue, request, [], now);
      return [];
    }
    if (hidesMore) return 'unfinished';
    const max = Math.min(request.max, room);
    const { choice } = request;
    const found = this.#deliverable(state, Math.max(max, choice?.among ?? 0), request.redrive, now);
    if (found === 'unfinished') return 'unfinished';
    for (const message of found) this.#bytesRead += READ_MESSAGE_BYTES + sizeOf(message);
    const selected = choice && found.length > 0 ? chosen(found, choice, max) : found;
    const handedOut = withinSize(selected, request.sizeLimit, ({ content }) => content);
    const messages = this.#handOut(state, handedOut, now, now + request.visibilityMs);
    outbox.recordReceived(queue, request, messages, now);
    announceGroups(this.#parts, state, handedOut);
    // With a visibility timeout of 0 a message stays visible, and goes to the back of the line.
    if (messages.length === 0 || request.visibilityMs === 0) return messages;
    if (request.attempt) {
      const { id, windowMs } = request.attempt;
      const receipts = messages.map(({ receipt }) => receipt);
      const visibleAt = now + request.visibilityMs;
      contents.remembered.keepAttempt({ id, receipts, receivedAt: now, visibleAt, until: now + windowMs });
    }
    if (!queue.fifo) outbox.announce(queue.id, now + request.visibilityMs);
    return messages;
  }

  nextVisibleAt({ queue, contents }: QueueState, inFlightLimit: number, now: Millis): Millis | undefined {
    // A receive first frees the expired messages that are left.
    if (contents.visible > 0 && nextExpiry({ queue, contents }) <= now) return now;
    const hasRoom = contents.inFlight < inFlightLimit;
    if (!hasRoom) contents.full = true;
    const expired = now - queue.retentionMs;
    if (hasRoom && inOrder({ queue, contents }, now, expired, 1).length > 0) return now;
    if (hasRoom && queue.fifo) {
      const readyAt = contents.groups.nextReadyAt(now);
      // The message that locks a group may expire before its timeout ends.
      return readyAt && Math.min(readyAt, Math.max(nextExpiry({ queue, contents }), now));
    }
    return contents.inFlight + contents.delayed > 0 ? nextInLine(contents, now) : undefined;
  }

  /** Records a receive of these messages at `now`, after which they are visible from `visibleAt` on. */
  #handOut({ contents }: QueueState, received: readonly StoredMessage[], now: Millis, visibleAt: Millis): Message[] {
    // Messages that stay visible go to the back of the line.
    const back = visibleAt > now ? undefined : this.#parts.nextNumber();
    return received.map((message) => {
      const { key, receives, firstReceivedAt = now } = message;
      contents.change(message, { visibleAt, rank: back ?? key, receives: receives + 1, firstReceivedAt });
      return toMessage(message, this.#parts.receipts.issue(message, now));
    });
  }

  /** Returns up to `max` messages that can be delivered now, after dead-lettering those that were received too often. */
  #deliverable(
    state: QueueState,
    max: number,
    redrive: Redrive | undefined,
    now: Millis,
  ): StoredMessage[] | 'unfinished' {
    const target = redrive && this.#parts.queues.byId(redrive.targetId);
    for (let moved = 0; ; ) {
      const found = this.#front(state, max, now);
      // If the dead-letter queue does not exist (any more), the messages stay and are delivered as before.
      if (!redrive || !target) return found;
      const deadLettered = found.filter(({ receives }) => receives >= redrive.maxReceiveCount);
      if (deadLettered.length === 0) return found;
      for (const message of deadLettered) {
        this.#bytesRead += READ_MESSAGE_BYTES + sizeOf(message);
        deadLetter(this.#parts, state, message, target, redrive.sourceArn, now);
      }
      announceGroups(this.#parts, state, deadLettered);
      moved += deadLettered.length;
      if (moved < MOVED_AT_ONCE) continue;
      const others = found.filter((message) => !deadLettered.includes(message));
      return others.length > 0 ? others : 'unfinished';
    }
  }

  /** Returns up to `max` messages that can be delivered now, however many times they have been received. */
  #front(state: QueueState, max: number, now: Millis): StoredMessage[] {
    const expired = now - state.queue.retentionMs;
    const found = inOrder(state, now, expired, max);
    return state.queue.fifo ? found : fair(state.contents, found, { now, expired, max });
  }
}

/** Returns up to `max` messages that can be delivered, in the order of a receive to which all tenants are alike. */
export function inOrder(
  { queue, contents }: Pick<QueueState, 'queue' | 'contents'>,
  now: Millis,
  expired: Millis,
  max: number,
) {
  return queue.fifo ? contents.groups.deliverable(now, expired, max) : deliverable(contents, { now, expired, max });
}

/** Returns the messages of an earlier attempt and hides them again; undefined if one of them has changed since. */
function repeat(
  parts: Parts,
  state: QueueState,
  { attempt, visibilityMs }: ReceiveRequest,
  now: Millis,
): Message[] | undefined {
  const { queue, contents } = state;
  const { attempts } = contents.remembered;
  const first = attempts.find(attempt!.id, now);
  if (!first || first.visibleAt <= now || visibilityMs === 0) return undefined;
  const messages: StoredMessage[] = [];
  for (const { key, receive } of first.receipts) {
    const message = contents.messages.find({ key });
    if (message?.visibleAt !== first.visibleAt || message.sentAt + queue.retentionMs <= now) return undefined;
    if (receivesOf(message) !== receive) return undefined;
    messages.push(message);
  }
  const visibleAt = now + visibilityMs;
  attempts.set({ ...first, visibleAt });
  for (const message of messages) {
    const { key, receives, firstReceivedAt } = message;
    contents.change(message, { visibleAt, rank: key, receives, firstReceivedAt });
    parts.outbox.record?.({ kind: 'visibility-changed', queue, key, visibleAt });
  }
  announceGroups(parts, state, messages);
  return messages.map((message) => toMessage(message, parts.receipts.issue(message, first.receivedAt)));
}
