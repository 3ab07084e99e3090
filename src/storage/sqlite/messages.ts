/** The verbs on messages of one queue. They are called in a transaction, with the queue's counts brought to `now`. */

import type { Millis } from '../../time/clock.ts';
import { chosen, withinSize } from '../choosing.ts';
import { MOVED_AT_ONCE, PORTION_BYTES, READ_MESSAGE_BYTES, READ_PER_TURN_BYTES } from '../portions.ts';
import { isOutdated } from '../queue-changes.ts';
import { type Candidate, isOfEarlier, type MessageRow, sizeOf } from '../rows/message-row.ts';
import type {
  DeleteOutcome,
  Delivery,
  Expected,
  NewMessage,
  Receipt,
  ReceiveRequest,
  Redrive,
  Sending,
  Sent,
  VisibilityChange,
  VisibilityOutcome,
} from '../store.ts';
import type { Parts } from './parts.ts';
import type { QueueState } from './queue-table.ts';
import { keepAttempt, repeatAttempt } from './recent/attempts.ts';

interface Arrival {
  key: number;
  groupId: string | undefined;
  sentAt: Millis;
  visibleAt: Millis;
  /** Orders messages that became visible at the same instant; see schema.ts. */
  rank: number;
}

export class Messages {
  readonly #parts: Parts;
  /** The bytes that the receives of this turn have read, to hand messages out or to dead-letter them. */
  #bytesRead = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Must be called after each transaction. */
  endTurn(): void {
    this.#bytesRead = 0;
    this.#parts.counts.endTurn();
  }

  send(state: QueueState, messages: readonly NewMessage[], now: Millis, expected?: Expected): Sending {
    if (isOutdated(state.queue, expected)) return 'outdated';
    return messages.map((message) => this.#sendOne(state, message, now));
  }

  receive(state: QueueState, request: ReceiveRequest, now: Millis): Delivery {
    const { table, groups, announce, outbox } = this.#parts;
    if (request.signal?.aborted) return [];
    if (this.#bytesRead >= READ_PER_TURN_BYTES) return 'unfinished';
    const repeated = request.attempt && repeatAttempt(this.#parts, state, request, now);
    if (repeated) return repeated;
    const room = request.inFlightLimit - state.counts.inFlight;
    // Expired messages that have not been freed yet may take up room, or lock a group, and there may be a million of them.
    const hidesMore = state.expiryFrom <= now;
    if (room <= 0 && !hidesMore) {
      state.counts.full = true;
      return 'over-limit';
    }
    if (state.counts.visible === 0) {
      outbox.recordReceived(state.queue, request, [], now);
      return [];
    }
    if (hidesMore) return 'unfinished';
    const max = Math.min(request.max, room);
    const { choice } = request;
    const found = this.#deliverable(state, Math.max(max, choice?.among ?? 0), request.redrive, now);
    if (found === 'unfinished') return 'unfinished';
    this.#bytesRead += found.reduce((sum, candidate) => sum + READ_MESSAGE_BYTES + sizeOf(candidate), 0);
    const selected = choice && found.length > 0 ? chosen(found, choice, max) : found;
    const candidates = withinSize(selected, request.sizeLimit, (candidate) => candidate);
    const until = now + request.visibilityMs;
    const rank = this.#rankAt(until, now);
    const messages = table.handOut(state, candidates, now, until, rank);
    outbox.recordReceived(state.queue, request, messages, now);
    if (state.queue.fifo) groups.hide(state, candidates, until, rank);
    else groups.refresh(state, candidates);
    // With a visibility timeout of 0 a message stays visible, and goes to the back of the line.
    if (messages.length === 0 || until === now) return messages;
    if (request.attempt) keepAttempt(this.#parts, state, request.attempt, messages, now, until);
    if (!state.queue.fifo) announce(state.queue.id, until);
    return messages;
  }

  delete(state: QueueState, receipts: readonly Receipt[], now: Millis): DeleteOutcome[] {
    const found = this.#parts.table.findAll(
      state.generation,
      receipts.map(({ key }) => key),
    );
    const deleted: MessageRow[] = [];
    const outcomes = receipts.map((receipt) => {
      const message = found.get(receipt.key);
      const refused = this.#refusal(state, message, receipt, 'delete', now);
      if (!message || refused) return refused ?? 'gone';
      deleted.push(message);
      // If a receipt is in the list twice, the second one finds the message gone.
      found.delete(receipt.key);
      return 'deleted';
    });
    this.remove(state, deleted);
    return outcomes;
  }

  /** Deletes messages, whatever their state. */
  remove(state: QueueState, messages: readonly MessageRow[]): void {
    const { table, groups, outbox } = this.#parts;
    table.delete(state, messages);
    for (const { key } of messages) outbox.record?.({ kind: 'deleted', queue: state.queue, key });
    groups.refresh(state, messages);
  }

  changeVisibility(state: QueueState, changes: readonly VisibilityChange[], now: Millis): VisibilityOutcome[] {
    const { table, groups, announce, outbox } = this.#parts;
    const changed: MessageRow[] = [];
    const outcomes = changes.map(({ receipt, visibilityMs }) => {
      const message = table.find(state.generation, receipt.key);
      const refused = this.#refusal(state, message, receipt, 'change', now);
      if (!message || refused) return refused ?? 'gone';
      const visibleAt = now + visibilityMs;
      table.setVisibleAt(state, message, visibleAt, this.#rankAt(visibleAt, now));
      changed.push(message);
      announce(state.queue.id, visibleAt);
      outbox.record?.({ kind: 'visibility-changed', queue: state.queue, key: receipt.key, visibleAt });
      return 'changed';
    });
    groups.refresh(state, changed);
    return outcomes;
  }

  nextVisibleAt(state: QueueState, inFlightLimit: number, now: Millis): Millis | undefined {
    const { lines, groups } = this.#parts;
    const { generation, queue } = state;
    // A receive first frees the expired messages that are left.
    if (state.expiryFrom <= now && state.counts.visible > 0) return now;
    const hasRoom = state.counts.inFlight < inFlightLimit;
    if (!hasRoom) state.counts.full = true;
    const expired = now - queue.retentionMs;
    if (hasRoom && (queue.fifo ? groups : lines).candidates(generation, now, expired, 1).length > 0) return now;
    if (hasRoom && queue.fifo) {
      const readyAt = groups.nextReadyAt(generation, now);
      // The message that locks a group may expire before its timeout ends.
      return readyAt && Math.min(readyAt, Math.max(state.expiryFrom, now));
    }
    return state.counts.inFlight + state.counts.delayed > 0 ? lines.nextVisibleAt(generation, now) : undefined;
  }

  /** Makes the messages of a FIFO queue that have never been received visible `delayMs` after they were sent. */
  delayUnreceived(state: QueueState, delayMs: Millis, now: Millis): void {
    const { table, groups, announce } = this.#parts;
    table.delayUnreceived(state, delayMs, now);
    groups.refreshAll(state.generation);
    const readyAt = groups.nextReadyAt(state.generation);
    if (readyAt !== undefined) announce(state.queue.id, readyAt);
  }

  #sendOne(state: QueueState, message: NewMessage, now: Millis): Sent {
    const { numbers, table, memories, outbox } = this.#parts;
    const { generation, queue } = state;
    const { deduplication, messageId, groupId, delayMs, publication } = message;
    const sent = { messageId, key: numbers.next() };
    const earlier = deduplication && memories.sends.keep(generation, deduplication, sent, now);
    if (earlier) {
      outbox.record?.({ kind: 'deduplicated', queue, original: earlier, deduplicationKey: deduplication.key });
      return earlier;
    }
    const arrival = { key: sent.key, groupId, sentAt: now, visibleAt: now + delayMs, rank: sent.key };
    const group = this.arrive(state, arrival);
    table.insert(state, { key: sent.key, group }, message, now);
    outbox.record?.({ kind: 'sent', queue, key: sent.key, content: message, visibleAt: now + delayMs, publication });
    return sent;
  }

  /**
   * Prepares a queue for a message that the caller inserts, and announces when it can be delivered. Returns the number
   * of its group, which in a standard queue is its tenant.
   */
  arrive(state: QueueState, { key, groupId, sentAt, visibleAt, rank }: Arrival): number | undefined {
    const { groups, counts, announce, outbox } = this.#parts;
    const { generation, queue } = state;
    // A message that keeps its key has another place in line; see `deadLetter`.
    if (rank === key) counts.sent(state, sentAt);
    const endsAt = sentAt + queue.retentionMs;
    if (endsAt < state.expiryFrom) {
      state.expiryFrom = endsAt;
      outbox.expires(endsAt);
    }
    if (queue.fifo) {
      const { number, readyAt } = groups.join(generation, groupId ?? '', key, visibleAt);
      announce(queue.id, readyAt);
      return number;
    }
    announce(queue.id, visibleAt);
    if (groupId === undefined) return undefined;
    state.hasGroups = true;
    return groups.joinTenant(generation, groupId, { key, visible_at: visibleAt, rank });
  }

  /** Returns a rank for messages that become visible at once: the back of the line. Others do not need one. */
  #rankAt(visibleAt: Millis, now: Millis): number | undefined {
    return visibleAt > now ? undefined : this.#parts.numbers.next();
  }

  /** Returns why a receipt cannot delete a message, or change its visibility; undefined if it can. */
  #refusal(
    { queue }: QueueState,
    message: MessageRow | undefined,
    receipt: Receipt,
    use: 'delete' | 'change',
    now: Millis,
  ): 'gone' | 'stale' | 'lapsed' | undefined {
    if (!message || message.sent_at + queue.retentionMs <= now || isOfEarlier(receipt, message.sent_at)) return 'gone';
    // The message has left the queue since this receive, and has come back.
    if (receipt.receive <= message.earlier_receives) return 'gone';
    const receives = message.earlier_receives + message.receives;
    const acceptsOlder = use === 'change' && !queue.fifo;
    if (acceptsOlder ? receipt.receive > receives : receipt.receive !== receives) return 'stale';
    if (this.#parts.eras.isVoid(receipt)) return 'stale';
    return queue.fifo && message.visible_at <= now ? 'lapsed' : undefined;
  }

  /** Returns up to `max` messages that can be delivered now, however many times they have been received. */
  #front({ generation, queue, counts, hasGroups }: QueueState, max: number, now: Millis): Candidate[] {
    const { lines, groups, tenants } = this.#parts;
    const expired = now - queue.retentionMs;
    if (queue.fifo) return groups.candidates(generation, now, expired, max);
    if (!hasGroups) return lines.ungrouped(generation, now, expired, max);
    const line = { generation, now, expired, max };
    return tenants.fair(lines.candidates(generation, now, expired, max), line, counts.inFlight);
  }

  /**
   * Returns up to `max` messages that can be delivered now, after dead-lettering those that were received too often.
   */
  #deliverable(state: QueueState, max: number, redrive: Redrive | undefined, now: Millis): Candidate[] | 'unfinished' {
    const { queues, groups } = this.#parts;
    const target = redrive && queues.byId(redrive.targetId);
    for (let moved = 0, bytes = 0; ; ) {
      const candidates = this.#front(state, max, now);
      // If the dead-letter queue does not exist (any more), the messages stay and are delivered as before.
      if (!redrive || !target) return candidates;
      const deadLettered = candidates.filter((candidate) => candidate.receives >= redrive.maxReceiveCount);
      for (const candidate of deadLettered) this.deadLetter(state, candidate, target, redrive.sourceArn, now);
      if (deadLettered.length === 0) return candidates;
      groups.refresh(state, deadLettered);
      moved += deadLettered.length;
      const size = deadLettered.reduce((sum, candidate) => sum + sizeOf(candidate), 0);
      bytes += size;
      this.#bytesRead += size + READ_MESSAGE_BYTES * deadLettered.length;
      if (moved < MOVED_AT_ONCE && bytes < PORTION_BYTES) continue;
      const others = candidates.filter((candidate) => !deadLettered.includes(candidate));
      return others.length > 0 ? others : 'unfinished';
    }
  }

  /** Moves a message to a dead-letter queue. The caller must refresh its group afterwards. */
  deadLetter(state: QueueState, candidate: Candidate, target: QueueState, sourceArn: string, now: Millis): void {
    const { numbers, table, counts, outbox } = this.#parts;
    const { queue } = target;
    counts.bringTo(target, now);
    const groupId = candidate.group_id ?? undefined;
    const key = queue.fifo ? numbers.next() : candidate.key;
    // In a FIFO queue a moved message is a new one at the end of its group, with a new retention period.
    const sentAt = queue.fifo ? now : candidate.sent_at;
    // A message that keeps its key would be ahead of others that are already in line.
    const rank = queue.fifo ? key : numbers.next();
    const group = this.arrive(target, { key, groupId, sentAt, visibleAt: now, rank });
    const move = { from: state, message: candidate, to: target, key, group, rank };
    if (queue.fifo) table.moveAsNew(move, sourceArn, now);
    else {
      table.move(move, sourceArn, now);
      counts.moved(target, key, sentAt);
    }
    outbox.record?.({ kind: 'dead-lettered', queue: state.queue, key: candidate.key, to: { queue, key } });
  }
}
